"""Refits of a law to resampled runs: how far its coefficients could have come out otherwise.

Pairs bootstrap: runs are drawn with replacement, which to the solver is a table of whole-number weights, so
that all replicates are solved side by side from the optimum. Alone it is too narrow to predict with: it knows
neither the noise of a run nor that the law itself drifts beyond its data (`objectives.fit.calibration`).
"""

from collections.abc import Sequence

import numpy as np

from objectives.fit.estimation import Estimation
from objectives.fit.solver import minimise
from objectives.laws.law import Array

STEPS = 60
DAMPING, TOLERANCE = 1e-4, 1e-15
"""A replicate's optimum is near that of the runs, and its last digits are of no use."""


def resampled(
    estimation: Estimation, theta: Array, count: int, seed: Sequence[int], groups: Array | None = None
) -> Array:
    """Coordinates of the law refitted to resampled tables.

    Args:
        estimation: the fit.
        theta: the optimum of each of G groups of runs, (G, p), where their replicates start.
        count: replicates of each group.
        seed: of the resampling.
        groups: which runs belong to each group, weights 0 or 1 of shape (G, R); all of them if left out.

    Returns:
        Shape (G, count, p).
    """
    groups = np.ones((len(theta), len(estimation.runs))) if groups is None else groups
    random = np.random.default_rng(seed)
    shares = groups / groups.sum(axis=1, keepdims=True)
    drawn = [
        random.multinomial(int(group.sum()), share, size=count)
        for group, share in zip(groups, shares, strict=True)
    ]
    refits = reweighted(estimation, np.repeat(theta, count, axis=0), np.concatenate(drawn).astype(np.float64))
    return refits.reshape(len(theta), count, -1)


def reweighted(estimation: Estimation, theta: Array, weights: Array) -> Array:
    """Coordinates (B, p) of refits to weighted runs (B, R), from near starts: (B, p), or one (p,) for all."""
    lower, upper = estimation.bounds
    minima = minimise(
        estimation,
        np.broadcast_to(theta, (len(weights), np.shape(theta)[-1])),
        estimation.loss,
        weights,
        lower=lower,
        upper=upper,
        steps=STEPS,
        damping=DAMPING,
        tolerance=TOLERANCE,
    )
    return minima.theta
