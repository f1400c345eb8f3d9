"""Gaussian processes about a trend: transformed value = a + b prior + process.

b is found by generalised least squares, in turn with the hyperparameters of what is left. It is kept where
the posterior density of the data gains by it more than its price (Schwarz 1978: half the logarithm of the
count of values) and the better half of the values, each left out in turn, is foretold better with it.
Otherwise it is 0 and the process the plain one: a prior may explain much and be wrong where it matters.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

from search.gaussian_process import GaussianProcess, Hyperparameters, correlation, factor
from search.gaussian_process_fit import NegativeLogPosterior, fit
from search.prior import Prior, Trend, transformed
from search.surrogates import DATA_CAP, FIT_CAP, Fits, subset
from search.target_transform import TargetTransform

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ROUNDS = 2
"""Of least squares for b and a fit of the hyperparameters."""

RESIDUAL, RESIDUAL_WEIGHT = 0.1, 1.0
"""Standard deviation that is expected of what a trend leaves, and in how many values one believes that: after
few of them a trend that passes through all is not yet proven."""


class TrendedProcess(GaussianProcess):
    """A Gaussian process over what a trend leaves; it predicts both together.

    Args:
        trend: over rows.
        x: rows of shape (n, d).
        y: targets less the trend, shape (n,).
        hyperparameters: of the process.
        categorical: columns compared by equality, shape (d,).
        scale: mean and variance of the process.
    """

    def __init__(
        self,
        trend: Trend,
        x: Array,
        y: Array,
        hyperparameters: Hyperparameters,
        categorical: Mask,
        scale: tuple[float, float],
    ) -> None:
        super().__init__(x, y, hyperparameters, categorical, scale)
        self.trend = trend

    @property
    def fitted(self) -> Array:
        """Posterior mean at the data, shape (n,)."""
        return super().fitted + self.trend(self.x)

    def whitened(self, rows: Array) -> tuple[Array, Array]:
        """As of the process, with the trend in the mean."""
        mean, half = super().whitened(rows)
        return mean + self.trend(rows), half

    def predict_with_gradient(self, rows: Array) -> tuple[Array, Array, Array, Array]:
        """As of the process, with the trend in the mean and its gradient."""
        mean, std, mean_gradient, std_gradient = super().predict_with_gradient(rows)
        return mean + self.trend(rows), std, mean_gradient + self.trend.gradient(rows), std_gradient

    def believing(self, rows: Array) -> "TrendedProcess":
        """This process as if its mean had been observed at `rows`."""
        if not len(rows):
            return self
        believed = np.append(self.y, super().whitened(rows)[0])
        x, scale = np.concatenate([self.x, rows]), (self.mean, self.variance)
        return TrendedProcess(self.trend, x, believed, self.hyperparameters, self.categorical, scale)


@dataclass(frozen=True)
class _Fit:
    """What is kept until the next refit."""

    values: TargetTransform
    trend: Trend
    hyperparameters: Hyperparameters


class TrendedFactory:
    """Processes about a prior over growing lists of trials, refitted when the plain ones would be.

    Args:
        prior: over rows.
        categorical: columns compared by equality, shape (d,).
    """

    def __init__(self, prior: Prior, categorical: Mask) -> None:
        self._prior = prior
        self._categorical = categorical
        self._fits: Fits[_Fit] = Fits()

    def make(self, rows: Array, values: Array, stream: int) -> GaussianProcess:
        """A process over rows (n, d) and values (n,); arguments as of `ProcessFactory.make`."""
        _, fitted = self._fits.of(stream, len(values), lambda count: self._fit(rows[:count], values[:count]))
        kept = subset(values, DATA_CAP)
        rows, targets = rows[kept], fitted.values(values[kept])
        hyperparameters, categorical = fitted.hyperparameters, self._categorical
        if fitted.trend.slope == 0.0:
            return GaussianProcess(rows, targets, hyperparameters, categorical)
        left = targets - fitted.trend(rows)
        spread = spread_of(left)
        plain = GaussianProcess(rows, left / spread, hyperparameters, categorical)
        scale = plain.mean * spread, plain.variance * spread**2
        return TrendedProcess(fitted.trend, rows, left, hyperparameters, categorical, scale)

    def transform(self, stream: int) -> TargetTransform:
        """Of the values of the process last made over a stream."""
        return self._fits.last(stream).values

    def _fit(self, rows: Array, values: Array) -> _Fit:
        transform = TargetTransform.fit(values)
        kept = subset(values, FIT_CAP)
        rows, targets = rows[kept], transform(values[kept])
        believed = self._prior(rows)
        finite = believed[np.isfinite(believed)]
        of_prior = TargetTransform.fit(finite if len(finite) else np.zeros(1))
        slope, hyperparameters = fit_slope(rows, targets, transformed(believed, of_prior), self._categorical)
        return _Fit(transform, Trend(self._prior, of_prior, slope), hyperparameters)


def fit_slope(rows: Array, targets: Array, prior: Array, categorical: Mask) -> tuple[float, Hyperparameters]:
    """The slope of the trend, 0 where it does not pay, and the hyperparameters of what is left.

    Args:
        rows: shape (n, d).
        targets: transformed values, shape (n,).
        prior: transformed prior at the rows, shape (n,).
        categorical: columns compared by equality, shape (d,).
    """
    plain = fit(rows, targets, categorical)
    density = _cost(rows, targets, plain, categorical)
    if not np.ptp(prior) > 0.0:
        return 0.0, plain
    slope, hyperparameters = 0.0, plain
    for _ in range(ROUNDS):
        slope = _least_squares(rows, targets, prior, hyperparameters, categorical)
        left = targets - slope * prior
        hyperparameters = fit(rows, left / spread_of(left), categorical)
    cost = _cost(rows, targets - slope * prior, hyperparameters, categorical)
    if cost + 0.5 * np.log(len(targets)) + 0.5 * slope**2 >= density:
        return 0.0, plain
    better = np.argsort(targets, kind="stable")[: (len(targets) + 1) // 2]
    about = _foretold(rows, targets - slope * prior, hyperparameters, categorical)[better].sum()
    bare = _foretold(rows, targets, plain, categorical)[better].sum()
    return (slope, hyperparameters) if about > bare else (0.0, plain)


def _foretold(rows: Array, left: Array, hyperparameters: Hyperparameters, categorical: Mask) -> Array:
    """Log density of each target under a process that knows the others, shape (n,)."""
    spread = spread_of(left)
    process = GaussianProcess(rows, left / spread, hyperparameters, categorical)
    mean, std = process.left_out
    return -0.5 * ((process.y - mean) / std) ** 2 - np.log(std * spread)


def spread_of(left: Array) -> float:
    """Standard deviation of what a trend leaves, shape (n,), with `RESIDUAL` among the evidence."""
    squares = float(np.sum((left - left.mean()) ** 2)) + RESIDUAL_WEIGHT * RESIDUAL**2
    return float(np.sqrt(squares / (len(left) - 1 + RESIDUAL_WEIGHT)))


def _cost(rows: Array, left: Array, hyperparameters: Hyperparameters, categorical: Mask) -> float:
    """Negative log posterior density of what is left, in units of the targets."""
    spread = spread_of(left)
    posterior = NegativeLogPosterior(rows, left / spread, categorical)
    return posterior(hyperparameters.log)[0] + len(left) * float(np.log(spread))


def _least_squares(
    rows: Array, targets: Array, prior: Array, hyperparameters: Hyperparameters, categorical: Mask
) -> float:
    """The slope b of targets = a + b prior + process, by generalised least squares."""
    process = GaussianProcess(rows, targets, hyperparameters, categorical, (0.0, 1.0))
    lower, _ = factor(correlation(process.distances(rows, rows)), hyperparameters.noise)
    whitened = solve_triangular(lower, np.column_stack([np.ones_like(prior), prior, targets]), lower=True)
    coefficients, *_ = np.linalg.lstsq(whitened[:, :2], whitened[:, 2], rcond=None)
    return float(coefficients[1])
