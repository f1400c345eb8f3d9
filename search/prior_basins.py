"""Where a prior is least: the floors of several of its basins, to begin with and to look around in again.

A prior costs little, so its minima are searched for harder than those of an acquisition: a large sample, and
a descent from each of its best rows that lie apart.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from search.moves import Moves
from search.prior import Prior, gradient

Array = npt.NDArray[np.float64]

SAMPLE, MOST_SAMPLES = 4096, 8
"""Rows drawn at a time, and how often while none is feasible."""
STARTS, APART = 12, 0.15
"""Descents, and how far their starts differ in some column."""
STEPS = 60
"""Iterations of L-BFGS-B in each."""
CUTS = 4
"""Of the way back to the boundary of what is feasible, by 8 each."""
WORST = 1e100
"""What is believed where a prior says nothing."""


@dataclass(frozen=True)
class PriorScore:
    """A prior as a score to be maximised, before there are values."""

    prior: Prior
    smooth: bool = True

    def __call__(self, rows: Array) -> Array:
        """Minus the prior at rows (m, d), shape (m,)."""
        values = self.prior(rows)
        return -np.where(np.isfinite(values), np.clip(values, -WORST, WORST), WORST)

    def with_gradient(self, rows: Array) -> tuple[Array, Array]:
        """Scores (m,) and their gradients by the rows (m, d)."""
        return self(rows), gradient(self, rows)


def basins(prior: Prior, moves: Moves, rng: np.random.Generator) -> Array:
    """Feasible rows at the floors of a prior's basins, best first, shape (k, d); none where none is found.

    Args:
        prior: what the values are believed to be.
        moves: of the space.
        rng: source of randomness.
    """
    score, sample = PriorScore(prior), _sample(moves, rng)
    scores = score(sample)
    starts = _apart(sample[np.argsort(-scores, kind="stable")])
    unit = float(np.subtract(*np.percentile(scores, [75.0, 25.0]))) or 1.0 if len(scores) else 1.0
    ends = np.concatenate([starts, *(_descended(score, moves, start, unit) for start in starts)])
    return np.asarray(ends[np.argsort(-score(ends), kind="stable")][:STARTS])


def _sample(moves: Moves, rng: np.random.Generator) -> Array:
    """Feasible random rows."""
    rows = moves.encoder.random(0, rng)
    for _ in range(MOST_SAMPLES):
        if not len(rows):
            rows = moves.encoder.random(SAMPLE, rng)
            rows = rows[moves.feasible(rows)]
    return rows


def _apart(rows: Array) -> Array:
    """The first rows that differ by `APART` in some column from those before them, at most `STARTS`."""
    kept = rows[:1]
    for row in rows:
        if len(kept) == STARTS:
            break
        if np.all(np.max(np.abs(kept - row), axis=1) > APART):
            kept = np.concatenate([kept, row[None]])
    return kept


def _descended(score: PriorScore, moves: Moves, start: Array, unit: float) -> Array:
    """Where a descent of the float cells ends, back at the boundary if it left; shape (0 or 1, d)."""
    floats = moves.floats
    if not floats.any():
        return start[None, :]

    def loss(cells: Array) -> tuple[float, Array]:
        row = start[None, :].copy()
        row[0, floats] = cells
        value, slope = score.with_gradient(row)
        return -float(value[0]) / unit, -slope[0, floats] / unit

    bounds = [(0.0, 1.0)] * int(floats.sum())
    found = minimize(
        loss, start[floats], jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS}
    )
    end = start[None, :].copy()
    end[0, floats] = found.x
    end = moves.encoder.canonical(end)
    return end if moves.feasible(end)[0] else moves.towards(start[None, :], end, CUTS)
