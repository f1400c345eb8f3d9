"""Gaussian process: against linear algebra written out, scikit-learn, and differences."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import multivariate_normal

from search.gaussian_process import (
    VARIANCE_WEIGHT,
    GaussianProcess,
    Hyperparameters,
    correlation,
    correlation_slope,
    factor,
    most_probable_scale,
)
from search.gaussian_process_fit import NOISE_BOUNDS, NegativeLogPosterior, fit, prior_median

Array = npt.NDArray[np.float64]

NO_CATEGORIES = np.zeros(3, dtype=np.bool_)
LENGTHS = np.array([0.3, 0.7, 2.0])


def data(n: int = 25, seed: int = 0) -> tuple[Array, Array]:
    """Rows (n, 3) and standardised smooth targets (n,)."""
    x = np.random.default_rng(seed).random((n, 3))
    y = np.sin(4.0 * x[:, 0]) + x[:, 1] ** 2 - x[:, 2]
    return x, (y - y.mean()) / y.std()


def matern(a: Array, b: Array, lengths: Array) -> Array:
    """Matern 5/2 as its textbook formula, one pair at a time."""
    k = np.empty((len(a), len(b)))
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            r = np.sqrt(np.sum(((p - q) / lengths) ** 2))
            k[i, j] = (1 + np.sqrt(5) * r + 5 * r**2 / 3) * np.exp(-np.sqrt(5) * r)
    return k


def test_posterior_is_that_of_the_inverse_covariance_matrix() -> None:
    x, y = data()
    rows = np.random.default_rng(1).random((7, 3))
    process = GaussianProcess(x, y, Hyperparameters(LENGTHS, 1e-3), NO_CATEGORIES, scale=(0.2, 1.7))
    k = 1.7 * (matern(x, x, LENGTHS) + 1e-3 * np.eye(len(x)))
    cross = 1.7 * matern(rows, x, LENGTHS)
    mean, std = process.predict(rows)
    np.testing.assert_allclose(mean, 0.2 + cross @ np.linalg.inv(k) @ (y - 0.2), rtol=1e-9)
    np.testing.assert_allclose(
        std**2, 1.7 - np.einsum("ij,jk,ik->i", cross, np.linalg.inv(k), cross), rtol=1e-7
    )


def test_posterior_is_that_of_scikit_learn() -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern

    x, y = data()
    rows = np.random.default_rng(1).random((50, 3))
    kernel = ConstantKernel(1.7) * Matern(length_scale=LENGTHS, nu=2.5)
    theirs = GaussianProcessRegressor(kernel, alpha=1.7e-3, optimizer=None).fit(x, y)
    ours = GaussianProcess(x, y, Hyperparameters(LENGTHS, 1e-3), NO_CATEGORIES, scale=(0.0, 1.7))
    mean, std = theirs.predict(rows, return_std=True)
    np.testing.assert_allclose(ours.predict(rows)[0], mean, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.predict(rows)[1], std, rtol=1e-7)


def test_mean_and_variance_maximise_the_density_of_the_targets() -> None:
    x, y = data()
    k = matern(x, x, LENGTHS) + 1e-3 * np.eye(len(x))
    mean, variance = most_probable_scale(factor(matern(x, x, LENGTHS), 1e-3)[0], y)

    def log_density(m: float, v: float) -> float:
        prior = -0.5 * VARIANCE_WEIGHT * (np.log(v) + 1.0 / v)
        return float(multivariate_normal(np.full(len(y), m), v * k).logpdf(y) + prior)

    best = log_density(mean, variance)
    for factor_ in (0.99, 1.01):
        assert log_density(mean + factor_ - 1.0, variance) < best
        assert log_density(mean, variance * factor_) < best


def test_posterior_density_is_that_of_the_targets_times_the_prior() -> None:
    x, y = data()
    loss = NegativeLogPosterior(x, y, NO_CATEGORIES)

    def by_hand(h: Hyperparameters) -> float:
        k = matern(x, x, h.lengthscales) + h.noise * np.eye(len(x))
        mean, variance = most_probable_scale(factor(k - h.noise * np.eye(len(x)), h.noise)[0], y)
        density = multivariate_normal(np.full(len(y), mean), variance * k).logpdf(y)
        density -= 0.5 * VARIANCE_WEIGHT * (np.log(variance) + 1.0 / variance)
        z = (h.log - prior_median(3).log) / np.array([1.0, 1.0, 1.0, 4.0])
        return float(-density + 0.5 * z @ z)

    one, other = Hyperparameters(LENGTHS, 1e-3), Hyperparameters(LENGTHS[::-1].copy(), 1e-2)
    assert loss(one.log)[0] - loss(other.log)[0] == pytest.approx(by_hand(one) - by_hand(other), abs=1e-9)


@pytest.mark.parametrize("noise", [1e-6, 1e-2])
@pytest.mark.parametrize("categorical", [[False, False, False], [False, True, False]])
def test_gradient_of_the_posterior_density_is_its_slope(noise: float, categorical: list[bool]) -> None:
    x, y = data()
    x[:, 1] = np.round(2 * x[:, 1]) / 2
    loss = NegativeLogPosterior(x, y, np.array(categorical))
    theta = Hyperparameters(LENGTHS, noise).log
    for j, slope in enumerate(loss(theta)[1]):
        step = 1e-5 * np.eye(4)[j]
        central = (loss(theta + step)[0] - loss(theta - step)[0]) / 2e-5
        assert slope == pytest.approx(central, rel=1e-5, abs=1e-6)


def test_gradients_of_the_prediction_are_its_slopes() -> None:
    x, y = data()
    process = GaussianProcess(x, y, Hyperparameters(LENGTHS, 1e-4), NO_CATEGORIES)
    rows = np.random.default_rng(2).random((4, 3))
    mean, std, by_mean, by_std = process.predict_with_gradient(rows)
    np.testing.assert_allclose(mean, process.predict(rows)[0], rtol=1e-12)
    np.testing.assert_allclose(std, process.predict(rows)[1], rtol=1e-8)
    for j in range(3):
        step = 1e-5 * np.eye(3)[j]
        above, below = process.predict(rows + step), process.predict(rows - step)
        np.testing.assert_allclose(by_mean[:, j], (above[0] - below[0]) / 2e-5, rtol=1e-5, atol=1e-8)
        np.testing.assert_allclose(by_std[:, j], (above[1] - below[1]) / 2e-5, rtol=1e-4, atol=1e-7)


def test_slope_of_the_correlation_is_its_derivative() -> None:
    r2 = np.linspace(0.01, 5.0, 50)
    central = (correlation(r2 + 1e-6) - correlation(r2 - 1e-6)) / 2e-6
    np.testing.assert_allclose(correlation_slope(r2), central, rtol=1e-6)
    assert correlation(np.zeros(1)) == 1.0


def test_categories_differ_or_not_whatever_their_code() -> None:
    x = np.array([[0.1, 0.0], [0.1, 0.5], [0.1, 1.0]])
    y = np.array([0.0, 1.0, 2.0])
    process = GaussianProcess(x, y, Hyperparameters(np.ones(2), 1e-6), np.array([False, True]), (0.0, 1.0))
    (one, other), _ = process.predict(np.array([[0.1, 0.25], [0.1, 0.75]]))
    assert one == pytest.approx(other, abs=1e-12)


def test_values_that_differ_by_1e_8_are_told_apart() -> None:
    x = np.append(np.linspace(0.0, 1.0, 11), [0.4321 - 1e-4, 0.4321, 0.4321 + 1e-4])[:, None]
    y = (x[:, 0] - 0.4321) ** 2
    process = GaussianProcess(x, y, Hyperparameters(np.ones(1), NOISE_BOUNDS[0]), np.zeros(1, dtype=np.bool_))
    left, least, right = process.fitted[-3:]
    assert least < left - 5e-9
    assert least < right - 5e-9


def test_believing_keeps_the_mean_and_takes_the_doubt() -> None:
    x, y = data()
    process = GaussianProcess(x, y, Hyperparameters(LENGTHS, 1e-8), NO_CATEGORIES)
    rows = np.random.default_rng(3).random((3, 3))
    believer = process.believing(rows)
    np.testing.assert_allclose(believer.predict(rows)[0], process.predict(rows)[0], atol=1e-6)
    assert np.all(believer.predict(rows)[1] < 1e-3 * process.predict(rows)[1])
    assert process.believing(rows[:0]) is process


def test_noise_is_raised_where_rounding_would_stop_the_factorisation() -> None:
    same = np.ones((30, 30))
    lower, noise = factor(same, 1e-18)
    assert 1e-18 < noise < 1e-10
    np.testing.assert_allclose(lower @ lower.T, same + noise * np.eye(30), atol=1e-12)
    with pytest.raises(np.linalg.LinAlgError):
        factor(np.full((3, 3), 5.0), 1e-12)


def test_a_fit_finds_the_lengthscales_and_noise_that_made_the_data() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((150, 2))
    lengths = np.array([0.2, 1.5])
    k = matern(x, x, lengths) + 1e-2 * np.eye(150)
    y = np.linalg.cholesky(k) @ rng.standard_normal(150)
    found = fit(x, y, np.zeros(2, dtype=np.bool_))
    np.testing.assert_allclose(np.log(found.lengthscales), np.log(lengths), atol=0.5)
    assert 3e-3 < found.noise < 3e-2
