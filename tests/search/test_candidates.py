"""Candidates: feasible, new and distinct, or an honest refusal."""

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer
from hypothesis import given, settings
from hypothesis import strategies as st

from search.candidates import EFFORT, Candidates, Mask, Rows
from search.history import History
from search.trial import Asked
from spaces.encoding import Encoder
from spaces.errors import Infeasible


def everything(rows: Rows) -> Mask:
    return np.ones(len(rows), dtype=np.bool_)


def plane() -> Encoder:
    return Encoder(ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0))]))


def test_a_thin_feasible_region_is_found() -> None:
    def inside(rows: Rows) -> Mask:
        thin: Mask = np.abs(rows[:, 0] - rows[:, 1]) < 1e-4
        return thin

    rows = Candidates(plane(), inside, History()).random(5, np.random.default_rng(0))
    assert 1 <= len(rows) <= 5
    assert inside(rows).all()


def test_an_empty_feasible_region_is_refused_after_the_stated_effort() -> None:
    drawn = 0

    def nothing(rows: Rows) -> Mask:
        nonlocal drawn
        drawn += len(rows)
        return ~everything(rows)

    candidates = Candidates(plane(), nothing, History())
    with pytest.raises(Infeasible, match=f"no configuration satisfies the constraints among {EFFORT} drawn"):
        candidates.random(1, np.random.default_rng(0))
    assert drawn == EFFORT


def test_fresh_rows_are_feasible_new_and_distinct_in_their_order() -> None:
    history = History([Asked(0, {"x": 0.5, "y": 0.5})])
    candidates = Candidates(plane(), lambda rows: rows[:, 0] >= 0.25, history)
    offered = np.array([[0.75, 0.5], [0.5, 0.5], [0.125, 0.5], [0.25, 0.5], [0.75, 0.5 + 1e-15]])
    assert candidates.fresh(offered).tolist() == [[0.75, 0.5], [0.25, 0.5]]


def test_rows_of_trials_are_their_canonical_encoding() -> None:
    encoder = plane()
    history = History([Asked(number, {"x": number / 3, "y": 0.1}) for number in range(3)])
    candidates = Candidates(encoder, everything, history)
    assert candidates.rows([]).shape == (0, 2)
    rows = candidates.rows(history.trials[::-1])
    expected = encoder.canonical(encoder.encode_many([trial.config for trial in history.trials[::-1]]))
    assert np.array_equal(rows, expected)


def test_what_is_left_of_a_listed_space_comes_back_whole() -> None:
    encoder = Encoder(ConfigurationSpace(space=[Integer("k", (0, 9)), Categorical("c", ["a", "b"])]))
    history = History([Asked(number, {"k": number, "c": "a"}) for number in range(10)])
    rows = Candidates(encoder, everything, history).random(100, np.random.default_rng(0))
    assert [encoder.decode(row) for row in rows] == [{"k": number, "c": "b"} for number in range(10)]


@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    count=st.integers(1, 40),
    step=st.integers(1, 4),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=50)
def test_a_discrete_space_yields_each_feasible_configuration_once(
    sizes: list[int], count: int, step: int, seed: int
) -> None:
    space = ConfigurationSpace(space=[Integer(f"p{j}", (0, size)) for j, size in enumerate(sizes)])
    encoder, history = Encoder(space), History()

    def feasible(rows: Rows) -> Mask:
        configs = encoder.decode_many(rows)
        total = sum(configs[name] for name in encoder.names)
        even: Mask = np.asarray(total) % step == 0
        return even

    candidates = Candidates(encoder, feasible, history)
    rng = np.random.default_rng(seed)
    expected = int(feasible(encoder.every()).sum())
    for _ in range(expected):
        rows = candidates.random(count, rng)
        assert 1 <= len(rows) <= count
        assert feasible(rows).all()
        assert len({row.tobytes() for row in rows}) == len(rows)
        history.append(Asked(history.next_number, encoder.decode(rows[0])))
    with pytest.raises(Infeasible, match=f"every feasible configuration \\({expected}\\)"):
        candidates.random(count, rng)
