"""Slopes, curvatures and shapes of the losses, against numeric derivatives and each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives.fit.losses import HUBER_DELTA, Asymmetric, Huber, LeastSquares, Loss

LOSSES = [LeastSquares(), Huber(), Huber(0.3), Asymmetric(), Asymmetric(0.3, share=0.7)]
NEWTON, CAUTIOUS = np.zeros(1), np.ones(1)

each_loss = pytest.mark.parametrize("loss", LOSSES, ids=repr)
residuals = st.floats(-1.0, 1.0).filter(
    lambda r: min(abs(abs(r) - kink) for kink in (0.0, 0.3, HUBER_DELTA)) > 1e-6
)


@each_loss
@given(r=residuals)
def test_slope_and_curvature_are_the_derivatives(loss: Loss, r: float) -> None:
    step = 1e-7
    near = np.array([r - step, r + step])
    value, slope = loss.value(near), loss.slope(near)
    at = np.array([r])
    assert loss.slope(at)[0] == pytest.approx((value[1] - value[0]) / (2 * step), rel=1e-5, abs=1e-8)
    curvature = loss.curvature(at, NEWTON)[0]
    assert curvature == pytest.approx((slope[1] - slope[0]) / (2 * step), rel=1e-5, abs=1e-8)


@each_loss
@given(r=residuals)
def test_the_cautious_curvature_is_the_slope_over_the_residual_and_the_boldest_the_least(
    loss: Loss, r: float
) -> None:
    at = np.array([r])
    cautious = loss.curvature(at, CAUTIOUS)[0]
    assert cautious == pytest.approx(loss.slope(at)[0] / r, rel=1e-12)
    between = loss.curvature(at, np.array([0.3]))[0]
    assert -1e-15 <= loss.curvature(at, NEWTON)[0] <= between * (1 + 1e-12) <= cautious * (1 + 2e-12)


@each_loss
@given(r=residuals, to=residuals)
def test_the_cautious_parabola_lies_above_the_loss(loss: Loss, r: float, to: float) -> None:
    """Which makes a step of reweighted least squares safe (where the loss has one weight on both sides)."""
    if isinstance(loss, Asymmetric) and r * to < 0:
        return
    at, other = np.array([r]), np.array([to])
    parabola = loss.value(at) + loss.slope(at) * (other - at)
    parabola = parabola + 0.5 * loss.curvature(at, CAUTIOUS) * (other - at) ** 2
    assert parabola[0] >= loss.value(other)[0] - 1e-15


@each_loss
@given(a=residuals, b=residuals, share=st.floats(0.0, 1.0))
def test_losses_are_convex_and_least_at_zero(loss: Loss, a: float, b: float, share: float) -> None:
    ends, mid = loss.value(np.array([a, b])), loss.value(np.array([share * a + (1 - share) * b]))
    assert mid[0] <= share * ends[0] + (1 - share) * ends[1] + 1e-15
    assert np.all(ends >= 0)
    assert loss.value(np.zeros(1))[0] == 0


@given(st.lists(st.floats(-1e3, 1e3), min_size=1))
def test_even_shares_are_hubers_loss(values: list[float]) -> None:
    r = np.array(values)
    even, plain = Asymmetric(0.1, share=0.5), Huber(0.1)
    np.testing.assert_array_equal(even.value(r), plain.value(r))
    np.testing.assert_array_equal(even.slope(r), plain.slope(r))
    np.testing.assert_array_equal(even.curvature(r, NEWTON), plain.curvature(r, NEWTON))


@given(st.lists(st.floats(-1.0, 1.0), min_size=1))
def test_a_wide_huber_is_least_squares(values: list[float]) -> None:
    r = np.array(values)
    np.testing.assert_allclose(Huber(2.0).value(r), LeastSquares().value(r), rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_a_run_above_the_law_costs_less_than_one_as_far_below(share: float) -> None:
    """Residuals are predicted minus observed: a run above the law, perhaps under-tuned, has r < 0."""
    above, below = Asymmetric(share=share).value(np.array([-0.01, 0.01]))
    assert above / below == pytest.approx(share / (1 - share))


def test_hubers_loss_by_hand() -> None:
    np.testing.assert_allclose(Huber(2.0).value(np.array([-1.0, 2.0, 5.0])), [0.5, 2.0, 8.0])
