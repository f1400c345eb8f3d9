"""Loss at a position of the context: L_i = a0/(1 + a1 i) + a2, and its mean over positions in closed form.

The position law of the Temporal Scaling Law (Xiong et al., arXiv 2404.17785; the form as reported by its
readers, not quoted from the paper). A token that has seen more of its context is predicted better: a0 is what
the context takes off the loss, a1 how soon, a2 what is left far into it.

Whether i starts at 0 or at 1 is not known. `FIRST` is this project's assumption; every function takes
another. The curve fitted is the same either way as long as both have one, only a0 and a1 are other numbers
(`PositionLaw.counted_from`).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
from numpy.polynomial.polynomial import polyval

from objectives.laws.law import Array

LAW = "L_i = a0/(1 + a1 i) + a2"
FIRST = 1
"""Index i of a window's first prediction. An assumption: the paper's is not known."""
SHIFT = 10
"""Terms of a digamma difference taken one by one before its asymptotic series is good to the last digit."""
TERMS = (
    (1 / 2, 1),
    (1 / 12, 2),
    (-1 / 120, 4),
    (1 / 252, 6),
    (-1 / 240, 8),
    (1 / 132, 10),
    (-691 / 32760, 12),
)
"""Factor and power of 1/x in log x - psi(x) (Abramowitz and Stegun 6.3.18)."""
NEAR_ZERO = 0.05
"""Below it log1p(w)/w and its derivative are taken by their series."""
RATIO = (-1.0) ** np.arange(14) / np.arange(1, 15)
"""Coefficients of log1p(w)/w in powers of w."""


@dataclass(frozen=True, eq=False)
class PositionLaw:
    """The law of one checkpoint, or of many: coefficients of any shape that broadcast against each other."""

    a0: npt.ArrayLike
    """Nats per token that the context takes off the loss, from i = 0 to infinity."""
    a1: npt.ArrayLike
    """Per position, not negative: at i = 1/a1 half of a0 is gained."""
    a2: npt.ArrayLike
    """Nats per token left however long the context."""

    @classmethod
    def of(cls, coefficients: Array) -> Self:
        """From coefficients side by side on the last axis, (..., 3)."""
        return cls(coefficients[..., 0], coefficients[..., 1], coefficients[..., 2])

    def loss(self, i: npt.ArrayLike) -> Array:
        """Loss at position i, nats per token; shape is the broadcast of coefficients and i."""
        a0, a1, a2 = self._arrays
        return np.asarray(a0 / (1.0 + a1 * np.asarray(i, dtype=np.float64)) + a2)

    def gradient(self, i: npt.ArrayLike) -> Array:
        """Analytic dL_i/d(a0, a1, a2) on a last axis of 3."""
        a0, a1, _ = self._arrays
        i = np.asarray(i, dtype=np.float64)
        share = 1.0 / (1.0 + a1 * i)
        return _side_by_side(share, -a0 * i * share**2, np.ones_like(a0 * share))

    def mean(self, n: npt.ArrayLike, first: float = FIRST) -> Array:
        """Mean loss over n positions, i = first to first + n - 1, at a cost that does not grow with n.

        L = a2 + a0/(a1 n) (psi(n + first + 1/a1) - psi(first + 1/a1)), psi = digamma; written so that
        nothing cancels, down to a1 = 0.
        """
        a0, a1, a2 = self._arrays
        return np.asarray(a2 + a0 * mean_share(a1, n, first)[0])

    def mean_gradient(self, n: npt.ArrayLike, first: float = FIRST) -> Array:
        """Analytic d mean/d(a0, a1, a2) on a last axis of 3."""
        a0, a1, _ = self._arrays
        share, slope = mean_share(a1, n, first)
        return _side_by_side(share, a0 * slope, np.ones_like(a0 * share))

    def counted_from(self, first: float, other: float) -> Self:
        """The same curve where the first position is called `other` and not `first`.

        a1 is not finite, or negative, where the curve has no such form.
        """
        a0, a1, a2 = self._arrays
        moved = first - other
        with np.errstate(divide="ignore", invalid="ignore"):
            return type(self)(a0 / (1.0 + a1 * moved), a1 / (1.0 + a1 * moved), a2)

    @cached_property
    def _arrays(self) -> tuple[Array, Array, Array]:
        a0, a1, a2 = (np.asarray(each, dtype=np.float64) for each in (self.a0, self.a1, self.a2))
        return a0, a1, a2


def mean_share(a1: npt.ArrayLike, n: npt.ArrayLike, first: float = FIRST) -> tuple[Array, Array]:
    """Mean of 1/(1 + a1 i) over n positions from `first`, and its derivative by a1.

    With x = first + 1/a1 it is (psi(x + n) - psi(x)) / (a1 n). The recurrence of psi moves x up by `SHIFT`,
    where its asymptotic series is exact to the last digit; every term is divided by a1 n by hand.
    """
    a1, n = np.asarray(a1, dtype=np.float64), np.asarray(n, dtype=np.float64)
    share, slope = _tail(a1, n, first + SHIFT)
    for k in range(SHIFT):
        near, far = 1.0 + (first + k) * a1, 1.0 + (first + k + n) * a1
        share = share + a1 / (near * far)
        slope = slope + (1.0 - (near - 1.0) * (far - 1.0)) / (near * far) ** 2
    return np.asarray(share), np.asarray(slope)


def _tail(a1: Array, n: Array, start: float) -> tuple[Array, Array]:
    """The mean share where x = start + 1/a1 is large, by the asymptotic series of psi.

    With u = 1/x, w = n u and r = 1/(1 + w): psi(x + n) - psi(x) = log1p(w) + sum of c u^m (1 - r^m) over the
    terms (c, m) of the series, and 1 - r^m = w (r + ... + r^m).
    """
    scale = 1.0 / (1.0 + start * a1)
    u, w = a1 * scale, n * a1 * scale
    by_u, r = scale**2, 1.0 / (1.0 + w)  # the derivative of u by a1; that of w is n times it
    level, slope = _log_ratio(w)
    slope = slope * n * by_u
    for factor, power in TERMS:
        sums, falling = _geometric(r, power)
        level = level + factor * u**power * sums
        slope = slope + factor * u ** (power - 1) * (power * sums + u * n * falling) * by_u
    return scale * level, scale * slope - start * scale**2 * level


def _log_ratio(w: Array) -> tuple[Array, Array]:
    """log1p(w)/w and its derivative, also at 0."""
    small = w < NEAR_ZERO
    safe = np.where(small, 1.0, w)
    ratio = np.log1p(safe) / safe
    bend = (1.0 / (1.0 + safe) - ratio) / safe
    series = (polyval(w, RATIO), polyval(w, RATIO[1:] * np.arange(1, RATIO.size)))
    return np.where(small, series[0], ratio), np.where(small, series[1], bend)


def _geometric(r: Array, power: int) -> tuple[Array, Array]:
    """The sum r + ... + r^power and its derivative by w = 1/r - 1."""
    sums, falling = np.zeros_like(r), np.zeros_like(r)
    for j in range(1, power + 1):
        sums, falling = sums + r**j, falling - j * r ** (j + 1)
    return sums, falling


def _side_by_side(*parts: Array) -> Array:
    return np.stack(np.broadcast_arrays(*parts), axis=-1)
