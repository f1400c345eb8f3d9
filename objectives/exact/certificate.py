"""How good an optimum is, found by ways independent of how the optimum was found.

Two checks at answer time: the stationarity residual in the directions that no constraint blocks, and a scan
of feasible points, some spread over everything allowed and some crowding around the optimum.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from objectives.exact.point import Point
from objectives.exact.problem import Problem
from objectives.exact.sparsity import sparsity
from objectives.laws.law import Array

POINTS = 512
"""Points of the check scan, half of them around the optimum."""
REACH = 12.0
"""The closest points of the scan lie exp(-REACH) from the optimum, in log n and in log(1-S)."""
ROUNDING = 1e-12
RESIDUAL, GAP = 1e-6, 1e-10
"""What a certificate tolerates."""


@dataclass(frozen=True)
class Certificate:
    """Evidence that an optimum is the best configuration."""

    method: str
    """How n was found at given sparsity: "closed form" or "bracketed solve"."""
    free: tuple[str, ...]
    """Directions no active constraint blocks."""
    residual: float
    """Largest stationarity residual over the free directions, relative to the loss's slope in log n."""
    gap: float
    """How much lower a loss the scan found, relative; 0 where it found nothing better."""
    points: int
    """Feasible points the scan evaluated."""

    @property
    def holds(self) -> bool:
        """Whether both checks passed."""
        return self.residual <= RESIDUAL and self.gap <= GAP


def certificates(problem: Problem, chosen: Point) -> list[Certificate]:
    """One certificate for each budget; `problem` with all choices of the extra input, `chosen` with one."""
    method = "bracketed solve" if chosen.problem.closed_form(chosen.s) is None else "closed form"
    in_n, in_s = ~chosen.n_is_pinned, ~chosen.s_is_pinned
    residual = np.where(in_n, chosen.n_residual, 0.0)
    if in_s.any():
        residual = np.maximum(residual, np.where(in_s, np.abs(chosen.envelope_slope) / chosen.scale, 0.0))
    gap, points = _scan(problem, chosen)
    return [
        Certificate(
            method,
            (*(("n",) if in_n[row, 0] else ()), *(("sparsity",) if in_s[row, 0] else ())),
            float(residual[row, 0]),
            float(gap[row]),
            int(points[row]),
        )
        for row in range(len(gap))
    ]


def _scan(problem: Problem, chosen: Point) -> tuple[Array, npt.NDArray[np.int_]]:
    """How much better the best scanned point is, relative, and how many were feasible; shape (B,) each."""
    pairs = zip(_spread(problem), _around(chosen), strict=True)
    n, s, x, share = (np.concatenate(np.broadcast_arrays(*pair), axis=1) for pair in pairs)
    law, limits = problem.law, problem.limits
    extra = {law.extra.name: x} if law.extra else {}
    d = share * np.minimum(problem.flops / law.flops_per_token(n, s, **extra), limits.high("tokens"))
    feasible = (d >= limits.low("tokens")) & (n >= limits.low("n")) & (n <= limits.high("n"))
    feasible &= law.n_total(n, s) <= limits.high("total") * (1 + ROUNDING)
    best = np.where(feasible, law.loss(n, d, s, **extra), np.inf).min(axis=1, keepdims=True)
    gap = np.maximum(0.0, (chosen.loss - best) / np.abs(chosen.loss))
    return gap[:, 0], feasible.sum(axis=1)


def _spread(problem: Problem) -> tuple[Array, Array, Array, Array]:
    """(n, s, x, share of the affordable tokens) all over what is allowed; shape (B, POINTS / 2).

    A quarter of the points leave part of the tokens unbought, in case the law does not fall with d.
    """
    limits, (in_n, in_v, in_d) = problem.limits, _kronecker(POINTS // 2)
    low, high = (-np.log1p(-bound) for bound in (limits.low("sparsity"), limits.high("sparsity")))
    s = np.clip(sparsity(low + in_v * (high - low)), limits.low("sparsity"), limits.high("sparsity"))
    bottom = np.log(limits.low("n"))
    top = np.log(np.minimum(limits.high("n"), problem.flops / limits.low("tokens")))
    n = np.exp(bottom + in_n * np.maximum(top - bottom, 0.0))
    index = np.arange(POINTS // 2)
    share = np.where(index % 4 == 0, 0.05**in_d, 1.0)[None]
    return _within_total(problem, n, s), s, problem.x[:, index % problem.x.shape[1]], share


def _around(chosen: Point) -> tuple[Array, Array, Array, Array]:
    """The same about the optimum, at distances from exp(-REACH) to 1 on either side."""
    limits, (in_n, in_v, signs) = chosen.problem.limits, _kronecker(POINTS // 2)
    left, down = np.where(signs < 0.5, -1.0, 1.0), np.where((2 * signs) % 1 < 0.5, -1.0, 1.0)
    v = -np.log1p(-chosen.s) + down * np.exp(-REACH * in_v)
    s = np.clip(sparsity(v), limits.low("sparsity"), limits.high("sparsity"))
    n = np.clip(chosen.n * np.exp(left * np.exp(-REACH * in_n)), limits.low("n"), limits.high("n"))
    return _within_total(chosen.problem, n, s), s, chosen.problem.x, np.ones((1, 1))


def _within_total(problem: Problem, n: Array, s: Array) -> Array:
    """The cap on stored parameters is where many optima lie: larger sizes are moved onto it."""
    total = problem.law.n_total(n, s)
    cap = np.minimum(problem.limits.high("total"), total)
    return np.where(cap < total, problem.law.n_from_total(cap, s), n)


def _kronecker(count: int) -> Array:
    """Points of an additive recurrence, evenly spread over the unit cube; shape (3, count).

    Its steps are powers of the root of x^4 = x + 1, the generalised golden ratio.
    """
    ratio = 1.2207440846057596
    return (0.5 + np.outer(ratio ** -np.arange(1.0, 4.0), np.arange(1.0, count + 1.0))) % 1.0
