"""Forest: what a surrogate of trees must do."""

import numpy as np
import numpy.typing as npt

from search.forest import Forest

Array = npt.NDArray[np.float64]


def everything(rows: Array) -> npt.NDArray[np.bool_]:
    return np.ones(rows.shape, dtype=np.bool_)


def grown(seed: int = 0) -> Forest:
    x = np.random.default_rng(0).random((80, 2))
    return Forest(x, np.sin(5 * x[:, 0]) + x[:, 1], seed, everything)


def test_it_reproduces_its_data() -> None:
    forest = grown()
    np.testing.assert_allclose(forest.predict(forest.x)[0], forest.y, atol=1e-9)


def test_it_predicts_better_than_the_mean_and_doubts_more_between_the_data() -> None:
    forest = grown()
    rows = np.random.default_rng(1).random((200, 2))
    mean, std = forest.predict(rows)
    truth = np.sin(5 * rows[:, 0]) + rows[:, 1]
    assert np.mean((mean - truth) ** 2) < 0.1 * np.var(truth)
    assert np.median(std) > 10 * forest.predict(forest.x)[1].max()


def test_the_same_seed_grows_the_same_trees_and_another_seed_others() -> None:
    rows = np.random.default_rng(1).random((20, 2))
    np.testing.assert_array_equal(grown(3).predict(rows), grown(3).predict(rows))
    assert not np.array_equal(grown(3).predict(rows), grown(4).predict(rows))


def test_what_inactive_cells_hold_does_not_matter() -> None:
    def first_decides(rows: Array) -> npt.NDArray[np.bool_]:
        return np.column_stack([np.full(len(rows), True), rows[:, 0] > 0.5])

    x = np.random.default_rng(0).random((60, 2))
    forest = Forest(x, np.where(x[:, 0] > 0.5, x[:, 1], 2.0), 0, first_decides)
    rows = np.array([[0.2, 0.1], [0.2, 0.9], [0.8, 0.1], [0.8, 0.9]])
    low, also_low, high, other = forest.predict(rows)[0]
    assert low == also_low
    assert abs(high - other) > 0.5


def test_believing_takes_the_doubt() -> None:
    forest = grown()
    rows = np.random.default_rng(2).random((3, 2))
    believer = forest.believing(rows)
    np.testing.assert_allclose(believer.predict(rows)[0], forest.predict(rows)[0], atol=1e-6)
    assert np.all(believer.predict(rows)[1] < 1e-5)
    assert forest.believing(rows[:0]) is forest
