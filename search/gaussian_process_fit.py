"""Hyperparameters of a Gaussian process by maximum a posteriori.

The likelihood is concentrated: mu and sigma^2 stand at their most probable values for the lengthscales and
noise tried (Sacks et al. 1989), so their derivatives vanish from the gradient. Lengthscales are log-normal
about a common one, itself log-normal with a median that grows with sqrt(d) (Hvarfner et al. 2024), lest a
handful of points in many dimensions look like white noise. So few trials tell how smooth the function is, and
more of them which columns matter; with independent lengthscales they would be told apart by chance.

Every fit starts at the prior's median: warm starts would make a replay repeat all earlier fits.
Tried without gain: leaving near neighbours out of the fit. Their differences tell the noise; without them
regret on Hartmann-6 stops falling at 1e-6.
"""

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack
from scipy.optimize import minimize

from search.gaussian_process import (
    VARIANCE_WEIGHT,
    Hyperparameters,
    correlation,
    correlation_slope,
    factor,
    most_probable_scale,
    solved,
)

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LENGTH_MEDIAN, COMMON_SPREAD = 0.5, 1.0
"""Prior of the common lengthscale: median, multiplied by sqrt(d), and standard deviation of the logarithm."""
LENGTH_SPREADS = 0.5, 1.0
"""Least and greatest standard deviation of the logarithm of every lengthscale about the common one."""
APART = 2.5
"""That deviation, multiplied by d: in few dimensions few trials tell lengthscales apart."""
LENGTH_BOUNDS = 0.01, 100.0
NOISE_MEDIAN, NOISE_SPREAD = 1e-8, 4.0
"""Prior of the noise: most objectives are deterministic, some are not."""
NOISE_BOUNDS = 1e-12, 1.0
NOISE_STARTS = NOISE_MEDIAN, 1e-2
"""A fit starts at the more probable of these: from little noise it takes noise for short lengthscales."""
STEPS = 60
"""Iterations of L-BFGS-B."""


def prior_median(d: int) -> Hyperparameters:
    """Where every fit starts."""
    return Hyperparameters(np.full(d, LENGTH_MEDIAN * np.sqrt(d)), NOISE_MEDIAN)


def prior_precision(d: int) -> Array:
    """Inverse covariance of the logarithms of lengthscales and noise, shape (d + 1, d + 1)."""
    covariance = np.zeros((d + 1, d + 1))
    covariance[:d, :d] = COMMON_SPREAD**2 + np.clip(APART / d, *LENGTH_SPREADS) ** 2 * np.eye(d)
    covariance[d, d] = NOISE_SPREAD**2
    return np.asarray(np.linalg.inv(covariance))


def fit(x: Array, y: Array, categorical: Mask) -> Hyperparameters:
    """Most probable hyperparameters for rows x (n, d) and standardised targets y (n,).

    `categorical`, shape (d,), marks the columns compared by equality.
    """
    d = x.shape[1]
    bounds = [*[tuple(np.log(LENGTH_BOUNDS))] * d, tuple(np.log(NOISE_BOUNDS))]
    loss = NegativeLogPosterior(x, y, categorical)
    starts = [Hyperparameters(prior_median(d).lengthscales, noise).log for noise in NOISE_STARTS]
    end = minimize(
        loss,
        min(starts, key=lambda start: loss(start)[0]),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": STEPS},
    )
    return Hyperparameters.from_log(end.x)


class NegativeLogPosterior:
    """Negative log density of the hyperparameters given the data, up to a constant. Arguments as of `fit`."""

    def __init__(self, x: Array, y: Array, categorical: Mask) -> None:
        self._y = y
        self._pairs = np.tril_indices(len(y), -1)
        differences = x[self._pairs[0]] - x[self._pairs[1]]
        self._squared = np.where(categorical, differences != 0.0, differences**2).T.copy()
        self._prior = prior_median(x.shape[1]).log
        self._precision = prior_precision(x.shape[1])

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Value and gradient, shape (d + 1,), at the logarithms of the hyperparameters."""
        inverse_squares = np.exp(-2.0 * theta[:-1])
        squared = inverse_squares @ self._squared
        k = np.zeros((len(self._y), len(self._y)), order="F")
        k[self._pairs] = correlation(squared)
        lower, noise = factor(k, float(np.exp(theta[-1])))
        mean, variance = most_probable_scale(lower, self._y)
        fit = 0.5 * (len(self._y) + VARIANCE_WEIGHT) * np.log(variance)
        complexity = np.log(np.diag(lower)).sum()

        # d loss / d k = (k^-1 - alpha alpha' / sigma^2) / 2  (Rasmussen and Williams 2006, Eq. 5.9)
        alpha = solved(lower, self._y - mean)
        inverse, _ = lapack.dpotri(lower, lower=1)
        by_pair = inverse[self._pairs] - alpha[self._pairs[0]] * alpha[self._pairs[1]] / variance
        # d k / d log l = -2 (x - x')^2 / l^2 dk/dr^2; every pair stands in k twice
        by_length = -2.0 * inverse_squares * (self._squared @ (by_pair * correlation_slope(squared)))
        by_noise = 0.5 * noise * (np.trace(inverse) - alpha @ alpha / variance)

        off = theta - self._prior
        pull = self._precision @ off
        return float(fit + complexity + 0.5 * off @ pull), np.append(by_length, by_noise) + pull
