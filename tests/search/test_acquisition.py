"""Log expected improvement: against quadrature, asymptotics and differences."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from search.acquisition import (
    Acquisition,
    log_expected_improvement,
    log_expected_improvement_slopes,
    log_h,
)
from search.gaussian_process import GaussianProcess, Hyperparameters


@pytest.mark.parametrize("z", [-38.0, -20.0, -5.0, -1.0001, -1.0, -0.9999, -0.1, 0.0, 0.5, 3.0, 8.0])
def test_log_h_is_the_logarithm_of_the_integral(z: float) -> None:
    # h(z) = integral_0^inf u phi(u - z) du; phi(z) is taken out so that nothing underflows
    scaled, _ = quad(lambda u: u * np.exp(u * z - 0.5 * u * u), 0.0, np.inf, epsabs=0.0, epsrel=1e-12)
    assert log_h(np.array([z]))[0] == pytest.approx(norm.logpdf(z) + np.log(scaled), rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("z", [-49.9, -50.1, -1e3, -1e8, -1e100])
def test_the_far_tail_follows_its_asymptotic_series(z: float) -> None:
    u = 1.0 / z**2
    series = np.log(u) + np.log1p(-3.0 * u + 15.0 * u**2 - 105.0 * u**3)
    assert log_h(np.array([z]))[0] == pytest.approx(
        -0.5 * z * z - 0.5 * np.log(2 * np.pi) + series, rel=1e-12
    )


def test_log_h_rises_without_a_jump_where_formulas_meet() -> None:
    for seam in (-1.0, -50.0):
        z = seam + np.linspace(-1e-6, 1e-6, 101)
        steps = np.diff(log_h(z))
        assert np.all(steps > 0)
        np.testing.assert_allclose(steps, steps.mean(), rtol=1e-2)


@pytest.mark.parametrize("z", [-1e4, -60.0, -10.0, -0.5, 2.0, 30.0])
def test_slopes_are_derivatives(z: float) -> None:
    mean, std, best = np.array([1.0]), np.array([0.5]), 1.0 + 0.5 * z
    by_mean, by_std = log_expected_improvement_slopes(mean, std, best)
    h = 1e-6

    def central(dm: float, ds: float) -> float:
        above = log_expected_improvement(mean + dm, std + ds, best)
        return float((above - log_expected_improvement(mean - dm, std - ds, best))[0] / (2 * h))

    assert by_mean[0] == pytest.approx(central(h, 0.0), rel=1e-4)
    assert by_std[0] == pytest.approx(central(0.0, h), rel=1e-4, abs=1e-9)


def test_gradient_of_the_acquisition_is_its_slope_with_and_without_failures() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((15, 2)), rng.standard_normal(15)
    labels = np.where(x[:, 0] > 0.6, -1.0, 1.0)
    everywhere = np.zeros(2, dtype=np.bool_)
    surrogate = GaussianProcess(x, y, Hyperparameters(np.array([0.4, 0.8]), 1e-4), everywhere)
    success = GaussianProcess(x, labels, Hyperparameters(np.full(2, 0.5), 1e-2), everywhere, (1.0, 1.0))
    rows = rng.random((5, 2))
    for acquisition in (Acquisition(surrogate, -1.0), Acquisition(surrogate, -1.0, success)):
        score, gradient = acquisition.with_gradient(rows)
        np.testing.assert_allclose(score, acquisition(rows), rtol=1e-7)
        for j in range(2):
            step = 1e-6 * np.eye(2)[j]
            central = (acquisition(rows + step) - acquisition(rows - step)) / 2e-6
            np.testing.assert_allclose(gradient[:, j], central, rtol=1e-4, atol=1e-5)


def test_where_trials_failed_the_acquisition_is_lower() -> None:
    x = np.array([[0.1], [0.9]])
    one = np.zeros(1, dtype=np.bool_)
    surrogate = GaussianProcess(np.array([[0.5]]), np.zeros(1), Hyperparameters(np.ones(1), 1e-6), one)
    success = GaussianProcess(x, np.array([1.0, -1.0]), Hyperparameters(np.ones(1), 1e-2), one, (1.0, 1.0))
    succeeds, fails = Acquisition(surrogate, 0.0, success)(x) - Acquisition(surrogate, 0.0)(x)
    assert fails < -10.0 < -0.1 < succeeds
