"""Basins where a search has settled: what a restart keeps out of.

A basin is a ball about the best trial there, in the metric of the model: along a parameter that hardly
matters it reaches far, where a ball of the unit cube would leave the floor open. It takes a given share of
the space, so that it is neither a point nor everything, whatever the dimensions and the lengthscales.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SHARE = 0.05
"""Of the feasible configurations, in every basin."""

SAMPLE = 1024
"""Configurations by which shares are measured."""

MOST = 8
"""The latest basins are kept out of; with more there would be little left."""


@dataclass(frozen=True)
class Basin:
    """A ball.

    Attributes:
        centre: canonical row, shape (d,).
        lengthscales: of the metric, shape (d,).
        categorical: columns compared by equality, shape (d,).
        radius: in units of the lengthscales.
    """

    centre: Array
    lengthscales: Array
    categorical: Mask
    radius: float

    @classmethod
    def about(cls, centre: Array, lengthscales: Array, categorical: Mask, sample: Array) -> "Basin":
        """The ball that takes `SHARE` of a sample of the space, rows of shape (m, d)."""
        distances = _distances(sample, centre, lengthscales, categorical)
        return cls(centre, lengthscales, categorical, float(np.quantile(distances, SHARE)))

    def covers(self, rows: Array) -> Mask:
        """Which rows (m, d) are inside, shape (m,)."""
        return _distances(rows, self.centre, self.lengthscales, self.categorical) <= self.radius


def outside(basins: Sequence[Basin], rows: Array) -> Mask:
    """Which rows (m, d) are in none of the latest basins, shape (m,)."""
    left = np.ones(len(rows), dtype=np.bool_)
    for basin in basins[-MOST:]:
        left &= ~basin.covers(rows)
    return left


def _distances(rows: Array, centre: Array, lengthscales: Array, categorical: Mask) -> Array:
    """Of rows (m, d) from the centre, shape (m,)."""
    differences = np.where(categorical, rows != centre, rows - centre) / lengthscales
    return np.asarray(np.sqrt((differences**2).sum(axis=1)))
