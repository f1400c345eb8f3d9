"""Gaussian process regression: what is known about a function between its evaluations.

The function is modelled as f = mu + sigma Z with Z a Gaussian process of unit variance and Matern 5/2
correlation, one lengthscale per column (Rasmussen and Williams 2006, ch. 2 and 4). Given the lengthscales
and the noise, mu and sigma^2 have closed forms (Sacks et al. 1989); `search.gaussian_process_fit` finds the
rest.

Inactive cells hold one value (`spaces.encoding.FILL`), so two configurations that lack a parameter do not
differ in it, and how much its presence matters is learned with the column it depends on.

Between two fits the factor grows by the rows that are new: a block of k of them costs n^2 k, not (n + k)^3.

Noise is a fraction of sigma^2 and may be as low as a Cholesky factorisation in float64 carries: a search for
regrets of 1e-8 must tell values apart that differ by 1e-8. For the same reason distances are sums of squared
differences, not the faster |a|^2 - 2 a b + |b|^2, which loses half of the digits.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack
from scipy.spatial.distance import cdist

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

VARIANCE_WEIGHT = 2.0
"""Prior of sigma^2, scaled inverse chi-squared around 1 for standardised targets, in observations."""

RAISES = 8
"""How often the noise is raised tenfold where rounding leaves the covariance indefinite."""


@dataclass(frozen=True)
class Hyperparameters:
    """Lengthscales of shape (d,) in units of the rows, and noise as a ratio to sigma^2."""

    lengthscales: Array
    noise: float

    @property
    def log(self) -> Array:
        """All logarithms as one vector, shape (d + 1,), noise last."""
        return np.asarray(np.log(np.append(self.lengthscales, self.noise)))

    @classmethod
    def from_log(cls, theta: Array) -> Self:
        """Inverse of `log`."""
        return cls(np.exp(theta[:-1]), float(np.exp(theta[-1])))


def correlation(squared: Array) -> Array:
    """Matern 5/2 correlation, from scaled squared distances r^2 of any shape.

    k = (1 + s + s^2 / 3) exp(-s) with s = sqrt(5) r  (Rasmussen and Williams 2006, Eq. 4.17).
    """
    s = np.sqrt(5.0 * squared)
    polynomial = s * (1.0 / 3.0)
    polynomial += 1.0
    polynomial *= s
    polynomial += 1.0
    np.negative(s, out=s)
    return np.asarray(np.multiply(polynomial, np.exp(s, out=s), out=polynomial))


def correlation_slope(squared: Array) -> Array:
    """Derivative of `correlation` by r^2: -5/6 (1 + s) exp(-s)."""
    s = np.sqrt(5.0 * squared)
    return np.asarray((-5.0 / 6.0) * (1.0 + s) * np.exp(-s))


class GaussianProcess:
    """A Gaussian process conditioned on data.

    Args:
        x: rows of shape (n, d).
        y: targets of shape (n,), standardised.
        hyperparameters: lengthscales and noise.
        categorical: columns compared by equality (Hamming distance), shape (d,).
        scale: mu and sigma^2; the most probable ones where `None`.
        grown: factor of the correlation matrix of x and the noise it took, where they are known.

    Raises:
        numpy.linalg.LinAlgError: the covariance cannot be factorised, see `factor`.
    """

    def __init__(
        self,
        x: Array,
        y: Array,
        hyperparameters: Hyperparameters,
        categorical: Mask,
        scale: tuple[float, float] | None = None,
        grown: tuple[Array, float] | None = None,
    ) -> None:
        self.x, self.y, self.hyperparameters, self.categorical = x, y, hyperparameters, categorical
        self._lower, self.noise = grown or factor(correlation(self.distances(x, x)), hyperparameters.noise)
        self.mean, self.variance = scale or most_probable_scale(self._lower, y)
        self._alpha = solved(self._lower, y - self.mean)

    @property
    def fitted(self) -> Array:
        """Posterior mean at the data, shape (n,): the targets without their noise."""
        return np.asarray(self.y - self.noise * self._alpha)

    @property
    def left_out(self) -> tuple[Array, Array]:
        """What the process would predict at each datum without it, noise included (same source, Eq. 5.12).

        Mean and standard deviation, shapes (n,), (n,).
        """
        precision = np.diag(solved(self._lower, np.eye(len(self.y))))
        return self.y - self._alpha / precision, np.sqrt(self.variance / precision)

    def predict(self, rows: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the noiseless function at rows (m, d): shapes (m,), (m,)."""
        mean, half = self.whitened(rows)
        return mean, self.std(np.einsum("nm,nm->m", half, half))

    def predict_with_gradient(self, rows: Array) -> tuple[Array, Array, Array, Array]:
        """Mean (m,), standard deviation (m,) and the gradients of both by the rows, (m, d) each.

        Gradients by categorical columns are zero.
        """
        squared = self.distances(rows, self.x)
        k, slope = correlation(squared), correlation_slope(squared)
        weights = solved(self._lower, k.T).T
        mean, std = self.mean + k @ self._alpha, self.std(np.einsum("mn,mn->m", k, weights))
        offsets = rows[:, None, :] - self.x[None, :, :]
        offsets[:, :, self.categorical] = 0.0
        k_gradient = 2.0 * slope[:, :, None] * offsets * self.hyperparameters.lengthscales**-2.0
        mean_gradient = np.einsum("mnd,n->md", k_gradient, self._alpha)
        variance_gradient = -2.0 * self.variance * np.einsum("mnd,mn->md", k_gradient, weights)
        return mean, std, mean_gradient, variance_gradient / (2.0 * std[:, None])

    def believing(self, rows: Array) -> "GaussianProcess":
        """This process as if its mean had been observed at `rows`: a kriging believer, for pending trials."""
        if not len(rows):
            return self
        return self.extended(rows, self.predict(rows)[0], (self.mean, self.variance))

    def extended(self, rows: Array, y: Array, scale: tuple[float, float] | None = None) -> "GaussianProcess":
        """This process with further data, rows (k, d) and targets (k,), under the same hyperparameters."""
        x, targets = np.concatenate([self.x, rows]), np.append(self.y, y)
        cross, corner = (correlation(self.distances(rows, others)) for others in (self.x, rows))
        lower = extended_factor(self._lower, cross, corner, self.noise)
        grown = None if lower is None else (lower, self.noise)
        return GaussianProcess(x, targets, self.hyperparameters, self.categorical, scale, grown)

    def whitened(self, rows: Array) -> tuple[Array, Array]:
        """Mean at rows (m, d), shape (m,), and their correlation with the data over its factor, (n, m)."""
        k = correlation(self.distances(rows, self.x))
        return self.mean + k @ self._alpha, whitened(self._lower, k.T)

    def distances(self, rows: Array, others: Array) -> Array:
        """Scaled squared distances of rows (m, d) and others (n, d), shape (m, n)."""
        numeric, lengths = ~self.categorical, self.hyperparameters.lengthscales
        scale = 1.0 / lengths[numeric]
        total: Array = cdist(rows[:, numeric] * scale, others[:, numeric] * scale, "sqeuclidean")
        for j in np.flatnonzero(self.categorical):
            total += np.not_equal.outer(rows[:, j], others[:, j]) / lengths[j] ** 2
        return total

    def unexplained(self, explained: Array) -> Array:
        """The share of the prior variance left where the data explain so much; shape of `explained`.

        The floor is the noise: below it the difference is rounding.
        """
        return np.asarray(np.maximum(1.0 - explained, self.noise))

    def std(self, explained: Array) -> Array:
        """Standard deviation where the data explain this share of the prior variance."""
        return np.asarray(np.sqrt(self.variance * self.unexplained(explained)))


def factor(k: Array, noise: float) -> tuple[Array, float]:
    """Lower Cholesky factor of a correlation matrix (lower triangle read) with noise, and the noise it took.

    Raises:
        numpy.linalg.LinAlgError: no raise helps; the matrix is no correlation matrix.
    """
    for _ in range(RAISES + 1):
        covariance = k.copy(order="F")
        np.fill_diagonal(covariance, 1.0 + noise)
        lower, failed = lapack.dpotrf(covariance, lower=1, clean=1, overwrite_a=1)
        if not failed:
            return lower, noise
        noise *= 10.0
    raise np.linalg.LinAlgError("the covariance is not positive definite")


def extended_factor(lower: Array, cross: Array, corner: Array, noise: float) -> Array | None:
    """Factor of a covariance that grew by rows; `None` where they are too near others to be told apart.

    Args:
        lower: factor so far, shape (n, n).
        cross: correlation of the new rows with the old ones, shape (k, n).
        corner: correlation of the new rows among themselves, shape (k, k).
        noise: added to their diagonal.
    """
    n, k = len(lower), len(corner)
    half = whitened(lower, cross.T)
    rest = np.asfortranarray(corner - half.T @ half)
    rest[np.diag_indices(k)] += noise
    square, failed = lapack.dpotrf(rest, lower=1, clean=1, overwrite_a=1)
    if failed:
        return None
    grown = np.zeros((n + k, n + k), order="F")
    grown[:n, :n], grown[n:, :n], grown[n:, n:] = lower, half.T, square
    return grown


def solved(lower: Array, right: Array) -> Array:
    """Covariance^-1 right, from its factor (n, n); right of shape (n,) or (n, m)."""
    return np.asarray(lapack.dpotrs(lower, right, lower=1)[0])


def whitened(lower: Array, right: Array) -> Array:
    """Factor^-1 right, right of shape (n, m)."""
    return np.asarray(lapack.dtrtrs(lower, right, lower=1)[0])


def most_probable_scale(lower: Array, y: Array) -> tuple[float, float]:
    """Mean by generalised least squares and variance under its prior, from the factor of the correlation."""
    target, one = whitened(lower, np.column_stack([y, np.ones_like(y)])).T
    mean = float(target @ one / (one @ one))
    residual = target - mean * one
    return mean, float((residual @ residual + VARIANCE_WEIGHT) / (len(y) + VARIANCE_WEIGHT))
