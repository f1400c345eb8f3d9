"""Partial dependence: what a model expects at each value of one parameter, averaged over the others.

The average runs over rows that are feasible with that value and in which the parameter is active (Friedman
2001). Its band is the model's own: the posterior variance of an average is the average of the covariances.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.gaussian_process import GaussianProcess, correlation
from search.sensitivity import Sample
from search.target_transform import TargetTransform
from spaces.columns import Column
from spaces.configs import Value

Array = npt.NDArray[np.float64]

POINTS, MOST_LISTED = 21, 40
"""Values of a parameter that has more than can be listed, and most of those listed."""
AVERAGED, FEWEST = 128, 8
"""Rows that an average is taken over, and fewest that make one."""
DEVIATIONS = 1.96
"""Half width of the band."""


@dataclass(frozen=True)
class Curve:
    """What a model expects over one parameter, in units of the values."""

    values: tuple[Value, ...]
    """Of the parameter; those left out are nowhere feasible."""
    expected: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    """Ends of the 95 % band of the model, cut at the worst value seen."""


def curve(process: GaussianProcess, transform: TargetTransform, sample: Sample, column: int) -> Curve:
    """The partial dependence on one column.

    Args:
        process: over canonical rows.
        transform: from values to what it predicts.
        sample: of the space.
        column: which.
    """
    encoder, rows = sample.encoder, sample.rows[:AVERAGED].copy()
    name, points = encoder.names[column], []
    for unit in _grid(encoder.columns[column]):
        rows[:, column] = unit
        canonical = encoder.canonical(rows)
        ok = sample.feasible(canonical) & encoder.active(rows)[:, column]
        if int(ok.sum()) >= FEWEST:
            value = encoder.decode(canonical[ok][0])[name]
            points.append((value, *average(process, canonical[ok])))
    mean, std = np.array([point[1] for point in points]), np.array([point[2] for point in points])
    ends = [
        transform.inverse(np.minimum(mean + shift * std, process.y.max()))
        for shift in (0.0, -DEVIATIONS, DEVIATIONS)
    ]
    return Curve(tuple(point[0] for point in points), *(tuple(map(float, end)) for end in ends))


def average(process: GaussianProcess, rows: Array) -> tuple[float, float]:
    """Mean and standard deviation of the process's average over rows (m, d)."""
    mean, half = process.whitened(rows)
    prior = float(np.mean(correlation(process.distances(rows, rows))[0]))
    explained = half.mean(axis=1)
    variance = process.variance * max(prior - float(explained @ explained), 0.0)
    return float(mean.mean()), float(np.sqrt(variance))


def _grid(column: Column) -> Sequence[float]:
    """Positions in [0, 1]: every value of a column that has few, an even spread otherwise."""
    if column.size is not None and column.size <= MOST_LISTED:
        return list(column.unit(column.every_code()).tolist())
    return list(np.linspace(0.0, 1.0, POINTS).tolist())
