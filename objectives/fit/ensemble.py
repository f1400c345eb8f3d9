"""A fitted law with everything that says how sure it is: what `plan` and `search` take for coefficients.

It holds the law, its bootstrap replicates, the calibration that widens them, and the other laws that describe
the same runs acceptably.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from objectives.budget import Budget
from objectives.exact.limits import Box
from objectives.exact.optimum import Optimum, best_point
from objectives.exact.point import Point
from objectives.exact.problem import Problem
from objectives.fit.calibration import Calibration
from objectives.laws.law import Array, Law

Interval = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predicted losses with calibrated intervals for a run measured there; arrays of one shape."""

    loss: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Uncertainty:
    """Calibrated intervals at the best configuration of a budget."""

    level: float
    replicates: int
    loss: Interval
    """Of a run of that configuration: noise, and drift of the law beyond its runs, included."""
    n: Interval
    """Of the best size, each replicate choosing its own."""
    tokens: Interval
    sparsity: Interval


@dataclass(frozen=True, eq=False)
class Ensemble:
    """A fitted law and its uncertainty."""

    law: Law
    draws: Array
    """Coefficients of the bootstrap replicates, shape (B, P), in the order of `law.coefficient_names()`."""
    calibration: Calibration
    alternatives: tuple[Law, ...] = ()
    """Other laws fitted to the same runs that are acceptable, best first."""
    weights: tuple[float, ...] = (1.0,)
    """What the law and each alternative count in an expectation: 1 / (held-out error)^2, summing to 1."""

    @cached_property
    def replicates(self) -> Law:
        """All replicates as one law: coefficients of shape (B, 1), which broadcast against arguments."""
        return self.law.with_coefficients(
            dict(zip(self.law.coefficients, self.draws.T[:, :, None], strict=True))
        )

    def predict(
        self, n: npt.ArrayLike, d: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike
    ) -> Prediction:
        """Losses of runs at (n, d, s), with intervals that are meant to hold; inputs broadcast.

        Raises:
            BadInput: an input outside the law's domain.
        """
        loss = self.law.loss(n, d, s, **extra)
        inputs = {"n": n, "d": d, "s": s, **extra}
        rows = {
            name: np.broadcast_to(np.asarray(x, np.float64), loss.shape).ravel() for name, x in inputs.items()
        }
        with np.errstate(all="ignore"):
            deviation = np.log(self.replicates.loss(**rows)) - np.log(loss.ravel())
        spread = np.sqrt(np.nanmean(np.clip(deviation, -1.0, 1.0) ** 2, axis=0)).reshape(loss.shape)
        decades = np.log10(self.law.training_flops(n, d, s, **extra) / self.calibration.flops)
        half = self.calibration.half_width(spread, decades)
        return Prediction(loss, loss * np.exp(-half), loss * np.exp(half))

    def uncertainty(self, best: Optimum, budget: Budget, box: Box | None = None) -> Uncertainty:
        """Intervals of the best configuration of a budget and of the loss there."""
        chosen, calibration = self.optima(budget, box), self.calibration
        predicted = self.predict(best.n, best.tokens, best.sparsity, **best.extra)
        kept = calibration.interval(1.0 - best.sparsity, 1.0 - chosen.s[:, 0])
        return Uncertainty(
            level=calibration.level,
            replicates=len(self.draws),
            loss=(float(predicted.low), float(predicted.high)),
            n=calibration.interval(best.n, chosen.n[:, 0]),
            tokens=calibration.interval(best.tokens, chosen.tokens[:, 0]),
            sparsity=(max(0.0, 1.0 - kept[1]), 1.0 - kept[0]),
        )

    def optima(self, budget: Budget, box: Box | None = None) -> Point:
        """The best configuration of every replicate, in one vectorised solve; arrays of shape (B, 1)."""
        problem = Problem.of(self.replicates, [budget] * len(self.draws), box or Box())
        with np.errstate(all="ignore"):
            return best_point(problem)
