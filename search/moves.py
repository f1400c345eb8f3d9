"""How rows move in a space: random steps at a scale, and up to the boundary of what is feasible.

The known constraint is a black box that says yes or no, and the best configuration often lies on its
boundary. A segment from a feasible to an infeasible row crosses it; cutting the segment short finds where.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spaces.encoding import Encoder, Kind

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

PARTS = 8
"""Of a segment, tested at once: calls of a constraint cost more than rows."""

JUMP = 0.3
"""Probability that a discrete cell changes in a step that touches its column."""


@dataclass(frozen=True)
class Moves:
    """Moves within one space; all rows returned are canonical and have shape (n, d).

    Args:
        encoder: of the space.
        feasible: which rows are legal and satisfy the known constraint, shape (n,).
    """

    encoder: Encoder
    feasible: Callable[[Array], Mask]

    @property
    def floats(self) -> Mask:
        """Columns that vary continuously, shape (d,)."""
        return np.array([column.kind is Kind.FLOAT for column in self.encoder.columns])

    def around(self, parents: Array, scales: npt.ArrayLike, rng: np.random.Generator, cuts: int) -> Array:
        """Feasible rows about as far from their parents as `scales` say, on the boundary where it is near.

        Args:
            parents: rows of shape (m, d), one child each.
            scales: standard deviation of the step of float cells, broadcast to (m,).
            rng: source of randomness.
            cuts: of the segments that cross the boundary, each to an eighth of its length.
        """
        children = self.encoder.canonical(self._stepped(parents, np.broadcast_to(scales, len(parents)), rng))
        ok = self.feasible(children)
        inside, outside = children[ok], children[~ok]
        if not len(inside) or not len(outside):
            return inside
        partners = inside[rng.integers(len(inside), size=len(outside))]
        return np.concatenate([inside, self.towards(partners, outside, cuts)])

    def towards(self, inside: Array, outside: Array, cuts: int) -> Array:
        """The last feasible row on the way from each feasible row to its infeasible partner.

        Every segment is cut `cuts` times to its first eighth that crosses the boundary: three bisections for
        one call of the constraint. Rows that rounding to canonical form pushed across it are left out.
        """
        fractions = np.arange(1, PARTS) / PARTS
        span = outside - inside
        for _ in range(cuts):
            between = inside[:, None, :] + fractions[:, None] * span[:, None, :]
            ok = self.feasible(between.reshape(-1, inside.shape[1])).reshape(len(inside), PARTS - 1)
            passed = np.cumprod(ok, axis=1).sum(axis=1) / PARTS
            inside, span = inside + passed[:, None] * span, span / PARTS
        inside = self.encoder.canonical(inside)
        return inside[self.feasible(inside)]

    def _stepped(self, parents: Array, scales: Array, rng: np.random.Generator) -> Array:
        """Gaussian steps in some columns of each row; discrete cells change by chance, by a bin or more."""
        m, d = parents.shape
        touched = rng.random((m, d)) < max(0.5, 2.0 / d)
        touched[np.arange(m), rng.integers(d, size=m)] = True
        steps = scales[:, None] * rng.standard_normal((m, d))
        jumps, choices = rng.random((m, d)) < JUMP, rng.random((m, d))
        moved = parents + steps
        for j, column in enumerate(self.encoder.columns):
            if column.size is None:
                continue
            touched[:, j] &= jumps[:, j]
            bins = np.copysign(np.maximum(np.abs(steps[:, j]), 1.0 / column.size), steps[:, j])
            moved[:, j] = choices[:, j] if column.kind is Kind.CATEGORICAL else parents[:, j] + bins
        return np.clip(np.where(touched, moved, parents), 0.0, 1.0)
