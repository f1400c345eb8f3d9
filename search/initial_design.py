"""The first trials of a search: the default configuration, then points drawn in towards it.

In many dimensions nearly all of a box lies near its faces, and evenly spread points are further from the best
configuration than its middle is. Where n points are all there will be, the nearest of them is expected to be
nearest if they spread sqrt(log(n) / d) as far as the best configuration may (Meunier et al. 2020, "Variance
reduction for better sampling in continuous domains"): half of the box for 12 points in 10 dimensions, all of
it in one.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from spaces.encoding import FILL, Encoder, Kind

Array = npt.NDArray[np.float64]


def share_of_box(points: int, dimensions: int) -> float:
    """How far the points of a design spread, as a share of the box; at most 1."""
    return float(min(1.0, np.sqrt(np.log(points) / max(dimensions, 1))))


def middle_of(encoder: Encoder) -> Array:
    """Row of the default configuration, shape (d,).

    The default of an ordered choice is its first item unless somebody says otherwise, of which ConfigSpace
    keeps no record: its middle is taken in place of it.
    """
    row = np.full(len(encoder.columns), FILL)
    for j, column in enumerate(encoder.columns):
        if column.kind is not Kind.ORDINAL:
            row[j] = column.cell(encoder.space[column.name].default_value)
    return np.where(np.isnan(row), FILL, row)


def drawn_in(
    source: Callable[[int], Array], encoder: Encoder, middle: Array, share: float
) -> Callable[[int], Array]:
    """The middle and the points of `source`, those of its first call drawn in towards the middle.

    Later calls are for a constraint that forbids all of the first: they cover the whole space.

    Args:
        source: n -> the next n rows, shape (n, d).
        encoder: of the space; categorical columns stay as they are.
        middle: row of shape (d,).
        share: of the way from the middle that is left.
    """
    numeric, first = ~encoder.categorical, True

    def rows(n: int) -> Array:
        nonlocal first
        points = source(n)
        if first:
            first = False
            points = np.vstack([middle, np.where(numeric, middle + share * (points - middle), points)])
        return points

    return rows
