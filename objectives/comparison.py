"""What every other published coefficient set would say at the same budget.

Sizes are compared after explicit conversion to active and to stored parameters, for each law counts in its
own way. Losses are stated in each law's unit, but even equal units are comparable only between sets fitted on
the same data and tokenizer; N and D are what may be compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from objectives import laws
from objectives.budget import Budget
from objectives.exact.limits import Box
from objectives.exact.optimum import best_point, columns_of
from objectives.exact.problem import Problem
from objectives.laws.law import Law
from spaces.errors import Infeasible

ANSWER = ("n", "n_active", "n_total", "tokens", "sparsity", "loss")
"""What is said of another law's optimum."""


@dataclass(frozen=True)
class Other:
    """One coefficient set's optimum under the budget, or why it has none."""

    family: str
    set: str
    count: str
    """The parameters its own n counts."""
    unit: str
    n: float | None = None
    n_active: float | None = None
    n_total: float | None = None
    tokens: float | None = None
    sparsity: float | None = None
    loss: float | None = None
    reason: str | None = None
    """Why the set does not answer."""


def others(law: Law, budget: Budget, fitted: Sequence[Law] = ()) -> tuple[Other, ...]:
    """The answers of other laws fitted to the same runs, and then of all published sets but `law` itself."""
    published = (each for family in laws.FAMILIES for each in family.published())
    return tuple(_answer(each, budget) for each in (*fitted, *published) if each != law)


def _answer(law: Law, budget: Budget) -> Other:
    named = (law.family, law.name, law.count.value, law.unit)
    try:
        point = best_point(Problem.of(law, [budget], Box()))
    except Infeasible as clash:
        return Other(*named, reason=str(clash))
    best = {name: values[0] for name, values in columns_of(point).items()}
    best["sparsity"] = best["sparsity"] or law.inherent_sparsity
    return Other(*named, **{name: best[name] for name in ANSWER})
