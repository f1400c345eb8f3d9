"""What a residual costs: least squares, Huber's loss, and Huber's loss that forgives under-tuned runs.

Each loss gives its value, its slope, and the curvature a Gauss-Newton step uses. All are scaled so that a
small residual costs r^2/2.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from objectives.laws.law import Array

HUBER_DELTA = 1e-3
"""Hoffmann et al. 2022, App. D.2: residuals of log loss beyond this count linearly."""
MAD_SIGMA = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""


@dataclass(frozen=True)
class Loss(ABC):
    """A loss rho(r) of residuals of any shape, convex, least at 0."""

    @abstractmethod
    def value(self, r: Array) -> Array:
        """The loss rho(r) itself."""

    @abstractmethod
    def slope(self, r: Array) -> Array:
        """Its derivative by r."""

    @abstractmethod
    def curvature(self, r: Array, caution: Array) -> Array:
        """Between the second derivative (caution 0) and the slope divided by r (caution 1).

        The second makes a Gauss-Newton step safe, the first makes it quick.
        """


@dataclass(frozen=True)
class LeastSquares(Loss):
    """Half the square, r^2/2."""

    def value(self, r: Array) -> Array:
        """The loss r^2/2."""
        return 0.5 * r**2

    def slope(self, r: Array) -> Array:
        """The residual itself."""
        return r

    def curvature(self, r: Array, caution: Array) -> Array:
        """One everywhere."""
        return np.ones_like(r)


@dataclass(frozen=True)
class Huber(Loss):
    """Half the square within delta, linear beyond: r^2/2, then delta (|r| - delta/2)."""

    delta: float = HUBER_DELTA

    def value(self, r: Array) -> Array:
        """Huber's loss."""
        size = np.abs(r)
        inner = np.minimum(size, self.delta)
        return inner * (size - 0.5 * inner)

    def slope(self, r: Array) -> Array:
        """The residual, clipped to delta."""
        return np.clip(r, -self.delta, self.delta)

    def curvature(self, r: Array, caution: Array) -> Array:
        """1 within delta, between 0 and delta/|r| beyond."""
        size = np.abs(r)
        beyond = size > self.delta  # arithmetic with it takes a fifth of the time of np.where
        return 1.0 - beyond * (1.0 - caution * self.delta / np.maximum(size, self.delta))


@dataclass(frozen=True)
class Asymmetric(Huber):
    """Huber's loss in which a run worse than predicted counts for little: it may be under-tuned.

    Residuals are predicted minus observed. `share` is the weight of a run above the law against one below it,
    as in an expectile or quantile: at 1/2 both count alike, and the law runs through the best runs as it
    falls towards 0.
    """

    share: float = 0.2

    def value(self, r: Array) -> Array:
        """Huber's loss, weighted by side."""
        return self._side(r) * super().value(r)

    def slope(self, r: Array) -> Array:
        """Its derivative."""
        return self._side(r) * super().slope(r)

    def curvature(self, r: Array, caution: Array) -> Array:
        """As Huber's, weighted by side."""
        return self._side(r) * super().curvature(r, caution)

    def _side(self, r: Array) -> Array:
        return np.where(r < 0, 2.0 * self.share, 2.0 * (1.0 - self.share))
