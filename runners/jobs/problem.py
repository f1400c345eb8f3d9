"""The problem behind a law search: law, budget and the space's own bounds, which the exact solver answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ConfigSpace import ConfigurationSpace, Constant
from ConfigSpace.hyperparameters import FloatHyperparameter, IntegerHyperparameter

from objectives.budget import Budget
from objectives.exact import Box, Optimum, optimum
from objectives.law_objectives import ROUNDING, LawObjective
from objectives.laws import Law
from spaces.errors import BadInput, Mistakes
from spaces.fixing import fixed_value


@dataclass(frozen=True)
class Problem:
    """What a search over a law is about, without the search."""

    law: Law
    budget: Budget
    box: Box
    exact: bool = True
    """Whether the box is the whole space; if not, the space leaves parts of it out (integers, lists,
    conditions, forbidden clauses) and the optimum is only a bound on what a search can find."""

    @classmethod
    def of(cls, objective: LawObjective, space: ConfigurationSpace) -> "Problem | None":
        """The problem a search over `space` solves.

        None if the law's extra input varies over a range: the solver only compares listed values of it.

        Raises:
            BadInput: the space holds values the law is not defined for, or contradicts the fixed sparsity.
        """
        law, budget = objective.law, objective.budget
        found = Mistakes()
        sparsity, extra = (0.0, 0.0), None
        with found.within(""):
            sparsity = _sparsity(law, budget, space)
        with found.within(""):
            extra = _extra(law, space)
        found.settle()
        if law.extra is not None and extra is None and law.extra.name in space:
            return None
        names = (law.count.value, "tokens", "sparsity")
        box = Box(_bounds(space, names[0]), _bounds(space, "tokens"), sparsity, extra)
        whole = not space.conditions and not space.forbidden_clauses
        return cls(law, budget, box, whole and all(_is_interval(space, name) for name in names))

    def solve(self) -> Optimum:
        """The certified optimum; raises `Infeasible` where nothing satisfies the constraints."""
        return optimum(self.law, self.budget, self.box)


def _sparsity(law: Law, budget: Budget, space: ConfigurationSpace) -> tuple[float, float]:
    """Lower and upper end of S; where the space has none, the budget's fixed one, or 0."""
    fixed = budget.sparsity
    bounds = _bounds(space, "sparsity") or (fixed or 0.0, fixed or 0.0)
    if fixed is not None and max(abs(end - fixed) for end in bounds) > ROUNDING:
        expected = f"no parameter, for budget.sparsity fixes it at {fixed:g}"
        raise BadInput.of("sparsity", expected, f"{bounds[0]:g} to {bounds[1]:g}")
    if bounds[1] > law.max_sparsity:
        expected = f"at most {law.max_sparsity:g}, the largest of the {law.family} law"
        raise BadInput.of("sparsity", expected, f"{bounds[1]:g}")
    return bounds


def _extra(law: Law, space: ConfigurationSpace) -> tuple[float, ...] | None:
    """The values of the law's extra input; None where it varies over a range, or the budget states it."""
    spec = law.extra
    if spec is None:
        return None
    if spec.name not in space:
        return (spec.default,) if spec.choices else None
    lowest = _bounds(space, spec.name)
    if lowest is not None and lowest[0] < spec.lower:
        raise BadInput.of(spec.name, f"at least {spec.lower:g}", f"{lowest[0]:g}")
    varies = fixed_value(space[spec.name]) is None and _is_range(space[spec.name])
    return None if varies else tuple(_listed(space[spec.name]))


def _bounds(space: ConfigurationSpace, name: str) -> tuple[float, float] | None:
    """Lower and upper end of a numeric parameter; `None` where the space has none of this name."""
    if name not in space:
        return None
    parameter: Any = space[name]
    if fixed_value(parameter) is None and _is_range(parameter):
        return float(parameter.lower), float(parameter.upper)
    values = _listed(parameter)
    return min(values), max(values)


def _is_interval(space: ConfigurationSpace, name: str) -> bool:
    """Whether the space holds every value between a parameter's bounds, or has none of this name."""
    bounds = _bounds(space, name)
    return bounds is None or bounds[0] == bounds[1] or isinstance(space[name], FloatHyperparameter)


def _is_range(parameter: Any) -> bool:
    return isinstance(parameter, FloatHyperparameter | IntegerHyperparameter)


def _listed(parameter: Any) -> list[float]:
    """The values of a parameter that lists them.

    Raises:
        BadInput: one is not a number.
    """
    values: Sequence[Any]
    if (fixed := fixed_value(parameter)) is not None:
        values = [fixed]
    elif isinstance(parameter, Constant):
        values = [parameter.value]
    else:
        values = getattr(parameter, "sequence", None) or parameter.choices
    texts = [value for value in values if isinstance(value, str)]
    if texts:
        expected = "numbers (YAML reads 1e9 as text, 1.0e+9 as a number)"
        raise BadInput.of(parameter.name, expected, f"the text {texts[0]!r}")
    return [float(value) for value in values]
