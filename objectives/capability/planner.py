"""Which dense architecture scores highest in MMLU under a budget: the Performance Law's own planner.

Every shape of a grid is combined with every token count the budget pays for at 6 FLOPs per parameter and
token, and what the law predicts to be worth it is ranked. Wu & Tang's program does the same; its results are
reproduced to the digit.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from objectives.budget import Budget
from objectives.capability.grid import Grid, Shapes
from objectives.law_objectives import ROUNDING
from objectives.laws.law import Array
from objectives.laws.performance import BILLION, TRILLION, Performance
from spaces.errors import BadInput, Infeasible, one_of

MIN_MMLU = 50.0


class Order(StrEnum):
    """What comes first."""

    BALANCE = "balance"
    """MMLU^2 / ln(1 + layers): the author's compromise between score and depth."""
    PERFORMANCE = "performance"
    """The highest MMLU."""
    SHALLOW = "shallow"
    """The fewest layers."""
    CHEAP = "cheap"
    """The least training compute; ours, to go with a minimum MMLU."""


@dataclass(frozen=True, eq=False)
class Plans:
    """Feasible plans in the grid's order; every column of shape (n,)."""

    shapes: Shapes
    tokens: Array
    mmlu: Array
    """Adjusted to [25, 100]."""
    budget: Budget

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def flops(self) -> Array:
        """Training FLOPs."""
        return np.asarray(self.shapes.flops_per_token * self.tokens)

    @property
    def inference_flops(self) -> Array:
        """FLOPs to serve one token: 2 for each parameter."""
        return np.asarray(2.0 * self.shapes.n_total)

    @property
    def utilization(self) -> Array:
        """Share of the budget that the tokens the law gives credit for cost."""
        credited = TRILLION * np.minimum(self.tokens / TRILLION, self.shapes.n_total / BILLION)
        return np.asarray(self.shapes.flops_per_token * credited / self.budget.flops)

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Plans":
        """The rows of a mask or of indices, in their order."""
        return Plans(self.shapes.take(rows), self.tokens[rows], self.mmlu[rows], self.budget)

    def first(self, count: int) -> "Plans":
        """So many, or all there are."""
        return self.take(np.arange(min(count, len(self))))

    def ordered(self, order: str) -> "Plans":
        """Sorted, plans of equal rank in the grid's order; MMLU as printed, with two decimals.

        Raises:
            BadInput: no such order.
        """
        if order not in list(Order):
            raise BadInput.of("order", one_of(list(Order), order), order)
        return self.take(np.argsort(self._key(Order(order)), kind="stable"))

    def _key(self, order: Order) -> Array:
        shown = np.round(self.mmlu, 2)
        match order:
            case Order.BALANCE:
                return np.asarray(-(shown**2) / np.log(1.0 + self.shapes.layers))
            case Order.PERFORMANCE:
                return -shown
            case Order.SHALLOW:
                return self.shapes.layers.astype(np.float64)
            case Order.CHEAP:
                return self.flops

    def records(self) -> list[dict[str, Any]]:
        """One plain record for each plan."""
        columns = {
            "layers": self.shapes.layers,
            "hidden": self.shapes.hidden,
            "ffn": self.shapes.ffn,
            "n_total": self.shapes.n_total,
            "tokens": self.tokens,
            "mmlu": self.mmlu,
            "utilization": self.utilization,
            "flops": self.flops,
            "inference_flops": self.inference_flops,
        }
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in rows]


def feasible_plans(
    law: Performance,
    budget: Budget,
    grid: Grid | None = None,
    *,
    shapes: Shapes | None = None,
    min_mmlu: float = MIN_MMLU,
    precision: float = 1.0,
) -> Plans:
    """Every plan within the budget whose prediction is at least `min_mmlu`.

    Args:
        law: the Performance Law.
        budget: its FLOPs, `max_total_params` and `max_tokens`; a dense plan has no sparsity.
        grid: the author's if left out.
        shapes: others in place of the grid's; its sizes and tokens still hold.
        min_mmlu: least score. The author compares before the adjustment: the same between 25 and 90.
        precision: gamma of the law.

    Raises:
        Infeasible: there is none.
    """
    grid = grid or Grid()
    shapes = grid.shapes() if shapes is None else shapes.of_size(*grid.n_total)
    counts = grid.token_counts()
    rows, tokens = np.repeat(np.arange(len(shapes)), len(counts)), np.tile(counts, len(shapes))
    shapes, tokens = _affordable(shapes.take(rows), tokens, budget)
    mmlu = law.mmlu(shapes.layers, shapes.hidden, shapes.ffn, tokens, shapes.n_total, precision)
    good = mmlu >= min_mmlu
    if not good.any():
        raise Infeasible(
            f"no plan within the budget is predicted {min_mmlu:g} points; the best has {mmlu.max():.2f}"
        )
    return Plans(shapes.take(good), tokens[good], mmlu[good], budget)


def best_of_shapes(
    law: Performance,
    budget: Budget,
    shapes: Shapes,
    *,
    min_mmlu: float | None = None,
    precision: float = 1.0,
) -> Plans:
    """One plan for each shape, the best first.

    Each shape is trained on all the tokens the budget pays for and the law gives credit for, and the highest
    MMLU is best; with `min_mmlu` on just the tokens that reach it, and the least compute is best.

    Raises:
        BadInput: a score that is not above chance and below 100.
        Infeasible: no shape fits the budget, or none reaches the score.
    """
    most = np.minimum(budget.flops / shapes.flops_per_token, 1000.0 * shapes.n_total)
    tokens = np.minimum(most, _most_tokens(budget))
    if min_mmlu is not None:
        needed = law.tokens_for(min_mmlu, shapes.layers, shapes.hidden, shapes.ffn, shapes.n_total, precision)
        reached = needed <= tokens
        if not reached.any():
            raise Infeasible(f"no shape is predicted {min_mmlu:g} points within the budget")
        shapes, tokens = shapes.take(reached), needed[reached]
    shapes, tokens = _affordable(shapes, tokens, budget)
    mmlu = law.mmlu(shapes.layers, shapes.hidden, shapes.ffn, tokens, shapes.n_total, precision)
    plans = Plans(shapes, tokens, mmlu, budget)
    return plans.take(np.argsort(-mmlu if min_mmlu is None else plans.flops, kind="stable"))


def _affordable(shapes: Shapes, tokens: Array, budget: Budget) -> tuple[Shapes, Array]:
    """The rows within the budget and its caps."""
    ok = shapes.flops_per_token * tokens <= budget.flops * (1.0 + ROUNDING)
    ok &= shapes.n_total <= (budget.max_total_params or np.inf)
    ok &= tokens <= _most_tokens(budget)
    if not ok.any():
        raise Infeasible("no architecture fits the budget and its caps")
    return shapes.take(ok), tokens[ok]


def _most_tokens(budget: Budget) -> float:
    return min(budget.max_tokens or np.inf, budget.unique_tokens or np.inf)
