"""Fitting a family of curves over tokens to points below several cuts at once."""

import numpy as np

from objectives.fit.losses import LeastSquares
from objectives.fit.solver import minimise
from objectives.laws.law import Array
from objectives.temporal.families import Family

STEEPEST, REACH = 3.0, 1.5
"""How far c may move beyond its grid: without bounds a curve that is nearly straight runs off to infinity."""


def fit_curves(
    family: Family, t: Array, decay: Array, values: Array, weights: Array, held_decay: float | None = None
) -> Array:
    """Coefficients of least squares under each row of weights.

    Args:
        family: what is fitted.
        t: tokens relative to a scale, shape (R,).
        decay: how far the learning rate has come down, shape (R,).
        values: shape (R,).
        weights: of the points; 0 leaves one out; shape (B, R).
        held_decay: p2, where it is known from elsewhere.

    Returns:
        Shape (B, 4).
    """
    count, grid = len(weights), family.grid
    start = np.concatenate([_start(family, c, t, values, weights) for c in grid])
    lower, upper = _bounds(family, len(start))
    lower[:, 3], upper[:, 3] = _decay_bounds(family, decay, weights, held_decay, len(grid))
    start[:, 3] = np.clip(start[:, 3], lower[:, 3], upper[:, 3])

    def model(theta: Array) -> tuple[Array, Array]:
        return family.value(theta, t, decay) - values, family.gradient(theta, t, decay)

    tiled = np.tile(weights, (len(grid), 1))
    minima = minimise(model, start, LeastSquares(), tiled, lower=lower, upper=upper, tolerance=1e-14)
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


def _bounds(family: Family, count: int) -> tuple[Array, Array]:
    free = np.array(family.free)
    low, high = family.grid[0], family.grid[-1]
    within = (low - REACH, high + REACH) if low < 0 else (low / 2, STEEPEST)
    lower = np.where(free, [-np.inf, -np.inf, within[0], -np.inf], [0.0, 0.0, low, 0.0])
    upper = np.where(free, [np.inf, np.inf, within[1], np.inf], [0.0, 0.0, low, 0.0])
    return np.tile(lower, (count, 1)), np.tile(upper, (count, 1))


def _decay_bounds(
    family: Family, decay: Array, weights: Array, held: float | None, starts: int
) -> tuple[Array, Array]:
    """p2 is free only where the points have seen some decay; elsewhere it is what is known of it, or 0."""
    seen = family.decays & (np.max(decay * (weights > 0), axis=1) > LEAST_DECAY)
    known = 0.0 if held is None or not family.decays else held
    lower = np.where(seen & (held is None), -np.inf, known)
    upper = np.where(seen & (held is None), np.inf, known)
    return np.tile(lower, starts), np.tile(upper, starts)


LEAST_DECAY = 0.05
"""Share of the peak by which the learning rate must have fallen before anything can be said of its effect."""
