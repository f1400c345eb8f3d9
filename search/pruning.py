"""Rules that stop trials which will not be the best, by what they report while they run.

    rule = Median()
    verdict = rule.judge(7, history)      # when trial 7 has reported; None lets it go on

A rule is a function of the history. Values fall as a trial goes on, and are compared at equal steps. A trial
that is stopped leaves an estimate of what it would have come to, which is what an engine learns from it.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median

from search.history import History
from search.trial import Reported


@dataclass(frozen=True)
class Verdict:
    """A trial shall stop."""

    reason: str
    estimate: float
    """What its value would have been."""


class CannotJudge(Exception):
    """These trials are not what a rule is made for; they go on, and a note says why."""


class PruningRule(ABC):
    """Decides whether a running trial goes on."""

    @abstractmethod
    def judge(self, number: int, history: History) -> Verdict | None:
        """The verdict on a running trial, whose last report is new; `None` lets it go on.

        Raises:
            CannotJudge: the rule does not apply to such values.
        """


@dataclass(frozen=True)
class Median(PruningRule):
    """Stops a trial whose best value so far is above the median of what finished trials had by that step.

    The rule of Golovin et al. 2017 ("Google Vizier"), with the best value in place of the running mean, which
    in a loss curve is mostly its beginning.
    """

    least: int = 5
    """Finished trials before any is stopped."""
    start: float = 0.0
    """No trial is stopped before this step."""

    def judge(self, number: int, history: History) -> Verdict | None:
        """See the class."""
        reports = history.reports(number)
        step = reports[-1].step
        others = [best for trial in history.done if (best := _best(history.reports(trial.number), step))]
        if step < self.start or len(others) < self.least:
            return None
        mine, middle = _best(reports, step), median(others)
        assert mine is not None
        if mine <= middle:
            return None
        return Verdict(
            f"{mine:.6g} by step {step:g}, above the median {middle:.6g} of {len(others)} trials",
            expected_end(number, history),
        )


@dataclass(frozen=True)
class Halving(PruningRule):
    """Stops a trial that is not among the best 1/factor of those that have come to a rung.

    Asynchronous successive halving (Li et al. 2020, "A system for massively parallel hyperparameter tuning")
    in the form that stops: rungs are at start, start x factor and so on, and the first trials to come to one
    always go on.
    """

    start: float
    """The first rung, in steps."""
    factor: float = 3.0
    end: float | None = None
    """Steps of a whole trial; there is no rung from here on."""

    def judge(self, number: int, history: History) -> Verdict | None:
        """See the class."""
        reports = history.reports(number)
        before = reports[-2].step if len(reports) > 1 else -1.0
        passed = [rung for rung in self._rungs(reports[-1].step) if before < rung]
        if not passed:
            return None
        rung = passed[-1]
        there = [
            at for trial in history.trials if (at := _at(history.reports(trial.number), rung)) is not None
        ]
        kept = max(1, int(len(there) / self.factor))
        place = sum(value < reports[-1].value for value in there)
        if place < kept:
            return None
        return Verdict(
            f"{reports[-1].value:.6g} at rung {rung:g}: place {place + 1} of {len(there)}, {kept} go on",
            expected_end(number, history),
        )

    def _rungs(self, step: float) -> Iterator[float]:
        """Those a trial at a step has come to."""
        rung = self.start
        while rung <= step and (self.end is None or rung < self.end):
            yield rung
            rung *= self.factor


def expected_end(number: int, history: History) -> float:
    """What a trial would have come to: its last value, and what finished trials gained from that step on.

    The median of their gains; none where no trial has finished.
    """
    last = history.reports(number)[-1]
    gains = [
        trial.value - at
        for trial in history.done
        if trial.value is not None
        and (at := last_value(history.reports(trial.number), last.step)) is not None
    ]
    return last.value + (median(gains) if gains else 0.0)


def _until(reports: Sequence[Reported], step: float) -> Sequence[Reported]:
    """Those up to a step; a trial that never came so far has none."""
    if not reports or reports[-1].step < step:
        return ()
    return reports[: bisect_right(reports, step, key=attrgetter("step"))]


def _best(reports: Sequence[Reported], step: float) -> float | None:
    """The least value a trial had up to a step it has come to."""
    return min((report.value for report in _until(reports, step)), default=None)


def last_value(reports: Sequence[Reported], step: float) -> float | None:
    """The value of a trial at a step it has come to."""
    known = _until(reports, step)
    return known[-1].value if known else None


def _at(reports: Sequence[Reported], rung: float) -> float | None:
    """The first value of a trial from a rung on."""
    return next((report.value for report in reports if report.step >= rung), None)
