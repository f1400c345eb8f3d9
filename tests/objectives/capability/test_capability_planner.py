"""The author's planner: his ten rows in every digit, 4,560 plans, the orders, caps and mistakes."""

import numpy as np
import pytest

from objectives import laws
from objectives.budget import Budget, make_budget
from objectives.capability.grid import Grid
from objectives.capability.planner import Plans, best_of_shapes, feasible_plans
from objectives.capability.real_shapes import real_shapes
from spaces.errors import BadInput, Infeasible

LAW = laws.get("performance")
BUDGET = make_budget(gpus=1024, days=30, peak_tflops=376, mfu=0.4)
BALANCE = (
    (62, 4096, 8192, 10.07, 6.5, 71.69, 0.9838),
    (63, 4096, 8192, 10.21, 6.5, 71.82, 0.9978),
    (46, 4096, 12288, 10.1, 6.5, 68.75, 0.9871),
    (63, 4096, 8192, 10.21, 6.0, 71.39, 0.921),
    (62, 4096, 8192, 10.07, 6.0, 71.25, 0.9082),
    (38, 6144, 8192, 10.93, 6.0, 66.7, 0.9855),
    (47, 4096, 12288, 10.3, 6.0, 68.56, 0.9286),
    (46, 4096, 12288, 10.1, 6.0, 68.32, 0.9112),
    (55, 4096, 12288, 11.84, 5.5, 69.78, 0.9788),
    (63, 4096, 8192, 10.21, 5.5, 70.92, 0.8443),
)
PERFORMANCE = (
    (95, 4096, 8192, 14.78, 4.5, 71.97, 0.9994),
    (94, 4096, 8192, 14.63, 4.5, 71.96, 0.9898),
    (79, 4096, 8192, 12.49, 5.0, 71.95, 0.9390),
)


@pytest.fixture(scope="module")
def plans() -> Plans:
    return feasible_plans(LAW, BUDGET)


def shown(plans: Plans, count: int) -> tuple[tuple[float, ...], ...]:
    """The first plans with the digits the author prints."""
    return tuple(
        (
            each["layers"],
            each["hidden"],
            each["ffn"],
            round(each["n_total"] / 1e9, 2),
            each["tokens"] / 1e12,
            round(each["mmlu"], 2),
            round(each["utilization"], 4),
        )
        for each in plans.take(np.arange(count)).records()
    )


def test_the_authors_defaults_have_4560_plans(plans: Plans) -> None:
    assert BUDGET.flops == 3.991928832e23
    assert len(plans) == 4560


def test_the_ten_published_rows_come_out_in_order_and_in_every_digit(plans: Plans) -> None:
    assert shown(plans.ordered("balance"), 10) == BALANCE


def test_performance_order_starts_with_the_highest_scores(plans: Plans) -> None:
    assert shown(plans.ordered("performance"), 3) == PERFORMANCE


@pytest.mark.parametrize("order", ["shallow", "cheap", "performance"])
def test_an_order_is_stable(plans: Plans, order: str) -> None:
    tagged = Plans(plans.shapes, plans.tokens, plans.mmlu, plans.budget)
    keys = {"shallow": tagged.shapes.layers, "cheap": tagged.flops, "performance": -np.round(tagged.mmlu, 2)}
    expected = sorted(range(len(plans)), key=lambda row: keys[order][row])
    assert shown(plans.ordered(order), 400) == shown(plans.take(np.array(expected)), 400)


def test_the_least_compute_for_a_score_is_the_first_of_cheap(plans: Plans) -> None:
    best = feasible_plans(LAW, BUDGET, min_mmlu=70).ordered("cheap").records()[0]
    rivals = plans.take(plans.mmlu >= 70)
    assert best["flops"] == rivals.flops.min()
    assert best["mmlu"] >= 70


def test_real_shapes_are_counted_as_the_models_they_are() -> None:
    shapes = real_shapes()
    (llama,) = np.flatnonzero((shapes.layers == 32) & (shapes.hidden == 4096) & (shapes.ffn == 14336))
    assert shapes.n_total[llama] == 8030261248  # Llama 3 8B
    assert shapes.flops_per_token[llama] > 6 * (shapes.n_total[llama] - shapes.n_embedding[llama])
    assert len(shapes) > 300


def test_the_best_of_shapes_spends_the_budget_and_the_cheapest_just_reaches_the_score() -> None:
    shapes, budget = real_shapes(), Budget(1e24, max_tokens=15e12)
    best = best_of_shapes(LAW, budget, shapes)
    assert best.mmlu[0] == best.mmlu.max()
    assert (best.flops <= 1e24 * (1 + 1e-9)).all()
    assert (best.tokens <= np.minimum(15e12, 1000 * best.shapes.n_total) * (1 + 1e-9)).all()
    reached = best_of_shapes(LAW, budget, shapes, min_mmlu=70.0)
    assert reached.mmlu == pytest.approx(np.full(len(reached), 70.0))
    assert reached.flops[0] == reached.flops.min()
    assert len(reached) == (best.mmlu >= 70.0).sum()


def test_caps_are_kept() -> None:
    capped = Budget(BUDGET.flops, max_total_params=20e9, max_tokens=2e12)
    found = feasible_plans(LAW, capped)
    assert found.shapes.n_total.max() <= 20e9
    assert found.tokens.max() == 2e12


def test_where_nothing_is_feasible_the_reason_is_told() -> None:
    with pytest.raises(Infeasible, match="fits the budget"):
        feasible_plans(LAW, Budget(1e20))
    with pytest.raises(Infeasible, match=r"predicted 80 points; the best has 71\.97"):
        feasible_plans(LAW, BUDGET, min_mmlu=80)


def test_mistakes_are_named(plans: Plans) -> None:
    with pytest.raises(BadInput, match="did you mean balance"):
        plans.ordered("balanced")
    with pytest.raises(BadInput) as caught:
        Grid(layers=(40, 20), n_total=(0, 1e9), tokens_step=0)
    assert [mistake.field for mistake in caught.value.mistakes] == ["layers", "n_total", "tokens_step"]
