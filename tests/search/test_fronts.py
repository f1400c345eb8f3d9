"""Fronts and hypervolumes, against definitions written out and volumes counted."""

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.pareto import hypervolume, non_dominated, ranks, reference_point

Array = npt.NDArray[np.float64]


@st.composite
def grids(draw: st.DrawFn, most: int = 5) -> Array:
    """Few points of few coordinates, so that equal ones and ties are common."""
    k = draw(st.integers(1, most))
    rows = draw(st.lists(st.tuples(*[st.integers(0, 4)] * k), max_size=9))
    return np.array(rows, dtype=np.float64).reshape(len(rows), k)


def dominates(a: Array, b: Array) -> bool:
    return bool((a <= b).all() and (a < b).any())


@given(grids())
@settings(max_examples=60)
def test_a_point_is_on_the_front_where_no_other_dominates_it(points: Array) -> None:
    expected = [not any(dominates(other, point) for other in points) for point in points]
    assert non_dominated(points).tolist() == expected


@given(grids())
@settings(max_examples=30)
def test_a_rank_is_the_longest_chain_of_points_each_dominating_the_next(points: Array) -> None:
    found = ranks(points)
    for place, point in enumerate(points):
        above = [found[other] for other in range(len(points)) if dominates(points[other], point)]
        assert found[place] == 1 + max(above, default=-1)


@given(grids())
@settings(max_examples=60)
def test_the_volume_is_the_count_of_unit_cells_that_some_point_dominates(points: Array) -> None:
    k = points.shape[1]
    cells = itertools.product(range(5), repeat=k)
    counted = sum(any((point <= cell).all() for point in points) for cell in cells)
    assert hypervolume(points, np.full(k, 5.0)) == counted


def test_the_volume_under_a_curve_is_its_integral() -> None:
    x = np.linspace(0.0, 1.0, 20_001)
    front = np.column_stack([x, 1.0 - np.sqrt(x)])  # that of ZDT1: 1 - 1/3 below (1, 1)
    assert hypervolume(front, np.array([1.0, 1.0])) == pytest.approx(2.0 / 3.0, abs=1e-4)


def test_points_beyond_the_reference_count_for_nothing() -> None:
    reference = np.array([1.0, 1.0, 1.0])
    assert hypervolume(np.array([[0.0, 0.0, 1.0], [2.0, -9.0, 0.5]]), reference) == 0.0
    assert hypervolume(np.empty((0, 3)), reference) == 0.0


def test_the_reference_lies_a_tenth_beyond_the_front_unless_it_is_given() -> None:
    points = np.array([[0.0, 4.0], [2.0, 0.0], [9.0, 9.0]])
    assert reference_point(points).tolist() == [2.2, 4.4]
    assert reference_point(points, [None, 5.0]).tolist() == [2.2, 5.0]
    assert reference_point(points[[0, 0]]).tolist() == [0.1, 4.1]
    assert reference_point(np.array([[0.0, 0.0], [9.0, 9.0]])).tolist() == [0.9, 0.9]
