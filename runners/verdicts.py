"""What an outcome means for a trial: a value, a failure with its reason, or another attempt."""

import math
from collections.abc import Mapping
from numbers import Real

from runners.backend import Outcome, Status
from search.trial import Done, Failed

MAY_HAPPEN = {Status.CRASHED: 1, Status.LOST: 5}
"""How often a trial may end like this and be tried again; any other end is final.

A crash may be bad luck, two are the configuration's doing. A lost machine is never its fault, so losses are
not counted against crashes.
"""


class Attempts:
    """How often one trial has ended without an answer."""

    def __init__(self) -> None:
        self._ended: dict[Status, int] = {}

    def again(self, status: Status) -> bool:
        """Count an end, and say whether the trial is to be tried once more."""
        self._ended[status] = self._ended.get(status, 0) + 1
        return self._ended[status] <= MAY_HAPPEN.get(status, 0)


def verdict(number: int, outcome: Outcome, metric: str) -> Done | Failed:
    """The event that ends trial `number`.

    A value must be a finite number under the name `metric`; anything else is a failure. Of the other metrics
    those that are finite numbers are kept: one that is left out has no value here.
    """
    times = (outcome.started, outcome.ended, outcome.worker)
    reason, metrics = outcome.error, {}
    if outcome.status is Status.OK:
        reason, metrics = _fault(outcome.result, metric), _numbers(outcome.result)
    elif outcome.status is not Status.FAILED:
        reason = f"{outcome.status}: {outcome.error}"
    if reason is not None:
        return Failed(number, reason, *times)
    return Done(number, metrics[metric], metrics, *times)


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


def _numbers(metrics: object) -> dict[str, float]:
    """The finite numbers among metrics, by name."""
    if not isinstance(metrics, Mapping):
        return {}
    return {
        str(name): float(value)
        for name, value in metrics.items()
        if _is_number(value) and math.isfinite(value)
    }


def _is_number(value: object) -> bool:
    return type(value) is not bool and isinstance(value, Real)
