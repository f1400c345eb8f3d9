"""Shadow prices against the optimum recomputed with the bound moved."""

from dataclasses import replace

import pytest

from objectives import laws
from objectives.budget import Budget
from objectives.exact import Optimum, optimum
from objectives.laws.law import Law

STEP = 1e-4
CASES = [
    ("hoffmann", Budget(1e22), ["budget"]),
    ("hoffmann", Budget(1e22, max_total_params=1e9), ["budget", "max_total_params"]),
    ("hoffmann", Budget(1e22, max_tokens=1e10), ["budget", "max_tokens"]),
    ("hoffmann", Budget(1e22, max_tokens=1e10, max_total_params=1e9), ["max_total_params", "max_tokens"]),
    ("abnar", Budget(1e21, max_sparsity=0.9), ["budget", "max_sparsity"]),
    ("abnar", Budget(1e23, max_total_params=1e10), ["budget", "max_total_params"]),
    ("generalized", Budget(1e21, sparsity=0.7), ["budget", "sparsity"]),
    ("generalized", Budget(1e21, max_total_params=1e10, max_tokens=1e10), ["max_total_params", "max_tokens"]),
    (
        "joint-moe",
        Budget(1e22, max_total_params=2e10, max_sparsity=0.5),
        ["max_total_params", "max_sparsity"],
    ),
    ("fine-grained-moe", Budget(1e22, max_tokens=5e10), ["budget", "max_tokens"]),
    ("data-constrained", Budget(1e22, unique_tokens=25e9, max_total_params=5e9), ["max_total_params"]),
]


@pytest.mark.parametrize(("family", "budget", "names"), CASES)
def test_price_is_the_change_of_the_best_loss_with_the_bound(
    family: str, budget: Budget, names: list[str]
) -> None:
    law = laws.get(family)
    best = optimum(law, budget)
    assert set(names) <= {constraint.name for constraint in best.active}
    for name in names:
        assert price(best, name) == pytest.approx(measured(law, budget, name), rel=1e-4, abs=1e-7)


def price(best: Optimum, name: str) -> float:
    found = next(constraint.shadow_price for constraint in best.active if constraint.name == name)
    assert found is not None
    return found


def measured(law: Law, budget: Budget, name: str) -> float:
    """The slope of the best loss below the bound, to second order."""
    field = "flops" if name == "budget" else name
    bound = getattr(budget, field)
    at, below, further = (
        optimum(law, replace(budget, **{field: bound * (1 - k * STEP)})).loss for k in range(3)
    )
    return (1.5 * at - 2 * below + 0.5 * further) / STEP


def test_no_price_is_named_where_more_constraints_meet_than_there_are_variables() -> None:
    budget = Budget(6e19, max_total_params=1e9, max_tokens=1e10)
    best = optimum(laws.get("hoffmann"), budget)
    assert [c.name for c in best.active] == ["budget", "max_total_params", "max_tokens"]
    assert [c.shadow_price for c in best.active] == [None, None, None]
