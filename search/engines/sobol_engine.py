"""Sobol search: a scrambled low-discrepancy sequence over the encoded space.

Source: I. M. Sobol, USSR Comput. Math. Math. Phys. 7 (1967) 86; scrambling by A. B. Owen, J. Complexity 14
(1998) 466, as implemented in scipy.stats.qmc.
"""

from collections.abc import Callable, Sequence

import numpy as np
from ConfigSpace import ConfigurationSpace

from search.candidates import Rows
from search.engine import MOST_OBJECTIVES, Constraint, Engine
from spaces.configs import Config


class SobolEngine(Engine):
    """Feasible points of a scrambled Sobol sequence, in order; the seed sets the scrambling.

    The sequence covers the unit cube of the encoder evenly: the priors of normal and weighted parameters are
    not followed, and a conditional space is covered as if every parameter were active.
    """

    name = "sobol"

    most_objectives = MOST_OBJECTIVES

    def __init__(
        self,
        space: ConfigurationSpace,
        *,
        seed: int = 0,
        constraint: Constraint | None = None,
        objectives: int = 1,
        reference: Sequence[float | None] | None = None,
    ) -> None:
        super().__init__(space, seed=seed, constraint=constraint, objectives=objectives, reference=reference)
        self._queue: Rows = np.empty((0, len(self.encoder.columns)))

    def _propose(self, number: int, rng: np.random.Generator) -> Config:
        """The first feasible point of the sequence that no trial has: a function of seed and history alone.

        The queue only saves drawing the sequence again; every point before its head is infeasible or asked.
        """
        del number, rng
        while len(self._queue) and not len(self.candidates.unasked(self._queue[:1])):
            self._queue = self._queue[1:]
        if not len(self._queue):
            self._queue = self.candidates.draw(self._sequence(), 1)
        return self.encoder.decode(self._queue[0])

    def _sequence(self) -> Callable[[int], Rows]:
        """A function that yields the next n points at every call, from the first on."""
        from scipy.stats import qmc  # half a second to import

        points: Callable[[int], Rows] = qmc.Sobol(
            len(self.encoder.columns), scramble=True, seed=np.random.default_rng(self.seed)
        ).random
        return points
