"""Targets as a Gaussian process likes them: centred, of unit variance, and without long tails.

Losses of failed-looking or badly sized runs are orders of magnitude above the good ones. A power transform
of Yeo and Johnson (Biometrika 87, 2000, 954), its exponent by maximum likelihood, draws such tails in. It is
strictly increasing, so the best stays the best. Median and quartiles set the scale before it, mean and
standard deviation only after it, so that one outlier does not squeeze all other values together.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

Array = npt.NDArray[np.float64]

POWERS = -2.0, 2.0
"""Range of the exponent; 1 changes nothing, less draws in an upper tail."""
NEGLIGIBLE = 1e-30
"""Share of the greatest distance from the median below which quartiles coincide: the variance of what is
transformed has eighth powers of the others divided by it, which would overflow."""


def yeo_johnson(y: Array, power: float) -> Array:
    """The transform of Yeo and Johnson 2000, Eq. 2.1; same shape as `y`."""
    exponent = np.where(y >= 0.0, power, 2.0 - power)
    log = np.log1p(np.abs(y))
    small = np.abs(exponent) < 1e-9
    grown = np.where(small, log, np.expm1(exponent * log) / np.where(small, 1.0, exponent))
    return np.asarray(np.copysign(grown, y))


def inverse_yeo_johnson(z: Array, power: float) -> Array:
    """The inverse of `yeo_johnson`; infinite above its range, which is bounded for a negative power."""
    exponent = np.where(z >= 0.0, power, 2.0 - power)
    small = np.abs(exponent) < 1e-9
    grown = exponent * np.abs(z)
    log = np.log1p(np.maximum(grown, -1.0), where=grown > -1.0, out=np.full_like(grown, -np.inf))
    y = np.expm1(np.where(small, np.abs(z), log / np.where(small, 1.0, exponent)))
    return np.asarray(np.copysign(y, z))


def log_likelihood(y: Array, power: float) -> float:
    """Profile log likelihood of the exponent, transformed values normal (Yeo and Johnson 2000, Eq. 3.1)."""
    variance = float(np.var(yeo_johnson(y, power)))
    jacobian = float(np.sum(np.copysign(np.log1p(np.abs(y)), y)))
    return -0.5 * len(y) * float(np.log(variance)) + (power - 1.0) * jacobian


@dataclass(frozen=True)
class TargetTransform:
    """A strictly increasing map, fixed once it is fitted: z = (YJ((y - center) / spread) - mean) / std."""

    center: float
    spread: float
    power: float
    mean: float
    std: float

    @classmethod
    def fit(cls, values: Array) -> Self:
        """The transform under which `values`, shape (n,), are closest to standard normal."""
        center = float(np.median(values))
        spread = float(np.subtract(*np.percentile(values, [75.0, 25.0])))
        if spread <= NEGLIGIBLE * float(np.max(np.abs(values - center))):
            spread = float(np.std(values))  # half of the values are equal, or as good as
        if not spread > 1e-14 * abs(center):
            return cls(center, 1.0, 1.0, 0.0, 1.0)
        y = (values - center) / spread
        power = float(
            minimize_scalar(
                lambda p: -log_likelihood(y, p), bounds=POWERS, method="bounded", options={"xatol": 1e-3}
            ).x
        )
        z = yeo_johnson(y, power)
        return cls(center, spread, power, float(np.mean(z)), float(np.std(z)))

    def __call__(self, values: Array) -> Array:
        """Transformed targets, same shape."""
        return (yeo_johnson((values - self.center) / self.spread, self.power) - self.mean) / self.std

    def inverse(self, targets: Array) -> Array:
        """The values of targets, same shape."""
        return self.center + self.spread * inverse_yeo_johnson(self.mean + self.std * targets, self.power)
