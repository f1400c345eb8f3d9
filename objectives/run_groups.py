"""Rows of a table that belong together, and how a sentence names them."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array

Rows = npt.NDArray[np.intp]

_NAMED = 5


def groups(columns: Sequence[npt.NDArray[np.generic]], least: int = 2) -> Iterator[Rows]:
    """Positions of rows that agree in all columns, in groups of at least so many, ordered by value."""
    if not columns or len(columns[0]) == 0:
        return
    codes = np.stack([np.unique(column, return_inverse=True)[1].ravel() for column in columns], axis=1)
    _, group, counts = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(group.ravel(), kind="stable")
    ends = np.cumsum(counts)
    for large in np.flatnonzero(counts >= least):
        yield order[ends[large] - counts[large] : ends[large]]


def rounded(column: Array, relative: float = 1e-6) -> Array:
    """Values to a relative precision, so that those closer than it (nearly always) become equal."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.round(np.log(column) / relative))


def name_rows(numbers: Sequence[int] | npt.NDArray[np.intp]) -> str:
    """The first rows by number.

    >>> name_rows([3, 1])
    'rows 1, 3'
    """
    first = sorted(int(number) for number in numbers)
    rest = len(first) - _NAMED
    named = f"row{'s' * (len(first) != 1)} {', '.join(map(str, first[:_NAMED]))}"
    return named + (f" and {rest} more" if rest > 0 else "")
