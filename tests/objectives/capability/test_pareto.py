"""Fronts of two costs against the definition, on points with many ties."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from objectives.capability.pareto import non_dominated, ranks
from objectives.laws.law import Array

POINTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=40).map(
    lambda rows: np.array(rows, dtype=np.float64).reshape(-1, 2)
)


def dominated(costs: Array) -> npt.NDArray[np.bool_]:
    """Which rows another is at most as dear as in both costs and cheaper than in one, pair by pair."""
    at_most = (costs[:, None, :] <= costs[None, :, :]).all(axis=2)
    cheaper = (costs[:, None, :] < costs[None, :, :]).any(axis=2)
    return np.asarray((at_most & cheaper).any(axis=0), dtype=np.bool_)


@given(POINTS)
def test_the_front_is_what_nothing_dominates(costs: Array) -> None:
    assert non_dominated(costs).tolist() == (~dominated(costs)).tolist()


@given(POINTS)
def test_each_rank_is_the_front_of_what_is_left(costs: Array) -> None:
    rank, left = ranks(costs), np.arange(len(costs))
    for front in range(int(rank.max(initial=-1)) + 1):
        first = ~dominated(costs[left])
        assert (rank[left] == front).tolist() == first.tolist()
        left = left[~first]
    assert left.size == 0
