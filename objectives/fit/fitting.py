"""From an estimation to its optimum: many starts, smoothed first, then polished under the true loss."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from objectives.fit.estimation import Estimation
from objectives.fit.losses import LeastSquares
from objectives.fit.solver import Minima, minimise
from objectives.fit.starts import starts
from objectives.laws.law import Array, FittedRange, Law, Trust

STARTS = 24
SMOOTH_STEPS, STEPS = 25, 200
"""Steps of least squares, whose surface has fewer kinks, and then of the loss itself."""
EXACT = 1e-12
"""Residual that is rounding."""
SAME = 1e-6
"""Relative difference of two objectives that are the same optimum."""


@dataclass(frozen=True, eq=False)
class Solution:
    """The best of many starts, and where all of them ended."""

    estimation: Estimation
    minima: Minima

    @property
    def objective(self) -> float:
        """Summed loss at the optimum."""
        return float(self.minima.value[self.minima.best])

    @cached_property
    def theta(self) -> Array:
        """Coordinates of the optimum, shape (p,)."""
        return np.asarray(self.minima.theta[self.minima.best])

    @cached_property
    def coefficients(self) -> dict[str, float]:
        """Coefficients by name."""
        return {
            name: float(value[0]) for name, value in self.estimation.coefficients(self.theta[None]).items()
        }

    @property
    def residuals(self) -> Array:
        """Predicted minus observed log loss (or loss) of every run, shape (R,)."""
        return np.asarray(self.estimation(self.theta[None])[0][0])

    @property
    def log_errors(self) -> Array:
        """Predicted minus observed log loss, whatever was fitted; shape (R,)."""
        return np.asarray(
            np.log(self.estimation.predicted(self.theta[None])[0]) - self.estimation.log_observed
        )

    @property
    def reached(self) -> int:
        """How many starts ended at this optimum."""
        return int(np.sum(self.minima.value <= self.objective * (1.0 + SAME) + self.rounding))

    @property
    def rounding(self) -> float:
        """An objective that is nothing but rounding: that of residuals of `EXACT`."""
        return 0.5 * len(self.estimation.runs) * EXACT**2

    @property
    def decrease(self) -> float:
        """What a Newton step still promises, relative to the objective; 0 for a fit exact to rounding."""
        return 0.0 if self.objective <= self.rounding else float(self.minima.decrease[self.minima.best])

    def law(self) -> Law:
        """The law with these coefficients as plain numbers, and the range of the runs."""
        runs, law = self.estimation.runs, self.estimation.form.law
        return law(
            *self.coefficients.values(),
            name="fit",
            source=f"fitted to {len(runs)} runs of {runs.source}",
            trust=Trust.USER,
            count=self.estimation.count,
            unit=runs.unit,
            fitted=FittedRange(
                *(_range(column) for column in (runs.n, runs.tokens, runs.sparsity, runs.flops))
            ),
        )


def _range(column: Array) -> tuple[float, float]:
    return float(column.min()), float(column.max())


def solve(estimation: Estimation, *, seed: int = 0, count: int = STARTS) -> Solution:
    """The optimum of one fit.

    Raises:
        BadInput: fewer runs than free coefficients.
    """
    estimation.require_enough_runs()
    return polish(estimation, starts(estimation, count, seed))


def polish(estimation: Estimation, theta: Array, weights: Array | None = None) -> Solution:
    """The optimum reached from these starts (B, p); `weights` of the runs, all 1 if left out."""
    lower, upper = estimation.bounds
    weights = np.ones(len(estimation.runs)) if weights is None else weights
    smooth = minimise(
        estimation, theta, LeastSquares(), weights, lower=lower, upper=upper, steps=SMOOTH_STEPS
    )
    minima = minimise(
        estimation, smooth.theta, estimation.loss, weights, lower=lower, upper=upper, steps=STEPS
    )
    return Solution(estimation, minima)
