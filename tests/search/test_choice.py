"""Several rows at once: believing them one by one is believing them all; trees disagree, so draws differ."""

import numpy as np
import numpy.typing as npt
import pytest

from search.acquisition import Acquisition
from search.choice import Believer, by_single_trees, choose, one_after_another
from search.forest import Forest
from search.gaussian_process import GaussianProcess, Hyperparameters

Array = npt.NDArray[np.float64]
CATEGORICAL = np.array([False, False, True])


def data(n: int, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    x = rng.random((n, 3))
    x[:, 2] = rng.integers(2, size=n)
    return x, np.sin(5 * x[:, 0]) + (x[:, 1] - 0.4) ** 2 + 0.3 * x[:, 2]


def process(n: int = 30) -> GaussianProcess:
    x, y = data(n)
    return GaussianProcess(x, (y - y.mean()) / y.std(), Hyperparameters(np.full(3, 0.5), 1e-6), CATEGORICAL)


def acquisition(surrogate: GaussianProcess | Forest) -> Acquisition:
    return Acquisition(surrogate, float(surrogate.fitted.min()))


def test_believing_a_row_at_a_time_is_believing_them_all() -> None:
    pool, _ = data(50, seed=1)
    known = process()
    believer = Believer(known, pool, 6)
    for position in (3, 17, 4, 30, 31, 2):
        believer.believe(position)
    mean, std = known.believing(pool[[3, 17, 4, 30, 31, 2]]).predict(pool)
    assert believer.mean == pytest.approx(mean, abs=1e-6)
    assert believer.std**2 == pytest.approx(std**2, abs=1e-6)


def test_each_row_is_the_best_once_those_before_it_are_believed() -> None:
    pool, _ = data(60, seed=2)
    known = process()
    chosen = one_after_another(acquisition(known), known, pool, 5)
    for place, position in enumerate(chosen):
        surrogate = known.believing(pool[chosen[:place]])
        scores = acquisition(surrogate)(pool)
        scores[chosen[:place]] = -np.inf
        assert scores[position] == pytest.approx(scores.max(), abs=1e-3)


def test_a_crowd_spreads_out_where_the_best_alone_would_cluster() -> None:
    pool, _ = data(2000, seed=3)
    known = process()
    scores = acquisition(known)
    together = choose(scores, pool, 16, np.random.default_rng(0))
    alone = pool[np.argsort(-scores(pool))[:16]]

    def nearest(rows: Array) -> float:
        distances = np.linalg.norm(rows[:, None] - rows[None], axis=2) + np.eye(len(rows))
        return float(np.median(distances.min(axis=1)))

    assert len(np.unique(together, axis=0)) == 16
    assert nearest(together) > 2 * nearest(alone)


def test_trees_drawn_at_random_choose_different_rows_without_repeats() -> None:
    x, y = data(40)
    pool, _ = data(300, seed=4)
    forest = Forest(x, y, 0, lambda rows: np.ones(rows.shape, dtype=np.bool_))
    chosen = by_single_trees(forest, pool, 20, np.random.default_rng(0))
    assert len(set(chosen)) == 20
    votes = forest.votes(pool)
    assert any(votes[tree, chosen[0]] == votes[tree].min() for tree in range(len(votes)))


@pytest.mark.parametrize("kind", ["process", "forest"])
def test_no_more_rows_come_back_than_there_are(kind: str) -> None:
    x, y = data(20)
    pool, _ = data(7, seed=5)
    forest = Forest(x, y, 0, lambda rows: np.ones(rows.shape, dtype=np.bool_))
    rows = choose(acquisition(process() if kind == "process" else forest), pool, 30, np.random.default_rng(0))
    assert sorted(map(tuple, rows.tolist())) == sorted(map(tuple, pool.tolist()))
