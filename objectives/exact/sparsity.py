"""The best sparsity: a scan of the whole range and a zoom into its best cell, in v = -log(1 - S).

At each S the best n is already known (`Problem.best`), so one function of one variable is left, the envelope.
It is continuous but may have kinks, where the set of active caps changes, and several minima. Hence no
derivatives: each round keeps the best point and its two neighbours, which finds kinks and ends to the last
digits; points crowd around the vertex of a parabola through the three, which makes smooth minima fast.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from objectives.exact.problem import Problem
from objectives.exact.roots import ULPS, crossing
from objectives.laws.law import Array
from spaces.errors import Infeasible

SCAN = 33
ZOOM = 17
CLOSER = 24.0 ** -np.arange(1.0, 9.0)
"""Distances from a guess, relative to the cell; the least is near the last digits of v."""
WIDTH = 1e-12
"""Final width of the cell in v; a smooth minimum is flat to the last digit long before."""
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
        best = np.argmin(values, axis=0)[None]
        cell = np.concatenate([np.maximum(best - 1, 0), best, np.minimum(best + 1, len(grid) - 1)])
        points = np.take_along_axis(grid, cell, axis=0)
        grid = _refined(points, _vertex(points, np.take_along_axis(values, cell, axis=0)))
        values = f(grid)
    found = np.take_along_axis(grid, np.argmin(values, axis=0)[None], axis=0)[0]
    bar = values.min(axis=0) + ULPS * np.abs(values[0])
    return np.where(at_low <= bar, low, np.where(at_high <= bar, high, found))


def _refined(points: Array, guess: Array) -> Array:
    """Points for the next round, sorted: evenly over the cell, for kinks, and ever closer to the guess."""
    left, right = points[0], points[2]
    even = left + (right - left) * _column(np.linspace(0.0, 1.0, ZOOM))
    near = guess + (right - left) * _column(np.concatenate([-CLOSER, [0.0], CLOSER]))
    return np.sort(np.concatenate([even, np.clip(near, left, right)]), axis=0)


def _vertex(points: Array, values: Array) -> Array:
    """Where the parabola through three points is least, within them; the middle one where there is none."""
    to_left, to_right = points[1] - points[0], points[2] - points[1]
    rise_left, rise_right = (values[0] - values[1]) * to_right, (values[2] - values[1]) * to_left
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = 0.5 * (rise_left * to_right - rise_right * to_left) / (rise_left + rise_right)
    inside = np.isfinite(shift) & (to_left > 0) & (to_right > 0)
    return np.asarray(np.clip(points[1] + np.where(inside, shift, 0.0), points[0], points[2]))


def _column(values: Array) -> Array:
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
        good, bad = np.where(at_low >= at_high, low, high), np.where(at_low >= at_high, high, low)
        cut = crossing(room, good, bad)
        low = np.where((at_low < 0) & (at_high >= 0), cut, low)
        high = np.where((at_high < 0) & (at_low >= 0), cut, high)
        feasible &= np.maximum(at_low, at_high) >= 0
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
