"""From what a user's function or program gave back to metrics: a finite number or a reason, nothing else."""

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

from objectives.objective import Metrics, TrialFailed


def as_metrics(returned: Any, metric: str) -> Metrics:
    """Metrics from a number, or from a mapping of numbers that holds `metric`.

    Raises:
        TrialFailed: the metric is missing, not a number, NaN or infinite.
    """
    given = returned if isinstance(returned, Mapping) else {metric: returned}
    if metric not in given:
        raise TrialFailed(f"no metric {metric!r} among {', '.join(map(str, given)) or 'nothing'}")
    numbers = {str(name): as_number(value) for name, value in given.items()}
    value = numbers[metric]
    if value is None:
        wrong = given[metric]
        raise TrialFailed(f"{metric} must be a number, got {type(wrong).__name__}: {str(wrong)[:80]}")
    if not math.isfinite(value):
        raise TrialFailed(f"{metric} is {value}")
    return {name: number for name, number in numbers.items() if number is not None and math.isfinite(number)}


def as_number(value: Any) -> float | None:
    """A real number as float, `None` for anything else; NumPy values of size 1 count, booleans do not."""
    if getattr(value, "size", 0) == 1 and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    return float(value)
