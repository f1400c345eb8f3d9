"""How much of a function's variance each parameter accounts for: Sobol' indices, over the feasible rows.

- Alone (first order): Var E[f | x_j] / Var f, from the means of f over slices of x_j (the correlation ratio).
- With others (total): E[(f(x) - f(x'))^2] / (2 Var f), x' being x with x_j drawn anew (Jansen 1999).

Where every row is feasible, parameters are independent and these are the indices of Sobol' (2001): first
orders add up to at most 1, totals to at least 1. Under a constraint only moves that stay feasible count, and
what a parameter says about others that the constraint ties it to counts as its own in the first order.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spaces.encoding import Encoder

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Rows = Callable[[Array], Array]

SAMPLES = 2048
"""Feasible rows wanted."""
MOST_DRAWS = 2**17
SLICES = 32
"""Of a parameter that varies continuously, equally full."""


@dataclass(frozen=True)
class Sample:
    """Feasible rows of a space and rows to move them with, from one low-discrepancy sequence.

    Rows are raw: cells of inactive parameters hold draws too, for a move may activate them.
    """

    encoder: Encoder
    feasible: Callable[[Array], Mask]
    rows: Array
    """Shape (n, d)."""
    others: Array
    """Shape (n, d), independent of `rows`; not all feasible."""

    @classmethod
    def of(cls, encoder: Encoder, feasible: Callable[[Array], Mask]) -> "Sample":
        """At most `SAMPLES` feasible rows, fewer where the feasible part is small.

        Args:
            encoder: of the space.
            feasible: which canonical rows are legal and satisfy the known constraint.
        """
        from scipy.stats import qmc  # half a second to import

        d = len(encoder.columns)
        sequence = qmc.Sobol(2 * d, seed=np.random.default_rng(0))
        found, drawn, batch = [np.empty((0, 2 * d))], 0, SAMPLES
        while sum(map(len, found)) < SAMPLES and drawn < MOST_DRAWS:
            points = sequence.random(batch)
            found.append(points[feasible(encoder.canonical(points[:, :d]))])
            drawn, batch = drawn + batch, drawn + batch
        both = np.concatenate(found)[:SAMPLES]
        return cls(encoder, feasible, both[:, :d], both[:, d:])

    def moved(self, column: int) -> tuple[Array, Mask]:
        """The rows with one column from the others, raw, shape (n, d); and which of them are feasible."""
        rows = self.rows.copy()
        rows[:, column] = self.others[:, column]
        return rows, self.feasible(self.encoder.canonical(rows))


def indices(function: Rows, sample: Sample) -> tuple[Array, Array]:
    """First-order and total indices of every column, shapes (d,) and (d,); zero for a constant function.

    Args:
        function: canonical rows (m, d) -> values (m,).
        sample: of the space.
    """
    encoder = sample.encoder
    rows = encoder.canonical(sample.rows)
    values, active = function(rows), encoder.active(sample.rows)
    variance, d = float(values.var()), len(encoder.columns)
    first, total = np.zeros(d), np.zeros(d)
    if not variance > 0.0:
        return first, total
    for j, column in enumerate(encoder.columns):
        slices = _slices(rows[:, j], active[:, j], column.size)
        first[j] = correlation_ratio(values, slices)
        moved, ok = sample.moved(j)
        if ok.any():
            changes = function(encoder.canonical(moved[ok])) - values[ok]
            total[j] = 0.5 * float(np.mean(changes**2)) / variance
    return first, total


def _slices(cells: Array, active: Mask, size: float | None) -> npt.NDArray[np.intp]:
    """The slice of every row by one column, shape (n,): its value if they are few; inactive rows are one."""
    if size is None or size > SLICES:
        order = np.argsort(np.argsort(cells, kind="stable"))
        slices = order * SLICES // len(cells)
    else:
        slices = np.unique(cells, return_inverse=True)[1].ravel()
    return np.where(active, slices, -1)


def correlation_ratio(values: Array, slices: npt.NDArray[np.intp]) -> float:
    """Share of the variance of values (n,) between slices (n,), less what chance puts there, in [0, 1]."""
    _, groups, counts = np.unique(slices, return_inverse=True, return_counts=True)
    n, k = len(values), len(counts)
    means = np.bincount(groups, values) / counts
    within = float(np.sum((values - means[groups]) ** 2))
    whole = float(np.sum((values - values.mean()) ** 2))
    if k == 1 or k == n or whole == 0.0:
        return 0.0
    return float(np.clip(1.0 - (within / (n - k)) * (n - 1) / whole, 0.0, 1.0))
