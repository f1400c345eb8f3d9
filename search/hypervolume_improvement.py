"""Expected hypervolume improvement, exact, in logarithms, and times the probability of success.

The gain of a point y over a front is the volume below the reference that y dominates and the front does not.
With that region cut into boxes [l, u] (`search.boxes`) and independent normal predictions,

    EHVI = sum over boxes of prod over objectives of (psi(u) - psi(l)),  psi(a) = E[max(a - y, 0)] = std h(z),

with z = (a - mean) / std and h as in `search.acquisition` (Emmerich, Giannakoglou and Naujoks 2006; boxes as
in Yang et al. 2019). All of it is kept in logarithms, as for one objective: far from the front, or where the
objectives promise in different places, the product underflows (Ament et al. 2023).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr, logsumexp

from search.acquisition import LOG_SQRT_2PI, log_h, log_success, log_success_with_gradient
from search.boxes import undominated_boxes
from search.forest import Forest
from search.gaussian_process import GaussianProcess
from search.pareto import non_dominated

MOST_CELLS = 800
"""Points of a front in two objectives are at most a quarter of it, in three an eighth: boxes take time."""

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Edges:
    """The boxes along one objective."""

    values: Array
    """Where boxes end, ascending, finite, shape (c,)."""
    lower: Index
    """Of every box, shape (b,), 1 + its place among the values; 0 for -inf."""
    upper: Index
    """As `lower`."""

    @classmethod
    def of(cls, lower: Array, upper: Array) -> "Edges":
        """The edges of boxes from `lower` to `upper`, shape (b,) each."""
        values = np.unique(np.append(lower, upper))
        values = values[np.isfinite(values)]
        return cls(values, np.searchsorted(values, lower, "right"), np.searchsorted(values, upper, "right"))

    def log_gain(self, mean: Array, std: Array) -> Array:
        """Logarithm of psi(u) - psi(l) for normal predictions (m,) and every box, shape (m, b)."""
        z = (self.values - mean[:, None]) / std[:, None]
        log_psi = _beyond(np.log(std)[:, None] + log_h(z))
        return _log_difference(log_psi[:, self.upper], log_psi[:, self.lower])

    def slopes(self, mean: Array, std: Array, log_gain: Array) -> tuple[Array, Array]:
        """Derivatives of `log_gain` by mean and by std, shape (m, b) each.

        psi(a) has the derivatives -Phi(z) and phi(z).
        """
        z = (self.values - mean[:, None]) / std[:, None]
        log_cdf, log_density = _beyond(log_ndtr(z)), _beyond(-0.5 * z * z - LOG_SQRT_2PI)
        by_mean = _log_difference(log_cdf[:, self.upper], log_cdf[:, self.lower])
        by_std = np.exp(log_density[:, self.upper] - log_gain) - np.exp(log_density[:, self.lower] - log_gain)
        return -np.exp(by_mean - log_gain), by_std


@dataclass(frozen=True)
class HypervolumeImprovement:
    """Log EHVI of independent surrogates over their front, plus the log probability of success.

    Args:
        surrogates: one for each objective.
        front: what is won already, in units of their targets, shape (n, k).
        reference: likewise, shape (k,).
        success: as in `Acquisition`.
    """

    surrogates: Sequence[GaussianProcess | Forest]
    front: Array
    reference: Array
    success: GaussianProcess | None = None

    @cached_property
    def edges(self) -> list[Edges]:
        """The boxes left to be won, along each objective."""
        lower, upper = undominated_boxes(rounded_down(self.front, self.reference), self.reference)
        return [Edges.of(*sides) for sides in zip(lower.T, upper.T, strict=True)]

    @property
    def smooth(self) -> bool:
        """Whether there are gradients."""
        return all(isinstance(surrogate, GaussianProcess) for surrogate in self.surrogates)

    def believing(self, rows: Array) -> "HypervolumeImprovement":
        """The same once the surrogates believe their predictions at rows (m, d)."""
        if not len(rows):
            return self
        believers = [surrogate.believing(rows) for surrogate in self.surrogates]
        front = np.concatenate([self.front, self.predict(rows)])
        return replace(self, surrogates=believers, front=front)

    def predict(self, rows: Array) -> Array:
        """Means at rows (m, d), shape (m, k)."""
        return np.column_stack([surrogate.predict(rows)[0] for surrogate in self.surrogates])

    def __call__(self, rows: Array) -> Array:
        """Scores of rows (m, d), shape (m,)."""
        total = log_success(self.success, rows)
        gains = [e.log_gain(*s.predict(rows)) for e, s in zip(self.edges, self.surrogates, strict=True)]
        return np.asarray(total + logsumexp(np.sum(gains, axis=0), axis=1))

    def with_gradient(self, rows: Array) -> tuple[Array, Array]:
        """Scores (m,) and their gradients by the rows (m, d); every surrogate must be a Gaussian process."""
        processes = [surrogate for surrogate in self.surrogates if isinstance(surrogate, GaussianProcess)]
        assert len(processes) == len(self.surrogates)
        predicted = [process.predict_with_gradient(rows) for process in processes]
        gains = [e.log_gain(p[0], p[1]) for e, p in zip(self.edges, predicted, strict=True)]
        together = np.sum(gains, axis=0)
        score = logsumexp(together, axis=1)
        weights = np.exp(together - score[:, None])
        log, gradient = log_success_with_gradient(self.success, rows)
        for edges, gain, (mean, std, mean_gradient, std_gradient) in zip(
            self.edges, gains, predicted, strict=True
        ):
            by_mean, by_std = (
                np.where(weights > 0.0, weights * slope, 0.0).sum(axis=1)
                for slope in edges.slopes(mean, std, gain)
            )
            gradient = gradient + by_mean[:, None] * mean_gradient + by_std[:, None] * std_gradient
        return score + log, gradient


def rounded_down(points: Array, reference: Array) -> Array:
    """The front of `points` (n, k) below the reference, on a grid where it has too many points to cut boxes.

    Rounding down promises less near the front than there is; leaving points out would promise what is won.
    """
    points = points[(points < reference).all(axis=1)]
    front = np.unique(points[non_dominated(points)], axis=0)
    most, cells = MOST_CELLS >> front.shape[1], MOST_CELLS
    low = front.min(axis=0, initial=np.inf)
    while len(front) > most:
        cell = (reference - low) / cells
        front = np.unique(low + cell * np.floor((front - low) / cell), axis=0)
        front = front[non_dominated(front)]
        cells //= 2
    return front


def _beyond(columns: Array) -> Array:
    """Logarithms at finite edges with that at -inf, which is -inf, as their first column."""
    return np.concatenate([np.full((len(columns), 1), -np.inf), columns], axis=1)


def _log_difference(larger: Array, smaller: Array) -> Array:
    """log(exp(larger) - exp(smaller)), -inf where they are equal."""
    with np.errstate(divide="ignore"):
        return np.asarray(larger + np.log(-np.expm1(np.minimum(smaller - larger, 0.0))))
