"""The options of `scalesearch performance`, checked at once, and the answers they ask for."""

from dataclasses import dataclass
from typing import Any

from objectives.budget import Budget, make_budget
from objectives.capability.answer import TOP, Answer
from objectives.capability.front import Against, Front, front
from objectives.capability.grid import Grid
from objectives.capability.mixtures import MoEAs
from objectives.capability.planner import MIN_MMLU, Order, Plans, best_of_shapes, feasible_plans
from objectives.capability.prediction import parse_model, predict
from objectives.capability.real_shapes import real_shapes
from objectives.capability.score_saved import Fitted, load_performance
from objectives.law_choice import choose_law
from objectives.laws.law import Law
from spaces.errors import BadInput, Mistake, Mistakes, one_of

AUTHORS_GPUS, AUTHORS_DAYS, AUTHORS_MFU, AUTHORS_TFLOPS = 1024.0, 30.0, 0.4, 376.0
"""The budget of the author's program where the user gives none."""


GRID, REAL = "grid", "real"
SHAPES = {
    GRID: "the author's grid, 6 FLOPs per parameter and token, norms and biases not counted",
    REAL: "all dense ones of the `architecture` space, heads of 128 and 8 of them for keys, counted exactly",
}
"""Which shapes are planned with, and how they are counted."""


@dataclass(frozen=True)
class PlanRequest:
    """What a user asks the planner. Names are those of the options; nothing is checked yet."""

    budget: dict[str, float | str | None]
    order: str = Order.BALANCE.value
    top: int = TOP
    min_mmlu: float = MIN_MMLU
    precision: float = 1.0
    coefficients: str | None = None
    grid: dict[str, Any] | None = None
    shapes: str = GRID
    pareto: str | None = None
    loss_law: str | None = None
    loss_coefficients: str | None = None

    def answer(self) -> Answer:
        """The plans in order.

        Raises:
            BadInput: every mistake in the options.
            Infeasible: no plan fits.
        """
        found = Mistakes()
        fitted: Fitted | None = None
        budget: Budget | None = None
        grid: Grid | None = None
        law: Law | None = None
        with found.within(""):
            fitted = load_performance(self.coefficients)
        with found.within(""):
            budget = _budget(self.budget)
        with found.within(""):
            grid = Grid(**(self.grid or {}))
        with found.within(""):
            law = self._loss_law()
        found.all += self._mistakes()
        found.settle()
        assert fitted is not None  # or there was a mistake
        assert budget is not None
        assert grid is not None
        plans = feasible_plans(
            fitted.law,
            budget,
            grid,
            shapes=real_shapes() if self.shapes == REAL else None,
            min_mmlu=self.min_mmlu,
            precision=self.precision,
        )
        return Answer(
            fitted=fitted,
            shapes=SHAPES[self.shapes],
            plans=plans.ordered(self.order),
            order=self.order,
            min_mmlu=self.min_mmlu,
            precision=self.precision,
            top=self.top,
            front=self._front(plans, law),
        )

    def _loss_law(self) -> Law | None:
        if self.pareto != Against.LOSS:
            given = self.loss_law or self.loss_coefficients
            if given:
                raise BadInput.of("loss_law", "none without --pareto loss", given)
            return None
        return choose_law(self.loss_law or "hoffmann", self.loss_coefficients).law

    def _front(self, plans: Plans, law: Law | None) -> Front | None:
        return None if self.pareto is None else front(plans, Against(self.pareto), law)

    def _mistakes(self) -> list[Mistake]:
        mistakes = []
        if self.order not in list(Order):
            mistakes.append(Mistake("order", one_of(list(Order), self.order), self.order))
        if self.pareto is not None and self.pareto not in list(Against):
            mistakes.append(Mistake("pareto", one_of(list(Against), self.pareto), self.pareto))
        if self.shapes not in SHAPES:
            mistakes.append(Mistake("shapes", one_of(SHAPES, self.shapes), self.shapes))
        numbers = [
            ("top", "a whole number of at least 1", self.top, self.top >= 1),
            ("min_mmlu", "points from 0 to 100", self.min_mmlu, 0 <= self.min_mmlu <= 100),
            ("precision", "a number of at least 1", self.precision, 1 <= self.precision < float("inf")),
        ]
        return mistakes + [
            Mistake(name, expected, f"{value:g}") for name, expected, value, holds in numbers if not holds
        ]


def plan_answer(
    budget: Budget | None, coefficients: str | None, min_mmlu: float | None, found: Mistakes
) -> Answer:
    """What `scalesearch plan --law performance` says: the best of every real shape, counted exactly.

    Args:
        budget: None where it has mistakes, which are in `found`.
        coefficients: a published set, or a fit's file.
        min_mmlu: the score to reach with the least compute; the highest score if left out.
        found: mistakes in other options, which are raised with those found here.

    Raises:
        BadInput: every mistake; among them a sparsity, of which the law knows nothing.
        Infeasible: no shape fits the budget, or none reaches the score.
    """
    fitted: Fitted | None = None
    with found.within(""):
        fitted = load_performance(coefficients)
    for name, value in budget.caps.items() if budget else ():
        if "sparsity" in name:
            found.all.append(Mistake(name, "none: the performance law is for dense models", f"{value:g}"))
    found.settle()
    assert fitted is not None  # or there was a mistake
    assert budget is not None
    plans = best_of_shapes(fitted.law, budget, real_shapes(), min_mmlu=min_mmlu)
    if min_mmlu is not None:
        return Answer(fitted, SHAPES[REAL], plans, Order.CHEAP.value, min_mmlu)
    against_cost = front(plans, Against.COST)
    return Answer(fitted, SHAPES[REAL], plans, Order.PERFORMANCE.value, None, front=against_cost)


def model_answer(
    model: str, coefficients: str | None, precision: float, moe_as: str | None
) -> dict[str, Any]:
    """The record of one model's prediction.

    Raises:
        BadInput: every mistake in the options.
    """
    found = Mistakes()
    fitted: Fitted | None = None
    dimensions: dict[str, float] = {}
    with found.within(""):
        fitted = load_performance(coefficients)
    with found.within(""):
        dimensions = parse_model(model)
    if moe_as is not None and moe_as not in list(MoEAs):
        found.all.append(Mistake("moe_as", one_of(list(MoEAs), moe_as), moe_as))
    found.settle()
    assert fitted is not None  # or there was a mistake
    return predict(fitted, dimensions, precision=precision, moe_as=MoEAs(moe_as) if moe_as else None)


def _budget(given: dict[str, Any]) -> Budget:
    """The user's budget; without FLOPs or dollars, what is left out of a machine is the author's."""
    if given.get("flops") is None and given.get("dollars") is None:
        own = {"gpus": AUTHORS_GPUS, "days": AUTHORS_DAYS, "mfu": AUTHORS_MFU}
        own |= {} if given.get("gpu") else {"peak_tflops": AUTHORS_TFLOPS}
        given = {**given, **{name: value for name, value in own.items() if given.get(name) is None}}
    return make_budget(**given)
