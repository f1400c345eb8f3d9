"""Several objectives, all minimised: which points no other beats, and how much they beat together.

A point dominates another if it is nowhere greater and somewhere less; equal points do not dominate each
other. The hypervolume of points is the volume of what they dominate below a reference point (Zitzler and
Thiele 1999): it grows whenever a point is added that nothing dominates.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MARGIN = 0.1
"""Of the range of a front, by which a reference that nobody gave lies beyond its worst values."""


def non_dominated(points: Array) -> Mask:
    """Which rows of `points`, shape (n, k), no other row dominates.

    >>> non_dominated(np.array([[1.0, 5.0], [2.0, 3.0], [3.0, 4.0], [2.0, 3.0]])).tolist()
    [True, True, False, True]
    """
    mask = np.ones(len(points), dtype=np.bool_)
    # A row can only be dominated by one before it in this order, and by one that nothing dominates.
    order = np.lexsort(points.T[::-1])
    front = np.empty_like(points)
    size = 0
    for place in order:
        point = points[place]
        below = (front[:size] <= point).all(axis=1)
        mask[place] = not (below & (front[:size] < point).any(axis=1)).any()
        if mask[place] and not below.any():
            front[size] = point
            size += 1
    return mask


def ranks(points: Array) -> npt.NDArray[np.intp]:
    """The front each row of `points`, shape (n, k), is in: 0 where nothing dominates it, 1 without those, ...

    >>> ranks(np.array([[1.0, 5.0], [2.0, 6.0], [3.0, 7.0], [5.0, 1.0]])).tolist()
    [0, 1, 2, 0]
    """
    rank = np.zeros(len(points), dtype=np.intp)
    left = np.arange(len(points))
    while len(left):
        first = non_dominated(points[left])
        left = left[~first]
        rank[left] += 1
    return rank


def hypervolume(points: Array, reference: Array) -> float:
    """Volume of what `points`, shape (n, k), dominate below `reference`, shape (k,); exact.

    Points that are not below the reference everywhere count for nothing. For two objectives the volume is a
    sum of rectangles, O(n log n); each further objective costs a factor n (the exclusive volumes of While,
    Bradstreet and Barone 2012, in order of the last objective).

    >>> hypervolume(np.array([[1.0, 3.0], [2.0, 2.0]]), np.array([4.0, 4.0]))
    5.0
    """
    return _volume(reference - points[(points < reference).all(axis=1)])


def _volume(sides: Array) -> float:
    """Volume of the union of boxes from the origin to rows of `sides`, shape (n, k), positive numbers."""
    if sides.shape[1] == 1:
        return float(sides.max(initial=0.0))
    sides = sides[np.lexsort(sides.T)[::-1]]  # longest in the last objective first
    if sides.shape[1] == 2:
        widest = np.maximum.accumulate(np.append(0.0, sides[:, 0]))
        return float(np.diff(widest) @ sides[:, 1])
    sides = sides[non_dominated(-sides)]
    total, before = 0.0, sides[:0, :-1]
    for side in sides:
        # Every earlier box is at least as long in the last objective, so what it leaves is a prism.
        shared = np.minimum(before, side[:-1])
        total += float(side[-1]) * (float(np.prod(side[:-1])) - _volume(shared))
        before = np.concatenate([before, side[None, :-1]])
    return total


def reference_point(points: Array, given: Sequence[float | None] | None = None) -> Array:
    """The reference of a hypervolume, shape (k,): what is given, the rest by a rule from `points` (n, k).

    The rule: beyond the worst value on the front of the points by a tenth of the front's range in that
    objective; of the range of all points where the front has none, and of 1 where they have none.
    """
    if given is not None and None not in given:
        return np.array(given, dtype=np.float64)
    front = points[non_dominated(points)]
    ranges = np.ptp(front, axis=0)
    ranges = np.where(ranges > 0.0, ranges, np.ptp(points, axis=0))
    ruled = front.max(axis=0) + MARGIN * np.where(ranges > 0.0, ranges, 1.0)
    if given is None:
        return np.asarray(ruled)
    return np.array([rule if number is None else number for rule, number in zip(ruled, given, strict=True)])
