"""How wide an interval must be for nominal 95 % to mean it.

Three things make a prediction wrong: the coefficients (spread of the bootstrap, s), the noise of a single run
(residuals, sigma), and the law itself, which drifts from the truth the further beyond its data it is asked
(rho per decade of compute). Rolling-origin errors tell rho, and then the factor k by which the whole must
still grow to have covered 95 % of them:

    half width of log loss = z k sqrt(s^2 + sigma^2 + (rho decades)^2)

A quantity that is no measurement, such as the best size N*, has neither noise nor drift of its own: its
bootstrap interval is widened by the factor `inflation` with which the bootstrap, together with the noise,
would have covered the same errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from objectives.fit.cut import Cut
from objectives.laws.law import Array

LEVEL = 0.95
SHORTEST = 0.05
"""Decades a held-out run counts for at least, in the drift per decade."""
UNTESTED = 2.0
"""Factor on the width where the table is too small for a single cut. An assumption, and said so."""
MOST = 30.0
"""Largest inflation that is looked for."""


@dataclass(frozen=True)
class Calibration:
    """What turns a bootstrap into an interval that holds."""

    noise: float
    """Sigma: standard deviation of the log residuals, corrected for the coefficients."""
    drift: float
    """Rho: what the law drifts in log loss per decade of compute beyond its runs."""
    factor: float
    """The factor k."""
    inflation: float
    """Of the bootstrap alone, for quantities that are no measurements."""
    flops: float
    """Largest compute of the runs: decades are counted from here."""
    held_out: int
    """Rolling-origin errors behind it, over all cuts; 0 says that nothing could be tested."""
    level: float = LEVEL

    @property
    def z(self) -> float:
        """Normal quantile of the level."""
        return NormalDist().inv_cdf(0.5 + self.level / 2)

    def half_width(self, spread: Array, decades: Array, noise: float | None = None) -> Array:
        """Half the interval of a log loss.

        Args:
            spread: standard deviation of the predicted log loss over the bootstrap.
            decades: compute beyond the runs; below them, the law does not drift.
            noise: of a run; that of the fit if left out.
        """
        sigma = self.noise if noise is None else noise
        variance = spread**2 + sigma**2 + (self.drift * np.maximum(decades, 0.0)) ** 2
        return np.asarray(self.z * self.factor * np.sqrt(variance))

    def coverage(self, cuts: Sequence[Cut]) -> tuple[float, float] | None:
        """Share of the rolling-origin errors inside their intervals, and the median half width; None without.

        Of the very errors the calibration was made from: how it does on errors it has not seen is measured by
        the benchmark `fit_coverage`.
        """
        if not cuts:
            return None
        widths = [self.half_width(cut.spread, cut.decades, cut.noise) for cut in cuts]
        inside = [np.mean(np.abs(cut.error) <= width) for cut, width in zip(cuts, widths, strict=True)]
        return float(np.mean(inside)), float(np.median(np.concatenate(widths)))

    def interval(self, point: float, draws: Array) -> tuple[float, float]:
        """Interval of a positive quantity that holds the point: the draws' own, in logs, widened about it."""
        tail = (1.0 - self.level) / 2.0
        with np.errstate(over="ignore"):
            ends = point * np.exp(
                self.inflation * (np.quantile(np.log(draws), [tail, 1.0 - tail]) - np.log(point))
            )
        return min(float(ends[0]), point), max(float(ends[1]), point)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: getattr(self, name) for name in FIELDS}


FIELDS = ("level", "noise", "drift", "factor", "inflation", "flops", "held_out")


def calibrate(cuts: Sequence[Cut], noise: float, flops: float, level: float = LEVEL) -> Calibration:
    """The calibration that rolling-origin errors ask for; every cut counts the same.

    Args:
        cuts: as `rolling_origin` returns them; without any, the widths of the bootstrap are doubled.
        noise: of the residuals of the fit to all runs.
        flops: largest compute of the runs.
        level: nominal coverage.
    """
    if not cuts:
        return Calibration(noise, 0.0, UNTESTED, UNTESTED, flops, 0, level)
    error, spread = (np.concatenate([getattr(cut, name) for cut in cuts]) for name in ("error", "spread"))
    decades = np.concatenate([cut.decades for cut in cuts])
    sigma = np.concatenate([np.full(len(cut.error), cut.noise) for cut in cuts])
    weight = np.concatenate([np.full(len(cut.error), 1.0 / len(cut.error)) for cut in cuts])
    known = spread**2 + sigma**2
    excess = np.maximum(error**2 - known, 0.0)
    drift = np.sqrt(np.sum(weight * excess) / np.sum(weight * np.maximum(decades, SHORTEST) ** 2))
    z = NormalDist().inv_cdf(0.5 + level / 2)
    size = np.abs(error)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        factor = quantile(np.nan_to_num(size / np.sqrt(known + (drift * decades) ** 2)), weight, level) / z
        alone = np.nan_to_num(np.sqrt(np.maximum((size / z) ** 2 - sigma**2, 0.0)) / spread, posinf=MOST)
    inflation = float(np.clip(quantile(alone, weight, level), 1.0, MOST))
    return Calibration(noise, float(drift), max(float(factor), 1.0), inflation, flops, len(error), level)


def quantile(values: Array, weights: Array, level: float) -> float:
    """Weighted quantile: the least value with at least this share of the weight at or below it."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) / np.sum(weights)
    return float(values[order][min(int(np.searchsorted(share, level - 1e-12)), len(values) - 1)])
