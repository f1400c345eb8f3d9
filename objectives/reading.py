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
    if isinstance(returned, Mapping):
        if metric not in returned:
            raise TrialFailed(f"no metric {metric!r} among {', '.join(map(str, returned)) or 'nothing'}")
        numbers = {str(name): value for name, value in returned.items() if _is_number(value)}
    else:
        numbers = {metric: returned} if _is_number(returned) else {}
    if metric not in numbers:
        wrong = returned[metric] if isinstance(returned, Mapping) else returned
        raise TrialFailed(f"{metric} must be a number, got {type(wrong).__name__}: {str(wrong)[:80]}")
    metrics = {name: float(value) for name, value in numbers.items()}
    if not math.isfinite(metrics[metric]):
        raise TrialFailed(f"{metric} is {metrics[metric]}")
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def _is_number(value: Any) -> bool:
    """A real number; NumPy scalars and 0-d arrays count, booleans do not."""
    if hasattr(value, "item") and getattr(value, "size", 0) == 1:
        value = value.item()
    return isinstance(value, Real) and not isinstance(value, bool)
