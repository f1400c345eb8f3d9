"""Several rows for as many workers, from one surrogate and one pool of candidates.

A Gaussian process believes in what was chosen: after each row its mean stays and its uncertainty around the
row shrinks (kriging believer), one rank-one update of the pool at a time. A forest has no such update; there
each further row is the best one for a single tree drawn at random, which is Thompson sampling with trees.
"""

import numpy as np
import numpy.typing as npt

from search.acquisition import Acquisition, Score, log_expected_improvement, log_success
from search.forest import Forest
from search.gaussian_process import GaussianProcess, correlation
from search.hypervolume_improvement import HypervolumeImprovement

Array = npt.NDArray[np.float64]

CHOICES_EACH, FEWEST = 3, 256
"""Rows of greatest acquisition that compete for each place, and least of them in all."""


def choose(acquisition: Score, rows: Array, count: int, rng: np.random.Generator) -> Array:
    """At most `count` different rows, shape (k, d), of candidates (m, d) that differ."""
    order = np.argsort(-acquisition(rows), kind="stable")[: max(CHOICES_EACH * count, FEWEST)]
    rows, count = rows[order], min(count, len(order))
    if isinstance(acquisition, HypervolumeImprovement):
        return rows[each_believed(acquisition, rows, count)]
    assert isinstance(acquisition, Acquisition)
    if isinstance(acquisition.surrogate, Forest):
        return rows[by_single_trees(acquisition.surrogate, rows, count, rng)]
    assert isinstance(acquisition.surrogate, GaussianProcess)
    return rows[one_after_another(acquisition, acquisition.surrogate, rows, count)]


def each_believed(acquisition: HypervolumeImprovement, rows: Array, count: int) -> list[int]:
    """Positions of the rows of greatest gain, each once those before it are believed in; best rows first."""
    chosen = [0]
    left = np.ones(len(rows), dtype=np.bool_)
    while len(chosen) < count:
        left[chosen[-1]] = False
        acquisition = acquisition.believing(rows[chosen[-1:]])
        chosen.append(int(np.argmax(np.where(left, acquisition(rows), -np.inf))))
    return chosen


def by_single_trees(forest: Forest, rows: Array, count: int, rng: np.random.Generator) -> list[int]:
    """Positions of the rows that trees drawn at random like best; rows stand in order of acquisition."""
    votes = forest.votes(rows)
    chosen: list[int] = []
    for tree in rng.integers(len(votes), size=count).tolist():
        position = int(np.argmin(votes[tree]))  # the first, so the acquisition decides within a leaf
        votes[:, position] = np.inf
        chosen.append(position)
    return chosen


def one_after_another(
    acquisition: Acquisition, process: GaussianProcess, rows: Array, count: int
) -> list[int]:
    """Positions of rows, each of the greatest acquisition once the process believes in those before it."""
    believer = Believer(process, rows, count)
    best, success = acquisition.best, log_success(acquisition.success, rows)
    left = np.ones(len(rows), dtype=np.bool_)
    chosen: list[int] = []
    for _ in range(count):
        scores = log_expected_improvement(believer.mean, believer.std, best) + success
        position = int(np.argmax(np.where(left, scores, -np.inf)))
        left[position] = False
        best = min(best, float(believer.mean[position]))
        believer.believe(position)
        chosen.append(position)
    return chosen


class Believer:
    """A pool of rows under a process that observes its own mean at some of them.

    Args:
        process: before any of it.
        rows: the pool, shape (m, d).
        most: how many of them it may come to believe in.
    """

    def __init__(self, process: GaussianProcess, rows: Array, most: int) -> None:
        self._process, self._rows = process, rows
        self.mean, half = process.whitened(rows)
        self._used = len(half)
        self._half = np.concatenate([half, np.empty((most, len(rows)))])
        self._explained = np.einsum("nm,nm->m", half, half)

    @property
    def std(self) -> Array:
        """Standard deviations of the pool, shape (m,)."""
        return self._process.std(self._explained)

    def believe(self, position: int) -> None:
        """Observe the mean at one row: a further row of the Cholesky factor, seen from the pool."""
        known = self._half[: self._used]
        prior = correlation(self._process.distances(self._rows[[position]], self._rows)[0])
        left = self._process.unexplained(self._explained[position]) + self._process.noise
        step = (prior - known[:, position] @ known) / np.sqrt(left)
        self._half[self._used] = step
        self._used += 1
        self._explained += step**2
