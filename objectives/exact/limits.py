"""Every bound on a configuration, under the name a report uses for it.

Bounds come from the budget's caps, from the search space, from the law's own domain, and from nature (one
parameter, one token). Several may bound the same quantity; the names tell which one is active.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from objectives.budget import Budget
from objectives.laws.law import Array, Law
from spaces.errors import BadInput, Infeasible, Mistake

DEFAULT_MAX_SPARSITY = 0.98
"""Bound on a free S where neither the budget, the space, the law's form nor its fitted range sets one: the
sparsest runs behind a published mixture-of-experts law (Abnar et al. 2025). An assumption."""


@dataclass(frozen=True)
class Box:
    """A search space's own bounds (lower, upper); n in the law's count. None where it sets none.

    `extra` lists the values the space allows for the law's extra input.

    Raises:
        BadInput: a bound outside its domain, or lower above upper; no value for the extra input, or one that
            is not positive.
    """

    n: tuple[float, float] | None = None
    tokens: tuple[float, float] | None = None
    sparsity: tuple[float, float] | None = None
    extra: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        mistakes = [
            Mistake(f"box.{name}", f"0 {'<=' if name == 'sparsity' else '<'} lower <= upper", repr(bounds))
            for name in ("n", "tokens", "sparsity")
            if (bounds := getattr(self, name)) is not None and not _ordered(name, *bounds)
        ]
        if self.extra is not None and not (self.extra and all(value > 0 for value in self.extra)):
            mistakes.append(Mistake("box.extra", "positive values, at least one", repr(self.extra)))
        if mistakes:
            raise BadInput(mistakes)


def _ordered(name: str, lower: float, upper: float) -> bool:
    if name == "sparsity":
        return 0 <= lower <= upper < 1
    return 0 < lower <= upper < np.inf


@dataclass(frozen=True, eq=False)
class Limit:
    """One bound for each of B budgets: `values` has shape (B, 1) and is infinite where it does not apply."""

    name: str
    values: Array


@dataclass(frozen=True, eq=False)
class Limits:
    """All bounds by what they bound; each tuple has at least one member."""

    n_lower: tuple[Limit, ...]
    n_upper: tuple[Limit, ...]
    total_upper: tuple[Limit, ...]
    tokens_lower: tuple[Limit, ...]
    tokens_upper: tuple[Limit, ...]
    sparsity_lower: tuple[Limit, ...]
    sparsity_upper: tuple[Limit, ...]

    def low(self, quantity: str) -> Array:
        """The bound from below on "n", "tokens" or "sparsity", shape (B, 1)."""
        bounds: tuple[Limit, ...] = getattr(self, f"{quantity}_lower")
        return np.asarray(np.max([limit.values for limit in bounds], axis=0))

    def high(self, quantity: str) -> Array:
        """The bound from above on "n", "total", "tokens" or "sparsity", shape (B, 1)."""
        bounds: tuple[Limit, ...] = getattr(self, f"{quantity}_upper")
        return np.asarray(np.min([limit.values for limit in bounds], axis=0))

    def tightest(self, bounds: str, row: int) -> str:
        """Name and value of the bound that binds this budget, among the field `bounds`."""
        candidates: tuple[Limit, ...] = getattr(self, bounds)
        pick = max if bounds.endswith("lower") else min
        limit = pick(candidates, key=lambda limit: float(limit.values[row, 0]))
        return f"{limit.name} ({limit.values[row, 0]:g})"

    def require_order(self) -> None:
        """Check each quantity by itself.

        Raises:
            Infeasible: its bounds contradict each other; the sentence names them.
        """
        for quantity in ("sparsity", "n", "tokens"):
            for row in np.flatnonzero(self.low(quantity) > self.high(quantity)).tolist():
                low, high = (self.tightest(f"{quantity}_{side}", row) for side in ("lower", "upper"))
                raise Infeasible(f"no configuration: {low} is above {high}")


def limits(law: Law, budgets: Sequence[Budget], box: Box) -> Limits:
    """The bounds of these budgets on configurations of this law."""

    def cap(name: str, absent: float = np.inf) -> Limit:
        values = [getattr(budget, name) for budget in budgets]
        return Limit(name, np.array([[absent if value is None else value] for value in values]))

    def constant(name: str, value: float) -> Limit:
        return Limit(name, np.full((len(budgets), 1), value))

    def of_space(quantity: str, end: int) -> list[Limit]:
        bounds = getattr(box, quantity)
        name = f"{quantity} {('lower', 'upper')[end]} bound of the space"
        return [] if bounds is None else [constant(name, bounds[end])]

    every_run = [constant("tokens of every run behind the law", law.fixed_tokens or np.nan)]
    every_run = every_run if law.fixed_tokens else []
    one_epoch = [] if law.repeats_data else [cap("unique_tokens")]
    return Limits(
        n_lower=(constant("one parameter", 1.0), *of_space("n", 0)),
        n_upper=(constant("a finite number of parameters", np.inf), *of_space("n", 1)),
        total_upper=(cap("max_total_params"),),
        tokens_lower=(constant("one token", 1.0), *of_space("tokens", 0), *every_run),
        tokens_upper=(cap("max_tokens"), *one_epoch, *of_space("tokens", 1), *every_run),
        sparsity_lower=(constant("zero sparsity", 0.0), cap("sparsity", -np.inf), *of_space("sparsity", 0)),
        sparsity_upper=(
            *(cap("sparsity"), cap("max_sparsity"), _largest_of_form(law, len(budgets))),
            *of_space("sparsity", 1),
            *([] if box.sparsity else [_largest_by_default(law, budgets)]),
        ),
    )


def _largest_of_form(law: Law, size: int) -> Limit:
    largest = min(law.max_sparsity, np.nextafter(1.0, 0.0))
    name = "sparsity of a dense law" if largest == 0 else f"largest sparsity of the {law.family} law"
    return Limit(name, np.full((size, 1), largest))


def _largest_by_default(law: Law, budgets: Sequence[Budget]) -> Limit:
    """The fitted range, else `DEFAULT_MAX_SPARSITY`, for budgets that say nothing of sparsity."""
    name, bound = "default largest sparsity", DEFAULT_MAX_SPARSITY
    if law.fitted.sparsity is not None:
        name, bound = "largest sparsity of the fitted runs", law.fitted.sparsity[1]
    silent = [budget.sparsity is None and budget.max_sparsity is None for budget in budgets]
    return Limit(name, np.where(np.array(silent)[:, None], bound, np.inf))
