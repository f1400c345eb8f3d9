"""Non-dominated sorting of two costs: which options no other option beats in both.

A point dominates another if it is at most as dear in both costs and cheaper in one. Equal points do not
dominate each other. Sorting once makes a front a running minimum, so that each costs O(n).
"""

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array

Mask = npt.NDArray[np.bool_]


def non_dominated(costs: Array) -> Mask:
    """Which rows of `costs`, shape (n, 2), no other row dominates.

    >>> non_dominated(np.array([[1.0, 5.0], [2.0, 3.0], [3.0, 4.0], [2.0, 3.0]])).tolist()
    [True, True, False, True]
    """
    order = np.lexsort((costs[:, 1], costs[:, 0]))
    mask = np.empty(len(costs), dtype=bool)
    mask[order] = _sorted_front(costs[order])
    return mask


def ranks(costs: Array) -> npt.NDArray[np.intp]:
    """The front each row is in: 0 where nothing dominates it, 1 once those are taken away, and so on.

    Args:
        costs: shape (n, 2).
    """
    order = np.lexsort((costs[:, 1], costs[:, 0]))
    rank = np.empty(len(costs), dtype=np.intp)
    front = 0
    while order.size:
        first = _sorted_front(costs[order])
        rank[order[first]] = front
        order, front = order[~first], front + 1
    return rank


def _sorted_front(costs: Array) -> Mask:
    """As `non_dominated`, for rows sorted by the first cost and then by the second."""
    if len(costs) == 0:
        return np.zeros(0, dtype=bool)
    second = costs[:, 1]
    least = np.minimum.accumulate(second)
    new = np.append(True, least[1:] < least[:-1])
    first_to_reach = np.maximum.accumulate(np.where(new, np.arange(len(costs)), 0))
    return np.asarray((second == least) & (costs[:, 0] == costs[first_to_reach, 0]), dtype=np.bool_)
