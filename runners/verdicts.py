"""What an outcome means: a value, a failure with its reason, another attempt, or the end of the search."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

from runners.backend import Outcome, Status
from runners.jobs.aims import Aim, costs
from search.trial import Done, Failed

RETRIES = {Status.CRASHED: 1, Status.TEMPORARY: 2, Status.LOST: 5}
"""How often a trial may end like this and be tried again, if the job says nothing; other ends are final.

A crash may be bad luck, two are the configuration's doing. A lost machine is never its fault, so losses are
not counted against crashes.
"""


@dataclass(frozen=True)
class Policy:
    """What follows from a trial without a value."""

    retries: Mapping[Status, int] = field(default_factory=lambda: dict(RETRIES))
    """How often a trial may end like this and be tried again."""
    stop_on: frozenset[Status] = frozenset({Status.STOP})
    """Final ends that stop the search."""


class Attempts:
    """How often one trial has ended without an answer.

    Args:
        policy: how often it may.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        self._retries = (policy or Policy()).retries
        self._ended: dict[Status, int] = {}

    def again(self, status: Status) -> bool:
        """Count an end, and say whether the trial is to be tried once more."""
        self._ended[status] = self._ended.get(status, 0) + 1
        return self._ended[status] <= self._retries.get(status, 0)


def judged(outcome: Outcome, aims: Sequence[Aim]) -> Outcome:
    """The outcome as FAILED where it has a result without a finite number for each aim."""
    if outcome.status is not Status.OK:
        return outcome
    fault = next(filter(None, (_fault(outcome.result, aim.metric) for aim in aims)), None)
    return outcome if fault is None else replace(outcome, status=Status.FAILED, error=fault)


def verdict(number: int, outcome: Outcome, aims: Sequence[Aim]) -> Done | Failed:
    """The event that ends trial `number` with a judged outcome.

    Of the other metrics those that are finite numbers are kept: one that is left out has no value here.
    """
    times = (outcome.started, outcome.ended, outcome.worker)
    if outcome.status is not Status.OK:
        return Failed(number, reason(outcome), *times)
    metrics = _numbers(outcome.result)
    told = costs(aims, metrics)
    if len(told) == 1:
        return Done(number, told[0], metrics, *times)
    return Done(number, None, metrics, *times, values=told)


def reason(outcome: Outcome) -> str:
    """Why a task has no result, in one line: how it ended, unless it simply failed, and its error."""
    known = str(outcome.error)
    return known if outcome.status is Status.FAILED else f"{outcome.status}: {known}"


def _fault(metrics: object, metric: str) -> str | None:
    """Why these metrics are no value; `None` where they are one."""
    if not isinstance(metrics, Mapping):
        return f"the objective returned {type(metrics).__name__}, not numbers by name"
    if metric not in metrics:
        return f"the objective returned no {metric!r}, only {', '.join(map(repr, metrics)) or 'nothing'}"
    value = metrics[metric]
    if not _is_number(value):
        return f"{metric} is no number but {type(value).__name__}"
    return None if math.isfinite(value) else f"{metric} is {float(value)}"


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The finite numbers among metrics, by name."""
    return {
        str(name): float(value)
        for name, value in metrics.items()
        if _is_number(value) and math.isfinite(value)
    }


def _is_number(value: object) -> bool:
    return type(value) is not bool and isinstance(value, Real)
