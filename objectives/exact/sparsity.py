"""The best sparsity: a scan of the whole range and a zoom into its best cell, in v = -log(1 - S).

At each S the best n is already known (`Problem.best`), so one function of one variable is left, the envelope.
It is continuous but may have kinks, where the set of active caps changes, and several minima. Hence no
derivatives: each round keeps the cell of the best point, which finds kinks and ends to the last digits, and
crowds points around where the minimum would be if it were smooth, and if it were a kink, to be there soon.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from objectives.exact.problem import Problem
from objectives.exact.roots import ULPS, crossing
from objectives.laws.law import Array
from spaces.errors import Infeasible

SCAN = 33
ZOOM = 9
CLOSER = np.concatenate([-(0.01 ** np.arange(1.0, 7.0)), [0.0], 0.01 ** np.arange(1.0, 7.0)])
"""Offsets from a guess, relative to the cell; the least are near the last digits of v."""
WIDTH = 1e-11
"""Final width of the cell in v; a smooth minimum is flat to the last digit long before."""
TIE = 1e-14
"""Relative difference of losses that is rounding."""
ROUNDING = 1e-12
"""Slack by which bounds that meet exactly may miss each other."""

Mask = npt.NDArray[np.bool_]


def sparsity(v: Array) -> Array:
    """S = 1 - exp(-v)."""
    return -np.expm1(-v)


def envelope(problem: Problem, v: Array) -> Array:
    """Least loss at each v, over n."""
    s = sparsity(v)
    return problem.loss(problem.best(s), s)


def best_sparsity(problem: Problem) -> tuple[Array, Mask]:
    """The sparsity of least loss for each budget and choice of the extra input, shape (B, X).

    Returns:
        The sparsities, and which choices leave any configuration at all.

    Raises:
        Infeasible: a budget has no such choice; the sentence names the constraints that clash.
    """
    low, high, feasible = _feasible_range(problem)
    if not np.all(feasible.any(axis=1)):
        raise Infeasible(_clash(problem, int(np.argmin(feasible.any(axis=1)))))
    v = _zoom(lambda v: envelope(problem, v), low, high)
    s = np.clip(sparsity(v), problem.limits.low("sparsity"), problem.limits.high("sparsity"))
    return s, feasible


def _zoom(f: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Where f is least in [low, high], elementwise; an end wins a tie."""
    if not np.any(high > low):
        return low
    grid = low + (high - low) * _column(np.linspace(0.0, 1.0, SCAN))
    values = f(grid)
    at_low, at_high = values[0], values[-1]
    while np.any((grid[-1] - grid[0] > WIDTH) & (np.ptp(values, axis=0) > ULPS * np.abs(values[0]))):
        near = np.clip(np.argmin(values, axis=0) + _column(np.arange(-2, 3)), 0, len(grid) - 1)
        grid = _refined(*(np.take_along_axis(array, near, axis=0) for array in (grid, values)))
        values = f(grid)
    found = np.take_along_axis(grid, np.argmin(values, axis=0)[None], axis=0)[0]
    bar = values.min(axis=0) + TIE * np.abs(values[0])
    return np.where(at_low <= bar, low, np.where(at_high <= bar, high, found))


def _refined(x: Array, fx: Array) -> Array:
    """Points of the next round, sorted, between x[1] and x[3] of the five around the best."""
    width = x[3] - x[1]
    even = x[1] + width * _column(np.linspace(0.0, 1.0, ZOOM))
    guesses = [
        np.clip(np.where(np.isfinite(g), g, x[2]), x[1], x[3]) for g in (_vertex(x, fx), _corner(x, fx))
    ]
    crowds = [np.clip(guess + width * _column(CLOSER), x[1], x[3]) for guess in guesses]
    return np.sort(np.concatenate([even, *crowds]), axis=0)


def _vertex(x: Array, fx: Array) -> Array:
    """Where the parabola through the three middle points is least: the guess for a smooth minimum."""
    to_left, to_right = x[2] - x[1], x[3] - x[2]
    rise_left, rise_right = (fx[1] - fx[2]) * to_right, (fx[3] - fx[2]) * to_left
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(
            x[2] + 0.5 * (rise_left * to_right - rise_right * to_left) / (rise_left + rise_right)
        )


def _corner(x: Array, fx: Array) -> Array:
    """Where the lines through the two points on either side meet: the guess for a kink."""
    with np.errstate(divide="ignore", invalid="ignore"):
        left, right = (fx[1] - fx[0]) / (x[1] - x[0]), (fx[4] - fx[3]) / (x[4] - x[3])
        return np.asarray((fx[3] - fx[1] + left * x[1] - right * x[3]) / (left - right))


def _column(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values.reshape(-1, 1, 1)


def _feasible_range(problem: Problem) -> tuple[Array, Array, Mask]:
    """Ends of the sparsities that leave some n, as v of shape (B, X), and where there are any.

    Both conditions on S are monotone, so what they leave is an interval.
    """
    shape = problem.x.shape
    low, high = (np.broadcast_to(end, shape) for end in _stated_range(problem))
    feasible = np.ones(shape, dtype=np.bool_)
    for room in _rooms(problem):
        at_low, at_high = room(low), room(high)
        feasible &= np.maximum(at_low, at_high) >= 0
        if np.array_equal(at_low < 0, at_high < 0):  # no constraint starts or ends to bind in between
            continue
        good, bad = np.where(at_low >= at_high, low, high), np.where(at_low >= at_high, high, low)
        cut = crossing(room, good, bad)
        low = np.where((at_low < 0) & (at_high >= 0), cut, low)
        high = np.where((at_high < 0) & (at_low >= 0), cut, high)
    return low, high, feasible


def _stated_range(problem: Problem) -> tuple[Array, Array]:
    return (
        -np.log1p(-problem.limits.low("sparsity")),
        -np.log1p(-problem.limits.high("sparsity")),
    )


def _rooms(problem: Problem) -> list[Callable[[Array], Array]]:
    """How far, in log n, the largest n that each constraint allows at v lies above the smallest."""
    smallest = np.log(problem.limits.low("n"))
    return [
        lambda v: problem.largest_by_total(sparsity(v)) - smallest + ROUNDING,
        lambda v: problem.largest_by_flops(sparsity(v)) - smallest + ROUNDING,
    ]


def _clash(problem: Problem, row: int) -> str:
    """Why this budget has no configuration."""
    low, high = _stated_range(problem)
    _, by_flops = _rooms(problem)
    n, tokens, total = (
        problem.limits.tightest(bounds, row) for bounds in ("n_lower", "tokens_lower", "total_upper")
    )
    if np.all(np.maximum(by_flops(low), by_flops(high))[row] < 0):
        return f"no configuration: the budget ({problem.flops[row, 0]:g} FLOPs) cannot train {n} on {tokens}"
    return f"no configuration: {total} leaves no room for {n} at any sparsity the other constraints allow"
