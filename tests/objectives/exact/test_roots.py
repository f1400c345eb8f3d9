"""The vectorised bracketing root finder."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from objectives.exact.roots import crossing


def test_straight_lines_are_solved_in_five_evaluations() -> None:
    calls = []

    def line(x: np.ndarray) -> np.ndarray:
        calls.append(1)
        return 3.0 - 0.7 * x

    root = crossing(line, np.array([0.0, -1e3]), np.array([50.0, 1e4]))
    assert np.allclose(root, 3 / 0.7, rtol=1e-15)
    assert len(calls) <= 6


def test_an_end_is_the_answer_where_nothing_crosses() -> None:
    left, right = np.array([1.0, -2.0, 0.0]), np.array([2.0, -1.0, 1.0])
    assert crossing(lambda x: -x, left, right).tolist() == [1.0, -1.0, 0.0]


def test_a_bracket_may_run_from_right_to_left() -> None:
    assert crossing(lambda x: x - 1.5, np.array([4.0]), np.array([0.0])).tolist() == [1.5]


def test_infinite_values_at_the_ends_only_cost_bisections() -> None:
    with np.errstate(divide="ignore"):
        root = crossing(lambda x: np.log(1 - x) - np.log(x), np.array([0.0]), np.array([1.0]))
    assert root.tolist() == [0.5]


@given(st.floats(-30, 30), st.floats(0.05, 5), st.floats(0.05, 5))
def test_sums_of_exponentials_are_solved_to_the_last_digits(at: float, fall: float, rise: float) -> None:
    def f(u: np.ndarray) -> np.ndarray:
        falling = np.exp(-fall * (u - at)) + np.exp(-0.1 * fall * (u - at))
        return np.asarray(falling - 2 * np.exp(rise * (u - at)))

    root = crossing(f, np.array([at - 41.0]), np.array([at + 17.0]))
    assert abs(root[0] - at) <= 1e-13 * max(1.0, abs(at))
