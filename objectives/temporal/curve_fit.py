"""Fitting a family of curves over tokens to points below several cuts at once."""

import numpy as np

from objectives.fit.losses import LeastSquares
from objectives.fit.solver import minimise
from objectives.laws.law import Array
from objectives.temporal.families import Family

LEAST_DECAY = 0.2
"""Share of the peak by which the learning rate must have fallen before anything can be said of its effect."""
STEPS, ENOUGH = 80, 1e-9
"""Of the solver: a forecast gains nothing from the last digits of a curve that is only an assumption."""


def fit_curves(
    family: Family,
    t: Array,
    decay: Array,
    values: Array,
    weights: Array,
    held_decay: float | None = None,
    assumed_decay: float = 0.0,
) -> Array:
    """Coefficients of least squares under each row of weights.

    Args:
        family: what is fitted.
        t: tokens relative to a scale, shape (R,).
        decay: how far the learning rate has come down, shape (R,).
        values: shape (R,).
        weights: of the points; 0 leaves one out; shape (B, R).
        held_decay: p2, where it is known from elsewhere.
        assumed_decay: p2 where the points have not seen a decay and nothing is known of it.

    Returns:
        Shape (B, 4).
    """
    count, grid = len(weights), family.grid
    start = np.concatenate([_start(family, c, t, values, weights) for c in grid])
    last = np.tile(np.max(np.where(weights > 0, t, 0.0), axis=1), len(grid))
    lower, upper = _bounds(family, last)
    lower[:, 3], upper[:, 3] = _decay_bounds(family, decay, weights, held_decay, assumed_decay, len(grid))
    start[:, 3] = np.clip(start[:, 3], lower[:, 3], upper[:, 3])

    def model(theta: Array) -> tuple[Array, Array]:
        return family.value(theta, t, decay) - values, family.gradient(theta, t, decay)

    tiled = np.tile(weights, (len(grid), 1))
    minima = minimise(
        model, start, LeastSquares(), tiled, lower=lower, upper=upper, steps=STEPS, tolerance=ENOUGH
    )
    best = np.argmin(minima.value.reshape(len(grid), count), axis=0)
    return np.asarray(minima.theta.reshape(len(grid), count, 4)[best, np.arange(count)])


def _start(family: Family, c: float, t: Array, values: Array, weights: Array) -> Array:
    """p0 and p1 of linear least squares at this c; shape (B, 4)."""
    shape = family.shape(t, np.array([[c]]))[0][0]
    total = weights.sum(axis=1)
    middle, level = weights @ shape / total, weights @ values / total
    spread = weights @ shape**2 / total - middle**2
    slope = (weights @ (shape * values) / total - middle * level) / np.where(spread > 0, spread, np.inf)
    return np.stack([level - slope * middle, slope, np.full(len(total), c), np.zeros(len(total))], axis=1)


def _bounds(family: Family, last: Array) -> tuple[Array, Array]:
    """Of all four coefficients, shape (B, 4); a rate is bounded relative to the last point."""
    free = np.array(family.free)
    span = np.array([[-np.inf] * 4, [np.inf] * 4])
    span[:, 2] = family.grid[0], family.grid[-1]
    span = np.where(free, span, [0.0, 0.0, family.grid[0], 0.0])
    lower, upper = (np.tile(each, (len(last), 1)) for each in span)
    if family.relative:
        lower[:, 2], upper[:, 2] = lower[:, 2] - np.log(last), upper[:, 2] - np.log(last)
    return lower, upper


def _decay_bounds(
    family: Family, decay: Array, weights: Array, held: float | None, assumed: float, starts: int
) -> tuple[Array, Array]:
    """p2 is free only where the points have seen some decay; elsewhere it is what is known or assumed."""
    seen = family.decays & (np.max(decay * (weights > 0), axis=1) > LEAST_DECAY)
    known = (assumed if held is None else held) if family.decays else 0.0
    lower = np.where(seen & (held is None), -np.inf, known)
    upper = np.where(seen & (held is None), np.inf, known)
    return np.tile(lower, starts), np.tile(upper, starts)
