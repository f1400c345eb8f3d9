"""Moves: always feasible and canonical, of the size asked for, and up to the boundary."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer

from search.moves import Moves
from spaces.encoding import Encoder

Array = npt.NDArray[np.float64]
Feasible = Callable[[Array], npt.NDArray[np.bool_]]


def below_the_diagonal(rows: Array) -> npt.NDArray[np.bool_]:
    return np.asarray(rows[:, 0] + rows[:, 1] <= 1.2)


@pytest.fixture
def square() -> Moves:
    return Moves(
        Encoder(ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0))])),
        below_the_diagonal,
    )


def test_cutting_segments_ends_just_inside_the_boundary(square: Moves) -> None:
    rng = np.random.default_rng(0)
    inside, outside = 0.5 * rng.random((50, 2)), 0.8 + 0.2 * rng.random((50, 2))
    found = square.towards(inside, outside, 13)
    assert len(found) > 10
    assert np.all(below_the_diagonal(found))
    np.testing.assert_allclose(found.sum(axis=1), 1.2, rtol=1e-9)


@pytest.mark.parametrize("scale", [0.1, 1e-3, 1e-5])
def test_steps_keep_to_the_scale_and_follow_the_boundary(square: Moves, scale: float) -> None:
    rng = np.random.default_rng(0)
    parents = np.tile(square.encoder.canonical(np.array([[0.6, 0.6]])) - [[0.0, 1e-12]], (200, 1))
    children = square.around(parents, scale, rng, 4)
    assert np.all(below_the_diagonal(children))
    np.testing.assert_array_equal(children, square.encoder.canonical(children))
    assert np.abs(children - 0.6).max() < 6 * scale
    on_it = np.abs(children.sum(axis=1) - 1.2) < 1e-2 * scale
    assert on_it.sum() > 20
    assert np.ptp(children[on_it, 0]) > scale


def test_steps_reach_the_bounds_of_the_cube(square: Moves) -> None:
    children = square.around(np.zeros((100, 2)), 0.01, np.random.default_rng(0), 4)
    assert np.any(children[:, 0] == 0.0)
    assert children.min() == 0.0


def test_discrete_cells_move_by_bins_and_stay_canonical() -> None:
    encoder = Encoder(
        ConfigurationSpace(space=[Integer("depth", (1, 10)), Categorical("kind", ["a", "b", "c"])])
    )
    moves = Moves(encoder, lambda rows: np.ones(len(rows), dtype=np.bool_))
    (parent,) = encoder.encode_many([{"depth": 5, "kind": "a"}])
    children = moves.around(np.tile(parent, (300, 1)), 1e-6, np.random.default_rng(0), 4)
    configs = list(encoder.decode_many(children))
    assert {config["depth"] for config in configs} == {4, 5, 6}
    assert {config["kind"] for config in configs} == {"a", "b", "c"}
    np.testing.assert_array_equal(children, encoder.canonical(children))
    assert not moves.floats.any()
