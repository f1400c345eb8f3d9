"""Rolling origin: fit the runs below a compute cut, predict those above it, at several cuts.

It is the only honest account of how a law extrapolates: what it got wrong when it was asked, with less data,
the same kind of question it will be asked now.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from objectives.fit.bootstrap import resampled
from objectives.fit.cut import Cut
from objectives.fit.estimation import Estimation
from objectives.fit.fitting import Solution, polish
from objectives.laws.law import Array

CUTS = np.linspace(0.4, 0.9, 5)
"""Shares of the runs, in order of compute, below the cuts."""
SPARE = 2
"""Runs a cut keeps beyond the number of coefficients."""
REPLICATES = 60
MOST_STARTS = 8
SAME_COMPUTE = 0.01
"""Relative difference of compute that is none: runs of one budget stay on one side of a cut."""

Mask = npt.NDArray[np.bool_]


def cuts(estimation: Estimation) -> list[Mask]:
    """Masks of the runs below each cut; none where the table is too small to leave any out."""
    order = np.log(estimation.runs.flops)
    masks: list[Mask] = []
    for level in np.quantile(order, CUTS):
        below = order <= level + SAME_COMPUTE
        known = any(np.array_equal(below, mask) for mask in masks)
        if below.sum() >= len(estimation.free) + SPARE and not below.all() and not known:
            masks.append(below)
    return masks


def rolling_origin(
    solution: Solution, *, seed: int = 0, replicates: int = REPLICATES, masks: Sequence[Mask] = ()
) -> list[Cut]:
    """The errors of the fit's own recipe at each cut.

    Runs above a cut have no weight below it, so that all cuts are fitted side by side.

    Args:
        solution: the fit to all runs; the ends of its starts are the starts below each cut.
        seed: of the resampling.
        replicates: refits at each cut, for the spread; 0 leaves the spread at 0.
        masks: the cuts, as `cuts` makes them if left out; the same for several laws that are compared.
    """
    estimation = solution.estimation
    masks = list(masks or cuts(estimation))
    if not masks:
        return []
    theta = fitted_below(solution, masks)
    errors = np.log(estimation.predicted(theta)) - estimation.log_observed
    spreads = np.zeros_like(errors)
    if replicates:
        drawn = resampled(estimation, theta, replicates, [seed, 3], np.array(masks, dtype=np.float64))
        with np.errstate(all="ignore"):
            deviation = np.log(estimation.predicted(drawn.reshape(-1, theta.shape[1])))
            deviation = deviation.reshape(*drawn.shape[:2], -1) - np.log(estimation.predicted(theta))[:, None]
        spreads = np.sqrt(np.nanmean(np.clip(deviation, -1.0, 1.0) ** 2, axis=1))
    return [_cut(estimation, *row) for row in zip(masks, errors, spreads, strict=True)]


def fitted_below(solution: Solution, masks: Sequence[Mask]) -> Array:
    """Coordinates of the best fit below each cut, shape (cuts, p)."""
    start = _starts(solution)
    weights = np.repeat(np.array(masks, dtype=np.float64), len(start), axis=0)
    minima = polish(solution.estimation, np.tile(start, (len(masks), 1)), weights).minima
    value = minima.value.reshape(len(masks), -1)
    best = np.argmin(value, axis=1) + len(start) * np.arange(len(masks))
    return np.asarray(minima.theta[best])


def _starts(solution: Solution) -> Array:
    """Some of the ends of the fit's starts, the best first and others spread over all basins."""
    order = np.argsort(solution.minima.value, kind="stable")
    return np.asarray(solution.minima.theta[order[:: max(1, len(order) // MOST_STARTS)]])


def _cut(estimation: Estimation, below: Mask, error: Array, spread: Array) -> Cut:
    flops = estimation.runs.flops
    degrees = max(int(below.sum()) - len(estimation.free), 1)
    return Cut(
        flops=float(flops[below].max()),
        below=int(below.sum()),
        error=error[~below],
        spread=spread[~below],
        noise=float(np.sqrt(np.sum(error[below] ** 2) / degrees)),
        decades=np.log10(flops[~below] / flops[below].max()),
    )
