"""Families of curves over trained tokens: how a0, a1, a2, or a mean loss, may go on.

The paper says of its temporal law that a0 is logarithmic in the trained tokens, a1 hyperbolic, and a2
piecewise, following the decay of the learning rate. Its formulas are not known. The families here are an
assumption: the simplest curves of those names, and the neighbours a reader would compare them with; which is
used is chosen by held-out forecast (`objectives.temporal.forecasting`).

Every family is p0 + p1 f(t; c) + p2 d(t): f is its shape, t the tokens relative to a scale, and d how far the
learning rate has come down from its peak (0 before the decay begins, which makes a piecewise curve of it).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from objectives.laws.law import Array

Shape = Callable[[Array, Array], tuple[Array, Array]]
"""Tokens (R,) and c (B, 1) -> f and df/dc, both (B, R)."""

COEFFICIENTS = ("p0", "p1", "c", "p2")


@dataclass(frozen=True)
class Family:
    """One family; without the learning rate p2 is held at 0."""

    name: str
    equation: str
    shape: Shape
    grid: tuple[float, ...]
    """Values of c a fit starts from, in order and to the bounds of c; a single one is held."""
    relative: bool = False
    """Whether e^c is a rate, so that the bounds of c are relative to the tokens seen."""
    decays: bool = False
    """Whether p2 is free: the curve follows the decay of the learning rate."""

    @property
    def free(self) -> tuple[bool, bool, bool, bool]:
        """Which of p0, p1, c, p2 a fit may move."""
        return True, self.shape is not _constant, len(self.grid) > 1, self.decays

    def value(self, theta: Array, t: Array, decay: Array) -> Array:
        """The curves of B sets of coefficients at R times.

        Args:
            theta: p0, p1, c, p2; shape (B, 4).
            t: tokens relative to the scale of the fit, shape (R,).
            decay: d, shape (R,).
        """
        p0, p1, c, p2 = theta.T[:, :, None]
        return np.asarray(p0 + p1 * self.shape(t, c)[0] + p2 * decay)

    def gradient(self, theta: Array, t: Array, decay: Array) -> Array:
        """Analytic derivatives by p0, p1, c, p2; shape (B, R, 4)."""
        _, p1, c, _ = theta.T[:, :, None]
        shape, by_c = self.shape(t, c)
        parts = np.broadcast_arrays(np.ones_like(shape), shape, p1 * by_c, decay)
        return np.stack(parts, axis=-1)


def _constant(t: Array, c: Array) -> tuple[Array, Array]:
    zero = 0.0 * (t + c)
    return zero, zero


def _logarithmic(t: Array, c: Array) -> tuple[Array, Array]:
    return np.log(t) + 0.0 * c, 0.0 * (t + c)


def _hyperbolic(t: Array, c: Array) -> tuple[Array, Array]:
    share = 1.0 / (1.0 + np.exp(c) * t)
    return share, -share * (1.0 - share)


def _power(t: Array, c: Array) -> tuple[Array, Array]:
    value = t**-c
    return value, -np.log(t) * value


def _exponential(t: Array, c: Array) -> tuple[Array, Array]:
    rate = np.exp(c) * t
    value = np.exp(-rate)
    return value, -rate * value


DECAY = "+decay"
SHAPES = (
    Family("constant", "p0", _constant, (0.0,)),
    Family("logarithmic", "p0 + p1 ln t", _logarithmic, (0.0,)),
    Family("hyperbolic", "p0 + p1/(1 + e^c t)", _hyperbolic, (0.0, 1.0, 2.0, 3.0, 4.5, 6.0), relative=True),
    Family("power", "p0 + p1 t^-c", _power, (0.1, 0.3, 0.6, 1.0, 1.7, 3.0)),
    Family("exponential", "p0 + p1 exp(-e^c t)", _exponential, (0.0, 1.0, 2.0, 3.0, 5.0), relative=True),
)
"""A rate e^c is at least 1 per tokens seen: what bends less over the checkpoints cannot be told from a
straight line, and would go on as one."""
FAMILIES = {
    each.name: each
    for plain in SHAPES
    for each in (
        plain,
        replace(plain, name=f"{plain.name}{DECAY}", equation=f"{plain.equation} + p2 d(t)", decays=True),
    )
}
PAPER = {"a0": "logarithmic", "a1": "hyperbolic", "a2": f"logarithmic{DECAY}"}
"""The simplest reading of the paper's words. An assumption: its formulas are not known."""
