"""The forecast of loss curves as a rule that stops trials: where the two halves of the project meet.

A trial is judged whenever another share of its training is over. Its forecast is corrected by what finished
trials came to beside their own forecasts from the same share; it stops where even the low end of what it may
come to lies above the best finished value, or the high end of another running trial.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from statistics import median

import numpy as np

from objectives.command import PLACEHOLDER
from objectives.curves.correction import deviation
from objectives.curves.curve import Curve
from objectives.curves.fitting import Setting
from objectives.curves.forecast import LEAST_DRIFT, same_plan
from objectives.curves.pruning import Outlook, Pruner
from objectives.curves.schedule_text import parse_schedule
from search.history import History
from search.pruning import CannotJudge, PruningRule, Verdict, last_value
from search.trial import Reported, TrialState
from spaces.configs import Config
from spaces.errors import BadInput

TEACHERS = 16
"""Newest finished trials that a forecast is corrected by."""
LEAST_TEACHERS = 3
RIVALS = (TrialState.ASKED, TrialState.DONE)
"""Trials that another one may have to give way to."""


@dataclass(frozen=True, eq=False)
class Forecast(PruningRule):
    """Stops a trial whose forecast lies above what others have or will come to.

    Args:
        setting: schedule and length of the training of a configuration.
        caution: standard deviations an interval reaches to either side.
        least: share of its training that a trial has before it is judged.
        every: share of its training between two judgements.
    """

    setting: Callable[[Config], Setting]
    caution: float = 2.0
    least: float = 0.1
    every: float = 0.05
    _known: dict[tuple[int, int, Reported], Outlook | None] = field(default_factory=dict)
    """Forecasts from the first reports of trials: functions of the history that take a while."""

    def judge(self, number: int, history: History) -> Verdict | None:
        """See the class.

        Raises:
            CannotJudge: a value is not positive.
        """
        rung = self._rung(number, history)
        mine = None if rung is None else self._outlook(number, rung, history)
        if rung is None or mine is None or _leads(number, history):
            return None
        taught = self._corrected(mine, rung, history)
        rivals = self._rivals(number, rung, history, taught is not None)
        mine = taught or mine
        margins = [(self._margin(mine, each, history), each) for each in rivals]
        margin, rival = max(margins, default=(0.0, mine), key=itemgetter(0))
        if margin <= 0:
            return None
        return Verdict(
            f"forecast {mine.loss:.6g} at {mine.share:.0%} of its training, surely above {rival.loss:.6g} "
            f"of trial {rival.name}",
            mine.loss,
        )

    def _margin(self, mine: Outlook, other: Outlook, history: History) -> float:
        """By how much more one lies above another than the intervals of both are wide, as a log."""
        widths = mine.deviation + other.deviation
        if not self._alike(mine, int(other.name), history):
            widths = sum(max(each.deviation, LEAST_DRIFT * -math.log10(each.share)) for each in (mine, other))
        return mine.log_loss - other.log_loss - self.caution * widths

    def _alike(self, mine: Outlook, other: int, history: History) -> bool:
        """Whether forecasts of both get the same things wrong: the learning rate takes the same course."""
        settings = [self.setting(history[number].config) for number in (int(mine.name), other)]
        return same_plan(settings[0], settings[1], mine.share)

    def _rung(self, number: int, history: History) -> int | None:
        """The rung that the last report of a trial has come to; `None` where it was there before."""
        reports = history.reports(number)
        rung = self._passed(number, reports[-1].step, history)
        before = self._passed(number, reports[-2].step, history) if len(reports) > 1 else 0
        return rung if rung > before else None

    def _passed(self, number: int, step: float, history: History) -> int:
        """The last rung before a step of a trial; 0 where it is too early to judge, or the end."""
        share = step / self.setting(history[number].config).length
        return int(share / self.every + 1e-9) if self.least - 1e-9 <= share < 1 else 0

    def _rivals(self, number: int, rung: int, history: History, taught: bool) -> Iterator[Outlook]:
        """Where the others are going, from the same share; or came to, if forecasts are `taught` by that.

        Otherwise finished trials are compared by their forecasts as well: what all forecasts get wrong in the
        same way does not change their order.
        """
        for trial in history.trials:
            theirs = self._outlook(trial.number, rung, history)
            if trial.value is not None and (taught or theirs is None):
                yield Outlook(str(trial.number), _log(trial.value, trial.number), 0.0, 1.0)
            elif theirs is not None and trial.number != number and trial.state in RIVALS:
                corrected = self._corrected(theirs, rung, history) if taught else None
                yield corrected or theirs

    def _corrected(self, mine: Outlook, rung: int, history: History) -> Outlook | None:
        """A forecast by the errors of those of finished trials that are alike; `None` where they are few."""
        alike = [trial for trial in history.done[-TEACHERS:] if self._alike(mine, trial.number, history)]
        errors = []
        for trial in alike:
            theirs = self._outlook(trial.number, rung, history)
            if theirs is not None and trial.value is not None and theirs.name != mine.name:
                errors.append(_log(trial.value, trial.number) - theirs.log_loss)
        if len(errors) < LEAST_TEACHERS:
            return None
        shift = median(errors)
        seen = deviation(np.array(errors) - shift)
        return replace(mine, log_loss=mine.log_loss + shift, deviation=max(seen, mine.deviation))

    def _outlook(self, number: int, rung: int, history: History) -> Outlook | None:
        """The forecast of a trial from its beginning up to a rung; `None` where that is too short."""
        setting = self.setting(history[number].config)
        seen = _beginning(history.reports(number), rung * self.every * setting.length)
        if not seen:
            return None
        key = (number, len(seen), seen[-1])
        if key not in self._known:
            pruner = Pruner(setting, least_share=0.0)
            self._known[key] = pruner.outlook(str(number), _curve(seen, setting))
        return self._known[key]


def _leads(number: int, history: History) -> bool:
    """Whether no other trial was better at the step this one has come to."""
    last = history.reports(number)[-1]
    others = (
        last_value(history.reports(trial.number), last.step)
        for trial in history.trials
        if trial.number != number
    )
    return all(other is None or last.value <= other for other in others)


def plan(schedule: str | None, length: str | None, unit: str, config: Config) -> Setting:
    """How a configuration is trained: one of two descriptions, with its parameters in braces.

    Raises:
        BadInput: with the values filled in they are no schedule, or no length.
    """

    def filled(text: str) -> str:
        return PLACEHOLDER.sub(lambda match: str(config.get(match[1], "")), text)

    if schedule is not None:
        parsed, counted = parse_schedule(filled(schedule))
        return Setting(parsed, parsed.length, counted)
    given = filled(str(length))
    try:
        end = float(given)
    except ValueError:
        end = math.nan
    if not 0 < end < math.inf:
        raise BadInput.of("length", "a number above 0", given)
    return Setting(None, end, unit)


def setting_of(schedule: str | None, length: str | None, unit: str) -> Callable[[Config], Setting]:
    """The plan of each configuration; the function raises `CannotJudge` where there is none."""

    def setting(config: Config) -> Setting:
        try:
            return plan(schedule, length, unit, config)
        except BadInput as error:
            raise CannotJudge(f"the forecast pruner has no plan for {config}: {error}") from error

    return setting


def _beginning(reports: Sequence[Reported], step: float) -> Sequence[Reported]:
    """Those up to the first that has come to a step; none where none has."""
    for place, report in enumerate(reports, 1):
        if report.step >= step * (1 - 1e-9):
            return reports[:place]
    return ()


def _curve(reports: Sequence[Reported], setting: Setting) -> Curve:
    for report in reports:
        _log(report.value, report.number)
    steps = [(report.step, report.value) for report in reports if report.step > 0]
    time, loss = np.array(steps, dtype=np.float64).reshape(-1, 2).T
    return Curve(time, loss, setting.unit)


def _log(value: float, number: int) -> float:
    if value <= 0:
        raise CannotJudge(f"the forecast pruner needs positive values; trial {number} has {value:g}")
    return math.log(value)
