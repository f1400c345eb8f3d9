"""The forecast of loss curves as a rule that stops trials: where the two halves of the project meet.

A trial is judged whenever another share of its training is over. Its forecast is corrected by what finished
trials came to beside their own forecasts from the same share; it stops where even the low end of what it may
come to lies above the best finished value, or the high end of another running trial.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

import numpy as np

from objectives.curves.curve import Curve
from objectives.curves.fitting import Setting
from objectives.curves.pruning import Outlook, Pruner
from objectives.curves.schedule_text import parse_schedule
from search.history import History
from search.pruning import CannotJudge, PruningRule, Verdict
from search.trial import Reported
from spaces.configs import Config

TEACHERS = 16
"""Newest finished trials that a forecast is corrected by."""
LEAST_TEACHERS = 3
OWN = 2.0
"""What a forecast's own deviation weighs beside the errors of finished trials, in trials."""


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
        mine = None if rung is None else self._corrected(number, rung, history)
        if mine is None:
            return None
        bar, whose = self._bar(number, history)
        if mine.log_loss - self.caution * mine.deviation <= bar:
            return None
        percent = 100 * self.caution * mine.deviation
        return Verdict(
            f"forecast {mine.loss:.6g} +- {percent:.2g} % at {mine.share:.0%} of its training, "
            f"above {math.exp(bar):.6g} of trial {whose}",
            mine.loss,
        )

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

    def _bar(self, number: int, history: History) -> tuple[float, int]:
        """What the others have come to, or surely will, as a log of the loss; and which of them."""
        ends = [
            (_log(trial.value, trial.number), trial.number)
            for trial in history.done
            if trial.value is not None
        ]
        for trial in history.pending:
            reports = history.reports(trial.number)
            rung = self._passed(trial.number, reports[-1].step, history) if reports else 0
            outlook = self._corrected(trial.number, rung, history) if rung else None
            if outlook is not None and trial.number != number:
                ends.append((outlook.log_loss + self.caution * outlook.deviation, trial.number))
        return min(ends, default=(math.inf, -1))

    def _corrected(self, number: int, rung: int, history: History) -> Outlook | None:
        """The forecast of a trial from a rung, by the errors that those of finished trials had there."""
        mine = self._outlook(number, rung, history)
        errors = []
        for trial in history.done[-TEACHERS:]:
            theirs = self._outlook(trial.number, rung, history)
            if theirs is not None and trial.value is not None:
                errors.append(_log(trial.value, trial.number) - theirs.log_loss)
        if mine is None or len(errors) < LEAST_TEACHERS:
            return mine
        shift = median(errors)
        total = OWN * mine.deviation**2 + sum((error - shift) ** 2 for error in errors)
        deviation = math.sqrt(total / (OWN + len(errors) - 1))
        return replace(mine, log_loss=mine.log_loss + shift, deviation=deviation)

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


def setting_of(schedule: str | None, length: str | None, unit: str) -> Callable[[Config], Setting]:
    """The setting of a configuration, from descriptions with its parameters in braces.

    The function raises `BadInput` where they are no schedule and no length with its values filled in.
    """
    from objectives.command import PLACEHOLDER

    def setting(config: Config) -> Setting:
        def filled(text: str) -> str:
            return PLACEHOLDER.sub(lambda match: str(config.get(match[1], "")), text)

        if schedule is not None:
            plan, counted = parse_schedule(filled(schedule))
            return Setting(plan, plan.length, counted)
        return Setting(None, float(filled(str(length))), unit)

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
