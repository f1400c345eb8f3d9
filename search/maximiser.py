"""The feasible new configurations of greatest acquisition.

Four steps, each starting from the best of the one before: random candidates over the whole space together
with steps of many sizes around the best trials; gradients, cut off where they leave the feasible region; and
rounds of ever smaller random steps, which follow the boundary of the constraint where the optimum lies on it.
"""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from search.acquisition import Score
from search.candidates import Candidates
from search.choice import CHOICES_EACH, choose
from search.moves import Moves

Array = npt.NDArray[np.float64]

GLOBAL = 512
"""Random candidates."""
INCUMBENTS, STEPS_EACH = 3, 60
"""Best trials, and steps around each, of sizes between the two below (log-uniform)."""
SMALLEST_STEP, LARGEST_STEP = 1e-4, 0.3
CLIMBERS, CLIMB = 5, 15
"""Rows that follow the gradient, and for how many iterations."""
ROUNDS, PARENTS, CHILDREN = 10, 4, 24
"""Of the final descent: rounds, survivors of each, children of each survivor."""
FIRST_STEP, SHRINK = 0.1, 0.4
"""Step of the first round, and its ratio from round to round: the last is below 1e-4 of the unit cube."""
CUTS = 4
"""Of a segment that crosses the boundary, by 8 each: the error is 2^-12 of a step and shrinks with it."""


class Maximiser:
    """Finds where an acquisition is greatest.

    Args:
        candidates: feasible new rows of the search.
        moves: of its space.
    """

    def __init__(self, candidates: Candidates, moves: Moves) -> None:
        self._candidates = candidates
        self._moves = moves

    def maximise(
        self,
        acquisition: Score,
        incumbents: Array,
        count: int,
        rng: np.random.Generator,
        hints: Array | None = None,
    ) -> Array:
        """Feasible new canonical rows, shape (k, d) with 1 <= k <= count.

        The first has the greatest acquisition. The others are chosen among all rows met on the way to it, so
        that together they promise much; there are fewer where the space has no more.

        Args:
            acquisition: what the first row maximises.
            incumbents: rows of the best trials, best first.
            count: how many rows are wanted.
            rng: source of randomness.
            hints: further feasible rows to begin from, shape (h, d).

        Raises:
            Infeasible: see `Candidates.draw`.
        """
        pool = self._candidates.random(GLOBAL + CHOICES_EACH * (count - 1), rng)
        parents = np.repeat(incumbents[:INCUMBENTS], STEPS_EACH, axis=0)
        sizes = np.exp(rng.uniform(np.log(SMALLEST_STEP), np.log(LARGEST_STEP), len(parents)))
        near = self._moves.around(parents, sizes, rng, CUTS)
        drawn = np.concatenate([pool, near] if hints is None else [pool, near, hints])
        rows, scores = _best(acquisition, drawn, CLIMBERS)
        if acquisition.smooth and self._moves.floats.any():
            rows = np.concatenate([rows, self._climbed(acquisition, rows)])
            scores = acquisition(rows)
        rows = self._descended(acquisition, rows, scores, rng)
        new = self._candidates.fresh(rows[:CHILDREN])
        if not len(new):
            new, _ = _best(acquisition, pool, 1)
        if count == 1:
            return new[:1]
        met = self._candidates.unasked(np.concatenate([new[:1], rows, drawn]))
        return choose(acquisition, met, count, rng)

    def _climbed(self, acquisition: Score, starts: Array) -> Array:
        """Where L-BFGS-B takes the float cells of all rows at once, back at the boundary if it left."""
        floats = self._moves.floats

        def loss(cells: Array) -> tuple[float, Array]:
            rows = starts.copy()
            rows[:, floats] = cells.reshape(len(rows), -1)
            score, gradient = acquisition.with_gradient(rows)
            return -float(score.sum()), -gradient[:, floats].ravel()

        first = starts[:, floats].ravel()
        bounds = [(0.0, 1.0)] * len(first)
        last = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": CLIMB}).x
        ends = starts.copy()
        ends[:, floats] = last.reshape(len(starts), -1)
        ends = self._moves.encoder.canonical(ends)
        ok = self._moves.feasible(ends)
        return np.concatenate([ends[ok], self._moves.towards(starts[~ok], ends[~ok], CUTS)])

    def _descended(self, acquisition: Score, rows: Array, scores: Array, rng: np.random.Generator) -> Array:
        """All rows met in rounds of ever smaller steps around the best, best first."""
        step = FIRST_STEP
        for _ in range(ROUNDS):
            order = np.argsort(-scores, kind="stable")[:PARENTS]
            parents = np.repeat(rows[order], CHILDREN, axis=0)
            children = self._moves.around(parents, step, rng, CUTS)
            rows = np.concatenate([rows, children])
            scores = np.concatenate([scores, acquisition(children)])
            step *= SHRINK
        ordered: Array = rows[np.argsort(-scores, kind="stable")]
        return ordered


def _best(acquisition: Score, rows: Array, count: int) -> tuple[Array, Array]:
    """The `count` rows of greatest score, best first, and their scores."""
    scores = acquisition(rows)
    order = np.argsort(-scores, kind="stable")[:count]
    return rows[order], scores[order]
