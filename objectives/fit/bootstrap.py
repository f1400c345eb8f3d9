"""Refits of a law to resampled runs: how far its coefficients could have come out otherwise.

Pairs bootstrap: runs are drawn with replacement, which to the solver is a table of whole-number weights, so
that all replicates are solved side by side from the optimum. Alone it is too narrow to predict with: it knows
neither the noise of a run nor that the law itself drifts beyond its data (`objectives.fit.calibration`).
"""

import numpy as np

from objectives.fit.estimation import Estimation
from objectives.fit.solver import minimise
from objectives.laws.law import Array

STEPS = 60


def resampled(estimation: Estimation, theta: Array, count: int, seed: int) -> Array:
    """Coordinates (count, p) of the law refitted to `count` resampled tables, each started at `theta` (p,)."""
    runs = len(estimation.runs)
    random = np.random.default_rng([seed, 2])
    weights = random.multinomial(runs, np.full(runs, 1.0 / runs), size=count).astype(np.float64)
    lower, upper = estimation.bounds
    start = np.tile(theta, (count, 1))
    minima = minimise(estimation, start, estimation.loss, weights, lower=lower, upper=upper, steps=STEPS)
    return minima.theta
