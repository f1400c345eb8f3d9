"""The best configuration of a law under a budget, with its certificate.

>>> from objectives import laws
>>> from objectives.budget import Budget
>>> best = optimum(laws.get("hoffmann", "tex"), Budget(5.76e23))
>>> f"{best.n:.3g} parameters, {best.tokens_per_param:.1f} tokens each, {best.certificate.method}"
'4.04e+10 parameters, 58.9 tokens each, closed form'
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np

from objectives.budget import Budget
from objectives.exact.certificate import Certificate, certificates
from objectives.exact.limits import Box
from objectives.exact.point import ActiveConstraint, Point
from objectives.exact.problem import Problem
from objectives.exact.sparsity import best_sparsity
from objectives.laws.law import Law


@dataclass(frozen=True)
class Optimum:
    """The configuration of least predicted loss that a budget allows."""

    n: float
    """Parameters in the law's own count."""
    n_active: float
    n_total: float
    tokens: float
    sparsity: float
    extra: dict[str, float]
    """The law's extra input, by name: chosen where it is a design choice, else as the budget states it."""
    flops: float
    """Training FLOPs spent."""
    loss: float
    active: tuple[ActiveConstraint, ...]
    certificate: Certificate

    @property
    def tokens_per_param(self) -> float:
        """D / N, in the law's own count."""
        return self.tokens / self.n

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; an unlimited extra input is None."""
        record = asdict(self) | {"tokens_per_param": self.tokens_per_param}
        record["extra"] = {name: value if isfinite(value) else None for name, value in self.extra.items()}
        record["certificate"]["holds"] = self.certificate.holds
        return record


def optimum(law: Law, budget: Budget | float, box: Box | None = None) -> Optimum:
    """The exact optimum of one budget, or of so many FLOPs without caps; see `optima`."""
    return optima(law, [budget if isinstance(budget, Budget) else Budget(budget)], box)[0]


def optima(law: Law, budgets: Sequence[Budget], box: Box | None = None) -> list[Optimum]:
    """The exact optimum of each budget, in one vectorised solve.

    Args:
        law: any law that falls with n and with d.
        budgets: FLOPs and caps; `Budget.with_flops` makes many that differ in FLOPs.
        box: a search space's own bounds, the same for all budgets.

    Raises:
        Infeasible: a budget, its caps and the box leave no configuration; the sentence names what clashes.
    """
    if not budgets:
        return []
    problem = Problem.of(law, budgets, box or Box())
    point = best_point(problem)
    columns = columns_of(point)
    rows = zip(point.active(), certificates(problem, point), strict=True)
    return [
        Optimum(**{name: values[row] for name, values in columns.items()}, active=active, certificate=proof)
        for row, (active, proof) in enumerate(rows)
    ]


def best_point(problem: Problem) -> Point:
    """The best configuration of each budget, over S and the choices of the extra input."""
    s, feasible = best_sparsity(problem)
    u = problem.best(s)
    loss = np.where(feasible, problem.loss(u, s), np.inf)
    choice = np.argmin(loss, axis=1)[:, None]
    chosen_s, chosen_u = (np.take_along_axis(values, choice, axis=1) for values in (s, u))
    return Point(problem.choose(choice), chosen_s, chosen_u)


def columns_of(point: Point) -> dict[str, list[Any]]:
    """The plain fields of `Optimum`, one value for each budget: all of it but its proof."""
    law = point.problem.law
    columns: dict[str, list[Any]] = {
        "n": point.n[:, 0].tolist(),
        "n_active": law.n_active(point.n, point.s)[:, 0].tolist(),
        "n_total": point.n_total[:, 0].tolist(),
        "tokens": point.tokens[:, 0].tolist(),
        "sparsity": point.s[:, 0].tolist(),
        "flops": point.flops[:, 0].tolist(),
        "loss": point.loss[:, 0].tolist(),
    }
    x = point.problem.x[:, 0].tolist()
    columns["extra"] = [{law.extra.name: value} if law.extra else {} for value in x]
    return columns
