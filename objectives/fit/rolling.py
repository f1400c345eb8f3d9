"""Rolling origin: fit the runs below a compute cut, predict those above it, at several cuts.

It is the only honest account of how a law extrapolates: what it got wrong when it was asked, with less data,
the same kind of question it will be asked now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from objectives.fit.bootstrap import resampled
from objectives.fit.estimation import Estimation
from objectives.fit.fitting import Solution, polish
from objectives.laws.law import Array

CUTS = np.linspace(0.4, 0.9, 5)
"""Shares of the runs, in order of compute, below the cuts."""
SPARE = 2
"""Runs a cut keeps beyond the number of coefficients."""
REPLICATES = 60
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Cut:
    """One fit below a cut, and what it got wrong above it. Arrays have one entry for each run above."""

    flops: float
    """The largest compute below the cut."""
    below: int
    error: Array
    """Predicted minus observed log loss."""
    spread: Array
    """Standard deviation of the predicted log loss over the bootstrap."""
    noise: float
    """Standard deviation of the residuals below, corrected for the coefficients."""
    decades: Array
    """Compute beyond the cut."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "flops": self.flops,
            "below": self.below,
            "above": len(self.error),
            "median_error": float(np.median(np.abs(self.error))),
            "mean_error": float(np.mean(self.error)),
            "decades": float(self.decades.max()),
        }


def cuts(estimation: Estimation) -> list[npt.NDArray[np.bool_]]:
    """Masks of the runs below each cut; none where the table is too small to leave any out."""
    order = np.log(progress(estimation))
    masks: list[npt.NDArray[np.bool_]] = []
    for level in np.quantile(order, CUTS):
        below = order <= level + ROUNDING
        known = any(np.array_equal(below, mask) for mask in masks)
        if below.sum() >= len(estimation.free) + SPARE and not below.all() and not known:
            masks.append(below)
    return masks


def progress(estimation: Estimation) -> Array:
    """What the runs are ordered by: their training FLOPs."""
    return estimation.runs.flops


def rolling_origin(
    solution: Solution,
    *,
    seed: int = 0,
    replicates: int = REPLICATES,
    masks: Sequence[npt.NDArray[np.bool_]] = (),
) -> list[Cut]:
    """The errors of the fit's own recipe at each cut.

    Args:
        solution: the fit to all runs; the ends of its starts are the starts below each cut.
        seed: of the resampling.
        replicates: refits at each cut, for the spread; 0 leaves the spread at 0.
        masks: the cuts, as `cuts` makes them if left out; the same for several laws that are compared.
    """
    estimation = solution.estimation
    return [
        _cut(solution, mask, [seed, 3, j], replicates) for j, mask in enumerate(masks or cuts(estimation))
    ]


def _cut(solution: Solution, below: npt.NDArray[np.bool_], seed: list[int], replicates: int) -> Cut:
    whole = solution.estimation
    part, rest = whole.on(whole.runs.take(below)), whole.on(whole.runs.take(~below))
    best = polish(part, _starts(solution))
    predicted = np.log(rest.predicted(best.theta[None])[0])
    degrees = max(int(below.sum()) - len(whole.free), 1)
    flops = progress(whole)
    return Cut(
        flops=float(flops[below].max()),
        below=int(below.sum()),
        error=predicted - rest.log_observed,
        spread=_spread(part, rest, best, predicted, seed, replicates),
        noise=float(np.sqrt(np.sum(best.log_errors**2) / degrees)),
        decades=np.log10(flops[~below] / flops[below].max()),
    )


def _starts(solution: Solution) -> Array:
    """The ends of the fit's starts, best first, one of each basin at least."""
    order = np.argsort(solution.minima.value, kind="stable")
    return solution.minima.theta[order[:: max(1, len(order) // 8)]]


def _spread(
    part: Estimation, rest: Estimation, best: Solution, predicted: Array, seed: list[int], replicates: int
) -> Array:
    if not replicates:
        return np.zeros_like(predicted)
    theta = resampled(part, best.theta, replicates, int(np.random.default_rng(seed).integers(2**31)))
    with np.errstate(all="ignore"):
        deviation = np.log(rest.predicted(theta)) - predicted
    return np.asarray(np.sqrt(np.nanmean(np.clip(deviation, -1.0, 1.0) ** 2, axis=0)))
