"""What a law got wrong above one compute cut: the unit of every statement about extrapolation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from objectives.laws.law import Array


@dataclass(frozen=True, eq=False)
class Cut:
    """One fit below a cut, and what it got wrong above it. Arrays have one entry for each run above."""

    flops: float
    """The largest compute below the cut."""
    below: int
    error: Array
    """Predicted minus observed log loss."""
    spread: Array
    """Standard deviation of the predicted log loss over the bootstrap."""
    noise: float
    """Standard deviation of the residuals below, corrected for the coefficients."""
    decades: Array
    """Compute beyond the cut."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "flops": self.flops,
            "below": self.below,
            "above": len(self.error),
            "median_error": float(np.median(np.abs(self.error))),
            "mean_error": float(np.mean(self.error)),
            "decades": float(self.decades.max()),
        }
