"""Expected improvement, in logarithms, and times the probability that a trial does not fail.

EI(x) = E[max(best - f(x), 0)] = std h(z) with z = (best - mean) / std and h(z) = phi(z) + z Phi(z)
(Jones et al. 1998, Eq. 15). Far from promising regions EI underflows to zero and its gradient with it;
log EI keeps both (Ament et al. 2023, "Unexpected improvements to expected improvement").
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx, log_ndtr

from search.gaussian_process import GaussianProcess

Array = npt.NDArray[np.float64]

LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
NEAR, FAR = -1.0, -50.0
"""Where z leaves the direct formula for the Mills ratio, and that for its asymptotic series."""


class Predictor(Protocol):
    """What an acquisition needs of a surrogate."""

    def predict(self, rows: Array) -> tuple[Array, Array]:
        """Mean and standard deviation at rows (m, d): shapes (m,), (m,)."""
        ...


class Score(Protocol):
    """What a search maximises over rows: an acquisition."""

    @property
    def smooth(self) -> bool:
        """Whether there are gradients."""
        ...

    def __call__(self, rows: Array) -> Array:
        """Scores of rows (m, d), shape (m,)."""
        ...

    def with_gradient(self, rows: Array) -> tuple[Array, Array]:
        """Scores (m,) and their gradients by the rows (m, d), where there are any."""
        ...


def log_h(z: Array) -> Array:
    """Logarithm of h(z) = phi(z) + z Phi(z), to about 12 digits for every finite z; shape of z."""
    z = np.asarray(z, dtype=np.float64)
    result = -0.5 * z * z - LOG_SQRT_2PI
    near, far = z > NEAR, z < FAR
    middle = ~(near | far)
    direct = z[near]
    result[near] = np.log(np.exp(result[near]) + direct * np.exp(log_ndtr(direct)))
    # h(z) = phi(z) (1 - t M(t)), t = -z, with the Mills ratio M(t) = sqrt(pi / 2) erfcx(t / sqrt(2))
    t = -z[middle]
    result[middle] += np.log1p(-t * np.sqrt(np.pi / 2.0) * erfcx(t / np.sqrt(2.0)))
    # 1 - t M(t) = t^-2 (1 - 3 t^-2 + 15 t^-4 - 105 t^-6 + ...)
    u = z[far] ** -2.0
    result[far] += np.log(u) + np.log1p(u * (-3.0 + u * (15.0 - 105.0 * u)))
    return np.asarray(result)


def log_expected_improvement(mean: Array, std: Array, best: float) -> Array:
    """Log EI below `best` of normal predictions; all shapes (m,), std > 0."""
    return np.asarray(np.log(std) + log_h((best - mean) / std))


def log_expected_improvement_slopes(mean: Array, std: Array, best: float) -> tuple[Array, Array]:
    """Derivatives of log EI by mean and by std, shapes (m,): -Phi / (std h) and phi / (std h)."""
    z = (best - mean) / std
    log = log_h(z)
    return -np.exp(log_ndtr(z) - log) / std, np.exp(-0.5 * z * z - LOG_SQRT_2PI - log) / std


@dataclass(frozen=True)
class Acquisition:
    """Log EI of a surrogate below `best`, plus the log probability of success where failures are known.

    `success` is a Gaussian process over labels, 1 for trials with a value and -1 for failures; a
    configuration succeeds with the probability that its label, noise included, is positive.
    """

    surrogate: Predictor
    best: float
    success: GaussianProcess | None = None

    def __call__(self, rows: Array) -> Array:
        """Scores of rows (m, d), shape (m,)."""
        improvement = log_expected_improvement(*self.surrogate.predict(rows), self.best)
        return improvement + log_success(self.success, rows)

    @property
    def smooth(self) -> bool:
        """Whether there are gradients."""
        return isinstance(self.surrogate, GaussianProcess)

    def with_gradient(self, rows: Array) -> tuple[Array, Array]:
        """Scores (m,) and their gradients by the rows (m, d); the surrogate must be a Gaussian process."""
        assert isinstance(self.surrogate, GaussianProcess)
        mean, std, mean_gradient, std_gradient = self.surrogate.predict_with_gradient(rows)
        by_mean, by_std = log_expected_improvement_slopes(mean, std, self.best)
        log, gradient = log_success_with_gradient(self.success, rows)
        gradient = gradient + by_mean[:, None] * mean_gradient + by_std[:, None] * std_gradient
        return log_expected_improvement(mean, std, self.best) + log, gradient


def log_success(success: GaussianProcess | None, rows: Array) -> Array:
    """Log probability that rows (m, d) do not fail, shape (m,)."""
    if success is None:
        return np.zeros(len(rows))
    mean, std = success.predict(rows)
    return np.asarray(log_ndtr(mean / np.sqrt(std**2 + success.hyperparameters.noise)))


def log_success_with_gradient(success: GaussianProcess | None, rows: Array) -> tuple[Array, Array]:
    """As `log_success`, with gradients by the rows (m, d)."""
    if success is None:
        return np.zeros(len(rows)), np.zeros(rows.shape)
    mean, std, mean_gradient, std_gradient = success.predict_with_gradient(rows)
    spread = np.sqrt(std**2 + success.hyperparameters.noise)
    u = mean / spread
    log = log_ndtr(u)
    slope = np.exp(-0.5 * u * u - LOG_SQRT_2PI - log) / spread
    u_gradient = mean_gradient - (u * std / spread)[:, None] * std_gradient
    return log, slope[:, None] * u_gradient
