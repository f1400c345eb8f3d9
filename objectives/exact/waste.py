"""The waste band: how far from the optimal size a model may be before it wastes a given share of the compute.

Our definition. A configuration wastes at most the share w if its loss is no higher than the best loss that
(1 - w) of the compute reaches at the same sparsity, extra input and caps. The band holds the sizes on the
budget curve for which that is so: an interval around the optimum, as the loss along the curve has one
minimum. Caps may cut it short.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from objectives.budget import Budget
from objectives.exact.limits import Box
from objectives.exact.optimum import Optimum
from objectives.exact.problem import Problem
from objectives.exact.roots import crossing
from objectives.laws.law import Array, Law

SHARES = (0.01, 0.05)
"""Shares of the compute for which reports state the band."""

Range = tuple[float, float]


@dataclass(frozen=True)
class WasteBand:
    """Configurations that waste at most a share of the compute; ranges run from the least to the most."""

    waste: float
    loss: float
    """The highest loss in the band."""
    n: Range
    """Parameters in the law's own count."""
    n_active: Range
    n_total: Range
    tokens: Range


def waste_bands(
    law: Law,
    budgets: Sequence[Budget],
    optima: Sequence[Optimum],
    box: Box | None = None,
    shares: Sequence[float] = SHARES,
) -> list[tuple[WasteBand, ...]]:
    """The band around each optimum for each share of the compute.

    Args:
        law: the law.
        budgets: as given to `objectives.exact.optima`.
        optima: what it returned for them.
        box: as given to it.
        shares: shares of the compute in (0, 1).
    """
    if not budgets:
        return []
    problem = Problem.of(law, budgets, box or Box())
    x = [[best.extra[law.extra.name] if law.extra else 0.0] for best in optima]
    problem = replace(problem, x=np.array(x))
    s, u = (np.array([[value] for value in values]) for values in zip(*_positions(optima), strict=True))
    columns = [_bands(problem, s, u, share) for share in shares]
    return list(zip(*columns, strict=True))


def _positions(optima: Sequence[Optimum]) -> list[tuple[float, float]]:
    return [(best.sparsity, float(np.log(best.n))) for best in optima]


def _bands(problem: Problem, s: Array, u: Array, share: float) -> list[WasteBand]:
    """The bands of all budgets for one share; `s` and `u` = log n have shape (B, 1)."""
    cheaper = problem.with_flops(1.0 - share)
    target = cheaper.loss(cheaper.best(s), s)
    ends = [
        crossing(lambda u: target - problem.loss(u, s), np.clip(u, *problem.ends(s)), end)
        for end in problem.ends(s)
    ]
    u = np.stack(ends)
    law, n, tokens = problem.law, problem.size(u, s), problem.bought(u, s)
    active, total = law.n_active(n, s), law.n_total(n, s)
    return [
        WasteBand(
            waste=share,
            loss=float(target[row, 0]),
            n=_range(n[:, row, 0]),
            n_active=_range(active[:, row, 0]),
            n_total=_range(total[:, row, 0]),
            tokens=_range(tokens[:, row, 0]),
        )
        for row in range(len(s))
    ]


def _range(ends: Array) -> Range:
    return float(ends.min()), float(ends.max())
