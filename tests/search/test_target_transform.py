"""Target transform: against SciPy, and what it promises of any values."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from search.target_transform import TargetTransform, log_likelihood, yeo_johnson

SAMPLE = np.random.default_rng(0).gamma(1.5, size=60) - 1.0


@pytest.mark.parametrize("power", [-2.0, -0.5, 0.0, 1e-12, 0.7, 1.0, 2.0, 2.5])
def test_yeo_johnson_is_that_of_scipy(power: float) -> None:
    np.testing.assert_allclose(yeo_johnson(SAMPLE, power), stats.yeojohnson(SAMPLE, power), rtol=1e-9)


@pytest.mark.parametrize("power", [-1.0, 0.3, 1.8])
def test_likelihood_is_that_of_scipy(power: float) -> None:
    assert log_likelihood(SAMPLE, power) == pytest.approx(stats.yeojohnson_llf(power, SAMPLE), rel=1e-9)


def test_the_power_fitted_is_the_most_likely() -> None:
    transform = TargetTransform.fit(SAMPLE)
    y = (SAMPLE - transform.center) / transform.spread
    assert transform.power == pytest.approx(stats.yeojohnson_normmax(y), abs=5e-3)


def test_targets_are_standardised_even_beside_an_outlier() -> None:
    values = np.append(np.linspace(2.0, 3.0, 20), 1e12)
    z = TargetTransform.fit(values)(values)
    assert z.mean() == pytest.approx(0.0, abs=1e-12)
    assert z.std() == pytest.approx(1.0)
    assert z[19] - z[0] > 1.0


def test_equal_values_stay_finite_and_equal() -> None:
    z = TargetTransform.fit(np.full(5, 7.0))(np.full(5, 7.0))
    assert np.all(z == 0.0)


def test_differences_of_1e_10_survive() -> None:
    values = np.append(np.random.default_rng(1).random(20) + 2.0, [2.0, 2.0 - 1e-10])
    z = TargetTransform.fit(values)(values)
    assert z[-1] < z[-2]


@settings(max_examples=50)
@given(st.lists(st.floats(-1e12, 1e12), min_size=2, max_size=30))
@example([0.0, 0.0, 0.0, 1.0, 2.2250738585e-313])
@example([0.0, 0.0, 1.0, 3.330029165446491e-257, -1.0])
@example([0.0, 0.0, 1.0, 3.6e-70, -1.0])
@example([0.0, 0.0, 1.0, 1.1e-30, -1.0])
def test_order_is_kept_and_nothing_becomes_infinite(values: list[float]) -> None:
    ordered = np.sort(np.array(values))
    z = TargetTransform.fit(ordered)(ordered)
    assert np.all(np.isfinite(z))
    assert np.all(np.diff(z) >= 0.0)
