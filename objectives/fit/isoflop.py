"""IsoFLOP profiles: at each budget, the size of least loss as the runs themselves show it.

A check of a fitted law, never the estimator: a parabola through a one-sided or wide sweep is biased, and
a profile uses only the runs of one budget (Hoffmann et al. 2022, Approach 2).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from scipy.interpolate import Akima1DInterpolator

from objectives.laws.law import Array
from objectives.run_groups import Rows, groups, rounded
from objectives.runs import Runs

SAME_BUDGET = 0.05
"""Relative difference of FLOPs up to which runs belong to one sweep."""
LEAST_SIZES = 4
"""Sizes a sweep has; a parabola through three has nothing to contradict it."""
LEAST_SPAN = 2.0
"""Factor from the smallest to the largest size of a sweep."""
SAME_SIZE = 0.02
"""Relative difference up to which two sizes, or amounts of tokens, count as one."""
NEIGHBOURS = 2
"""Sizes on either side of the best that the parabola goes through: a wide sweep is no parabola."""
GRID = 4001


class Reading(StrEnum):
    """How the minimum of a sweep is read."""

    PARABOLA = "parabola"
    """Least squares in ln N through the best size and its neighbours: averages noise."""
    AKIMA = "akima"
    """Interpolation through all sizes, as Porian et al. 2024 do."""


class Shape(StrEnum):
    """Where the minimum lies among the sampled sizes."""

    CENTRED = "centred"
    OFF_CENTRE = "off-centre"
    """One size, or none, on one side of the minimum."""
    ONE_SIDED = "one-sided"
    """The loss only falls, or only rises, over the sampled sizes: the best of them bounds the optimum."""


@dataclass(frozen=True)
class Profile:
    """One sweep of sizes at (nearly) equal cost."""

    flops: float
    n: float
    """Size of least loss, in the table's count; the best size sampled where the sweep is one-sided."""
    tokens: float
    loss: float
    sparsity: float
    extra: dict[str, float]
    shape: Shape
    rows: tuple[int, ...]
    """The runs behind it, numbered as in the file."""

    @property
    def one_sided(self) -> bool:
        """Whether the sweep only bounds the optimum."""
        return self.shape is Shape.ONE_SIDED

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; how many runs instead of which."""
        return {
            "flops": self.flops,
            "n": self.n,
            "tokens": self.tokens,
            "loss": self.loss,
            "sparsity": self.sparsity,
            "extra": dict(self.extra),
            "shape": str(self.shape),
            "runs": len(self.rows),
        }


@dataclass(frozen=True)
class Exponents:
    """Slopes of ln N* and ln D* by ln C over several budgets, with standard errors (None for two budgets)."""

    n: float
    tokens: float
    n_error: float | None
    tokens_error: float | None
    budgets: int

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "n": self.n,
            "tokens": self.tokens,
            "n_error": self.n_error,
            "tokens_error": self.tokens_error,
            "budgets": self.budgets,
        }


def profiles(runs: Runs, reading: Reading = Reading.PARABOLA) -> tuple[Profile, ...]:
    """Every sweep in a table: rows of nearly equal FLOPs, and alike in all but N and D. In order of FLOPs.

    Of several runs at one size the best counts. A table without sweeps has no profiles.
    """
    alike = [runs.sparsity, *(rounded(column) for column in runs.extra.values())]
    found = [
        _profile(runs, sweep, reading) for rows in groups(alike, LEAST_SIZES) for sweep in _sweeps(runs, rows)
    ]
    return tuple(sorted(found, key=lambda profile: (profile.sparsity, profile.flops)))


def exponents(found: Sequence[Profile]) -> Exponents | None:
    """Exponents of N*(C) and D*(C) from all profiles that have an optimum; None from fewer than two budgets.

    Profiles that differ in S or in the extra input share the slopes, not the levels.
    """
    usable = [profile for profile in found if not profile.one_sided]
    return slopes(
        np.array([profile.flops for profile in usable]),
        np.array([profile.n for profile in usable]),
        np.array([profile.tokens for profile in usable]),
        [(profile.sparsity, *profile.extra.values()) for profile in usable],
    )


def slopes(flops: Array, n: Array, tokens: Array, levels: Sequence[tuple[float, ...]]) -> Exponents | None:
    """Log-log regression of N* and D* on C, shape (K,) each, with a level for each kind of runs."""
    if len(flops) < 2:
        return None
    kinds = list(dict.fromkeys(levels))
    kind = np.array([kinds.index(level) for level in levels])
    x, y, z = (_centred(np.log(values), kind) for values in (flops, n, tokens))
    spread = float(x @ x)
    if spread < 1e-12:
        return None
    freedom = len(x) - len(kinds) - 1
    (a, a_error), (b, b_error) = (_slope(x, values, spread, freedom) for values in (y, z))
    return Exponents(a, b, a_error, b_error, len(x))


def _slope(x: Array, y: Array, spread: float, freedom: int) -> tuple[float, float | None]:
    slope = float(x @ y) / spread
    rest = y - slope * x
    return slope, float(np.sqrt(rest @ rest / freedom / spread)) if freedom > 0 else None


def _centred(values: Array, kind: Rows) -> Array:
    """Each kind about its own mean."""
    return np.asarray(values - (np.bincount(kind, values) / np.bincount(kind))[kind])


def _sweeps(runs: Runs, rows: Rows) -> Iterator[Rows]:
    """Rows of nearly equal cost that cover several sizes, the best run of each size, in order of size."""
    for budget in _budgets(np.log(runs.flops[rows])):
        members = rows[budget]
        best = _best_of_sizes(runs, members[np.argsort(runs.n[members], kind="stable")])
        sizes = runs.n[best]
        if len(best) >= LEAST_SIZES and sizes[-1] >= LEAST_SPAN * sizes[0]:
            yield best


def _best_of_sizes(runs: Runs, ordered: Rows) -> Rows:
    """Of rows in order of size, the one of least loss among those of (nearly) one size."""
    size = np.concatenate([[0], np.cumsum(np.diff(np.log(runs.n[ordered])) > SAME_SIZE)])
    order = np.lexsort((runs.loss[ordered], size))
    return ordered[order[np.unique(size[order], return_index=True)[1]]]


def _budgets(log_flops: Array) -> Iterator[Rows]:
    """Groups of rows within the tolerance of a common cost: the most crowded first, then among the rest."""
    order = np.argsort(log_flops, kind="stable")
    while len(order) >= LEAST_SIZES:
        costs = log_flops[order]
        left = np.searchsorted(costs, costs - SAME_BUDGET, side="left")
        right = np.searchsorted(costs, costs + SAME_BUDGET, side="right")
        at = int(np.argmax(right - left))
        if right[at] - left[at] < LEAST_SIZES:
            return
        yield order[left[at] : right[at]]
        order = np.concatenate([order[: left[at]], order[right[at] :]])


def _profile(runs: Runs, sweep: Rows, reading: Reading) -> Profile:
    x, y = np.log(runs.n[sweep]), np.log(runs.loss[sweep])
    best = int(np.argmin(y))
    at, low = _parabola(x, y, best) if reading is Reading.PARABOLA else _akima(x, y)
    shape = _shape(x, best, at)
    if shape is Shape.ONE_SIDED:
        at, low = float(x[best]), float(y[best])
    product = float(np.median(x + np.log(runs.tokens[sweep])))
    return Profile(
        float(np.median(runs.flops[sweep])),
        float(np.exp(at)),
        float(np.exp(product - at)),
        float(np.exp(low)),
        float(runs.sparsity[sweep[0]]),
        {name: float(column[sweep[0]]) for name, column in runs.extra.items()},
        shape,
        tuple(int(row) for row in np.sort(runs.rows[sweep])),
    )


def _parabola(x: Array, y: Array, best: int) -> tuple[float, float]:
    """Vertex of the parabola through the best size and its neighbours; NaN where it opens downwards."""
    near = slice(max(0, best - NEIGHBOURS), best + NEIGHBOURS + 1)
    curvature, slope, level = np.polyfit(x[near] - x[best], y[near], 2)
    if curvature <= 0:
        return float("nan"), float("nan")
    return float(x[best] - slope / (2 * curvature)), float(level - slope**2 / (4 * curvature))


def _akima(x: Array, y: Array) -> tuple[float, float]:
    grid = np.linspace(x[0], x[-1], GRID)
    curve = Akima1DInterpolator(x, y)(grid)
    at = int(np.argmin(curve))
    return float(grid[at]), float(curve[at])


def _shape(x: Array, best: int, at: float) -> Shape:
    if best in (0, len(x) - 1) or not x[0] < at < x[-1]:
        return Shape.ONE_SIDED
    fewest = min(int((x < at).sum()), int((x > at).sum()))
    return Shape.CENTRED if fewest >= 2 else Shape.OFF_CENTRE
