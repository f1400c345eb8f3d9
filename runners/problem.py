"""The problem behind a law search: law, budget and the space's own bounds, which the exact solver answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ConfigSpace import (
    ConfigurationSpace,
    Constant,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)

from objectives.budget import Budget
from objectives.exact import Box, Optimum, optimum
from objectives.law_objectives import LawObjective
from objectives.laws import Law
from spaces.errors import BadInput


@dataclass(frozen=True)
class Problem:
    """What a search over a law is about, without the search."""

    law: Law
    budget: Budget
    box: Box

    @classmethod
    def of(cls, objective: LawObjective, space: ConfigurationSpace) -> "Problem":
        """The problem a search over `space` solves.

        Raises:
            BadInput: the space allows a sparsity the law is not defined for.
        """
        law, budget = objective.law, objective.budget
        fixed = budget.sparsity or 0.0
        sparsity = _bounds(space, "sparsity") or (fixed, fixed)
        if sparsity[1] > law.max_sparsity:
            expected = f"at most {law.max_sparsity:g}, the largest of the {law.family} law"
            raise BadInput.of("sparsity", expected, f"{sparsity[1]:g}")
        box = Box(n=_bounds(space, law.count.value), tokens=_bounds(space, "tokens"), sparsity=sparsity)
        return cls(law, budget, box)

    def solve(self) -> Optimum:
        """The certified optimum; raises `Infeasible` where nothing satisfies the constraints."""
        return optimum(self.law, self.budget, self.box)


def _bounds(space: ConfigurationSpace, name: str) -> tuple[float, float] | None:
    """Lower and upper end of a numeric parameter; `None` where the space has none of this name."""
    if name not in space:
        return None
    parameter = space[name]
    if isinstance(parameter, UniformFloatHyperparameter | UniformIntegerHyperparameter):
        return float(parameter.lower), float(parameter.upper)
    values = [float(value) for value in _listed(parameter)]
    return min(values), max(values)


def _listed(parameter: Any) -> Sequence[Any]:
    """The values of a parameter that lists them."""
    if isinstance(parameter, Constant):
        return [parameter.value]
    sequence: Sequence[Any] = getattr(parameter, "sequence", None) or parameter.choices
    return sequence
