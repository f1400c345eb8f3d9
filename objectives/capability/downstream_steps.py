"""Both steps of a ladder as the solver sees them, under any weights of the runs.

Step 1 is the project's fit of Chinchilla's law; step 2 is least squares of a sigmoid on checkpoints, with one
ideal point: no loss, all answers right (Bhagia et al. 2024, arXiv:2412.04403).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from objectives.capability.downstream import Sigmoid
from objectives.capability.downstream_checkpoints import Checkpoints
from objectives.fit.bootstrap import DAMPING, STEPS, reweighted
from objectives.fit.estimation import Estimation
from objectives.fit.fitting import Solution, solve
from objectives.fit.forms import form_of
from objectives.fit.losses import LeastSquares
from objectives.fit.rolling import fitted_below
from objectives.fit.solver import Minima, minimise
from objectives.laws.law import Array

LOWER, UPPER = (-1.0, 0.0, 0.0, 0.0), (0.0, np.inf, np.inf, 1.0)
"""Bounds of a, x0, k, b."""
STEEP = (2.0, 5.0, 12.0)
"""k of the starts."""


ENOUGH = 1e-9
"""Decrease still to be had, relative to the sum of squares, that a replicate may leave."""


@dataclass(frozen=True, eq=False)
class Chains:
    """Coordinates of B chains."""

    laws: Array
    """Of step 1, (B, 5)."""
    curves: Array
    """a, x0, k, b of step 2, (B, 4)."""

    def repeated(self, times: int) -> Self:
        """Each so many times in a row."""
        return type(self)(np.repeat(self.laws, times, axis=0), np.repeat(self.curves, times, axis=0))


@dataclass(frozen=True, eq=False)
class Steps:
    """Residuals of step 2 as a function of (a, x0, k, b), and step 1 beside it."""

    checkpoints: Checkpoints
    first: Solution
    """Step 1 fitted to all runs."""
    loss: Array
    """Smoothed losses of step 2, the ideal point last."""
    accuracy: Array
    run: npt.NDArray[np.intp]
    """Number of the run each point but the last is from."""

    @classmethod
    def of(cls, checkpoints: Checkpoints, seed: int = 0) -> Self:
        """Step 1 solved, step 2 set up.

        Raises:
            BadInput: fewer runs than coefficients of step 1.
        """
        estimation = Estimation(form_of("hoffmann"), checkpoints.final(), count=checkpoints.count)
        loss, accuracy, run = checkpoints.points()
        first = solve(estimation, seed=seed)
        return cls(checkpoints, first, np.append(loss, 0.0), np.append(accuracy, 1.0), run)

    def __call__(self, theta: Array) -> tuple[Array, Array]:
        """Residuals (B, points) and their Jacobian."""
        curve = Sigmoid(*theta.T[:, :, None])
        return curve.accuracy(self.loss) - self.accuracy, curve.coefficient_gradient(self.loss)

    def below(self, masks: Array) -> Chains:
        """Both steps fitted to some runs each, from several starts; masks (K, R) of 0 and 1."""
        masked = [mask > 0 for mask in masks]
        starts = _starts(self.loss[:-1], self.accuracy[:-1])
        weights = np.repeat(self._of_points(masks), len(starts), axis=0)
        found = self._minima(np.tile(starts, (len(masks), 1)), weights)
        best = np.argmin(found.value.reshape(len(masks), -1), axis=1) + len(starts) * np.arange(len(masks))
        return Chains(fitted_below(self.first, masked), found.theta[best])

    def reweighted(self, near: Chains, weights: Array) -> Chains:
        """Both steps under weights of the runs (B, R), from near chains."""
        laws = reweighted(self.first.estimation, near.laws, weights)
        curves = minimise(
            self,
            near.curves,
            LeastSquares(),
            self._of_points(weights),
            lower=LOWER,
            upper=UPPER,
            steps=STEPS,
            damping=DAMPING,
            tolerance=ENOUGH,
        )
        return Chains(laws, curves.theta)

    def predicted(self, chains: Chains) -> tuple[Array, Array]:
        """Final losses and accuracies of all runs, (B, R) each."""
        loss = self.first.estimation.predicted(chains.laws)
        return loss, Sigmoid(*chains.curves.T[:, :, None]).accuracy(loss)

    @cached_property
    def fitted(self) -> Chains:
        """Both steps fitted to all runs, one chain."""
        starts = _starts(self.loss[:-1], self.accuracy[:-1])
        minima = self._minima(starts, np.ones(len(self.loss)))
        return Chains(self.first.theta[None], minima.theta[[minima.best]])

    def _minima(self, start: Array, weights: Array) -> Minima:
        return minimise(self, start, LeastSquares(), weights, lower=LOWER, upper=UPPER)

    def _of_points(self, weights: Array) -> Array:
        """Weights of runs as weights of points; the ideal point always counts."""
        return np.column_stack([weights[:, self.run], np.ones(len(weights))])


def _starts(loss: Array, accuracy: Array) -> Array:
    """Sigmoids from right answers only to the worst accuracy seen, at several places, shape (B, 4)."""
    middles: Sequence[float] = np.quantile(loss, [0.05, 0.3, 0.6]).tolist()
    rows: Iterator[tuple[float, ...]] = (
        (float(accuracy.min()) - 1.0, middle, steep, 1.0) for middle in middles for steep in STEEP
    )
    return np.array(list(rows))
