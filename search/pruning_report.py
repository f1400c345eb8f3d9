"""The account of a search whose trials report: what was run, what was stopped, and what that saved.

A stopped trial saved the steps between its last report and the end of a whole trial; the time that takes is
taken to pass as it did before.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from search.history import History
from search.trial import Trial, TrialState
from spaces.configs import Config

Length = Callable[[Config], float | None]
"""Configuration -> steps of its whole trial; `None` where nobody said."""

MOST_CURVES, MOST_POINTS = 200, 60
"""Curves of the account, and points of each."""


@dataclass(frozen=True)
class StoppedTrial:
    """One that was stopped."""

    number: int
    step: float
    value: float
    """What it reported last."""
    estimate: float
    reason: str
    saved: float | None
    """Steps that were not run."""
    seconds: float | None
    """How long they would have taken."""


@dataclass(frozen=True)
class PruningAccount:
    """Steps of all trials that report."""

    steps: float
    """Run in all."""
    saved: float
    share: float
    """Saved, of what whole trials would have taken."""
    seconds: float
    """Of the workers' time, saved."""
    stopped: tuple[StoppedTrial, ...]
    curves: tuple[dict[str, Any], ...]
    """Number, state, steps and values of trials, thinned."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def pruning_account(
    history: History, length: Length = lambda config: None, sign: int = 1
) -> PruningAccount | None:
    """The account of a search; `None` where no trial reported.

    Args:
        history: finished or still running.
        length: of whole trials; where that is not known, the median of what finished trials took.
        sign: -1 shows values of a metric that is maximised as they are.
    """
    heard = [trial for trial in history.trials if history.reports(trial.number)]
    if not heard:
        return None
    ends = [history.reports(trial.number)[-1].step for trial in heard if trial.state is TrialState.DONE]
    usual = median(ends) if ends else None
    stopped = tuple(
        _stopped(trial, history, length(trial.config) or usual, sign)
        for trial in heard
        if trial.estimate is not None
    )
    steps = sum(history.reports(trial.number)[-1].step for trial in heard)
    saved = sum(each.saved or 0.0 for each in stopped)
    return PruningAccount(
        steps=steps,
        saved=saved,
        share=saved / (steps + saved) if steps + saved > 0 else 0.0,
        seconds=sum(each.seconds or 0.0 for each in stopped),
        stopped=stopped,
        curves=tuple(_curve(trial, history, sign) for trial in heard[:MOST_CURVES]),
    )


def _stopped(trial: Trial, history: History, whole: float | None, sign: int) -> StoppedTrial:
    last = history.reports(trial.number)[-1]
    saved = None if whole is None else max(0.0, whole - last.step)
    ran = None if trial.started is None or trial.ended is None else trial.ended - trial.started
    seconds = None if saved is None or ran is None or last.step <= 0 else ran * saved / last.step
    assert trial.estimate is not None
    return StoppedTrial(
        *(trial.number, last.step, sign * last.value, sign * trial.estimate, trial.reason or ""),
        *(saved, seconds),
    )


def _curve(trial: Trial, history: History, sign: int) -> dict[str, Any]:
    reports = history.reports(trial.number)
    kept = reports[:: -(-len(reports) // MOST_POINTS)]
    kept = kept if kept[-1] is reports[-1] else [*kept, reports[-1]]
    return {
        "number": trial.number,
        "state": trial.state.value,
        "steps": [report.step for report in kept],
        "values": [sign * report.value for report in kept],
    }
