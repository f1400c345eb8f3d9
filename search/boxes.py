"""What a front leaves to be won: the region below a reference that no point dominates, cut into boxes.

A new point gains the volume of the part of that region which it dominates. Over a box the gain is a product
of one factor for each objective, so expectations of it have closed forms.

The region is swept along the last objective: between two points it looks the same in every cross-section,
which is a region of one objective less. A box of a cross-section that the next one has as well is made
longer, not cut: two objectives give n + 1 boxes, three at most 2 n + 1.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

Corner = tuple[float, ...]
Box = tuple[Corner, Corner]
"""Lower and upper corner."""


def undominated_boxes(points: Array, reference: Array) -> tuple[Array, Array]:
    """Disjoint boxes: the region below `reference` (k,) that no row of `points` (n, k) dominates.

    Returns:
        Lower and upper corners, shape (b, k) each; the region has no lower bounds, so some are -inf.
    """
    below = points[(points < reference).all(axis=1)]
    found = sorted(_boxes([tuple(point) for point in below.tolist()], tuple(reference.tolist())))
    lower, upper = zip(*found, strict=True)
    return np.array(lower), np.array(upper)


def _boxes(points: Iterable[Corner], reference: Corner) -> list[Box]:
    """The boxes, in no particular order."""
    if len(reference) == 1:
        return [((-np.inf,), min([*points, reference]))]
    rest, end = reference[:-1], reference[-1]
    begun: dict[Box, float] = dict.fromkeys(_boxes([], rest), -np.inf)
    done: list[Box] = []
    passed: list[Corner] = []
    for point in sorted(points, key=lambda point: point[-1]):
        if any(all(a <= b for a, b in zip(other, point, strict=False)) for other in passed):
            continue  # dominated already within the cross-section
        passed = [other for other in passed if any(a < b for a, b in zip(other, point, strict=False))]
        passed.append(point[:-1])
        section = _boxes(passed, rest)
        kept = {box: begun.get(box, point[-1]) for box in section}
        done += [_prism(box, start, point[-1]) for box, start in begun.items() if box not in kept]
        begun = kept
    done += [_prism(box, start, end) for box, start in begun.items()]
    return [box for box in done if box[0][-1] < box[1][-1]]


def _prism(section: Box, start: float, end: float) -> Box:
    """A box of a cross-section, from one value of the last objective to another."""
    lower, upper = section
    return (*lower, start), (*upper, end)
