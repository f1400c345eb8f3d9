"""The law across positions: its mean in closed form against digamma, sums and differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import digamma

from objectives.temporal.position import PositionLaw, mean_share

SMALL_A1 = [0.0, 1e-300, 1e-12, 1e-8, 1e-5, 1e-3, 0.05, 0.3, 1.0, 7.0, 1e3, 1e8]


def test_the_mean_over_positions_is_the_published_identity() -> None:
    assert PositionLaw(4.0, 0.05, 2.0).mean(1024) == pytest.approx(2.307091377105189, rel=2e-16)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("a1", [0.01, 0.05, 0.7, 3.0])
def test_the_mean_is_a_difference_of_digammas(a1: float, first: float) -> None:
    n, x = 777, first + 1 / a1
    expected = 2.0 + 4.0 / (a1 * n) * (digamma(n + x) - digamma(x))
    assert PositionLaw(4.0, a1, 2.0).mean(n, first) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("n", [1, 2, 17, 1024, 100_000])
@pytest.mark.parametrize("first", [0, 1])
def test_nothing_cancels_for_small_a1_and_many_positions(n: int, first: int) -> None:
    a1 = np.array(SMALL_A1)[:, None]
    i = np.arange(first, n + first, dtype=np.float64)
    share, slope = mean_share(a1[:, 0], n, first)
    assert np.allclose(share, np.mean(1 / (1 + a1 * i), axis=1), rtol=1e-14, atol=0)
    assert np.allclose(slope, np.mean(-i / (1 + a1 * i) ** 2, axis=1), rtol=2e-13, atol=1e-14)


def test_the_mean_of_a_trillion_positions_costs_nothing() -> None:
    share, slope = mean_share(0.05, 1e12)  # log(a1 n)/(a1 n), to leading order
    assert share == pytest.approx((np.log(0.05e12) - digamma(21.0) + np.log(20.0)) / 0.05e12, rel=1e-9)
    assert np.isfinite(slope)
    assert slope < 0


@given(
    st.floats(0.1, 10), st.floats(1e-6, 5), st.floats(0, 5), st.integers(1, 10_000), st.sampled_from([0, 1])
)
def test_gradients_are_those_of_the_formulas(a0: float, a1: float, a2: float, n: int, first: int) -> None:
    law, step = PositionLaw(a0, a1, a2), 1e-6 * a1
    above, below = PositionLaw(a0, a1 + step, a2), PositionLaw(a0, a1 - step, a2)
    assert law.mean_gradient(n, first)[1] == pytest.approx(
        (above.mean(n, first) - below.mean(n, first)) / (2 * step), rel=1e-4, abs=1e-7 * a0 / a1
    )
    assert law.gradient(n)[1] == pytest.approx(
        (above.loss(n) - below.loss(n)) / (2 * step), rel=1e-4, abs=1e-7 * a0 / a1
    )
    assert law.mean_gradient(n, first)[0] == pytest.approx(
        (law.mean(n, first) - a2) / a0, rel=1e-9, abs=1e-12
    )
    assert law.gradient(n)[2] == law.mean_gradient(n)[2] == 1.0


@given(st.floats(0.1, 10), st.floats(1e-3, 0.9), st.floats(0, 5))
def test_where_positions_start_changes_the_coefficients_and_not_the_curve(
    a0: float, a1: float, a2: float
) -> None:
    from_one = PositionLaw(a0, a1, a2)
    from_zero = from_one.counted_from(1, 0)
    i = np.arange(1, 300)
    assert np.allclose(from_zero.loss(i - 1), from_one.loss(i), rtol=1e-12)
    assert from_zero.mean(299, first=0) == pytest.approx(float(from_one.mean(299, first=1)), rel=1e-12)
    back = from_zero.counted_from(0, 1)
    assert back.a1 == pytest.approx(a1, rel=1e-9)


def test_coefficients_broadcast_against_positions() -> None:
    law = PositionLaw.of(np.ones((5, 1, 3)))
    assert law.loss(np.arange(7)).shape == (5, 7)
    assert law.gradient(np.arange(7)).shape == (5, 7, 3)
    assert PositionLaw.of(np.ones((5, 3))).mean_gradient(7).shape == (5, 3)
