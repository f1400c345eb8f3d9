"""Bounds that clash are named, and bounds that barely meet are found."""

import numpy as np
import pytest

from objectives import laws
from objectives.budget import Budget
from objectives.exact import Box, optima, optimum
from objectives.laws.law import Law
from spaces.errors import BadInput, Infeasible

MOE, DENSE = laws.get("generalized", "moe"), laws.get("hoffmann")


@pytest.mark.parametrize(
    ("law", "budget", "box", "names"),
    [
        (DENSE, Budget(1e21, sparsity=0.5), Box(), ["sparsity (0.5)", "a dense law"]),
        (
            MOE,
            Budget(1e21, max_sparsity=0.1),
            Box(sparsity=(0.5, 0.9)),
            ["max_sparsity (0.1)", "the space (0.5)"],
        ),
        (
            MOE,
            Budget(1e21, max_tokens=1e9),
            Box(tokens=(1e10, 1e11)),
            ["max_tokens (1e+09)", "the space (1e+10)"],
        ),
        (laws.get("clark"), Budget(1e21, max_tokens=1e9), Box(), ["max_tokens", "every run behind the law"]),
        (
            DENSE,
            Budget(1e21, max_total_params=1e6),
            Box(n=(1e7, 1e8)),
            ["max_total_params (1e+06)", "n lower"],
        ),
        (
            DENSE,
            Budget(1e15),
            Box(n=(1e8, 1e9), tokens=(1e9, 1e10)),
            ["1e+15 FLOPs", "n lower", "tokens lower"],
        ),
        (DENSE, Budget(5.0), Box(), ["5 FLOPs", "one parameter", "one token"]),
    ],
)
def test_a_clash_names_both_constraints(law: Law, budget: Budget, box: Box, names: list[str]) -> None:
    with pytest.raises(Infeasible) as clash:
        optimum(law, budget, box)
    assert all(name in str(clash.value) for name in names)


def test_sparsity_may_be_what_makes_a_size_affordable() -> None:
    box = Box(n=(1e9, 1e12), tokens=(1e9, 1e13))
    assert optimum(laws.get("abnar"), Budget(3e18), box).sparsity > 0.5


def test_a_sliver_of_feasible_sparsities_is_found() -> None:
    total = 1e9 / (1 - 0.90005)
    best = optimum(MOE, Budget(1e20, max_total_params=total), Box(n=(1e9, 1e12), sparsity=(0.9, 0.98)))
    assert 0.9 <= best.sparsity <= 0.90005 + 1e-9
    assert best.n == pytest.approx(1e9, rel=1e-3)
    assert best.certificate.holds


def test_a_box_of_one_point_is_its_own_optimum() -> None:
    best = optimum(MOE, Budget(6e18 * 1.0), Box(n=(1e9, 1e9), tokens=(1e9, 1e9), sparsity=(0.5, 0.5)))
    assert (best.n, best.tokens, best.sparsity) == (1e9, 1e9, 0.5)
    assert best.loss == pytest.approx(float(MOE.loss(1e9, 1e9, 0.5)), rel=1e-15)


def test_one_infeasible_budget_among_many_is_reported() -> None:
    with pytest.raises(Infeasible, match="1e-06 FLOPs"):
        optima(DENSE, Budget(1.0).with_flops([1e20, 1e-6, 1e21]))


def test_every_mistake_in_a_box_is_reported() -> None:
    with pytest.raises(BadInput) as error:
        Box(n=(1e9, 1e8), tokens=(0.0, 1.0), sparsity=(0.5, 1.0))
    assert [mistake.field for mistake in error.value.mistakes] == ["box.n", "box.tokens", "box.sparsity"]


def test_default_bounds_on_a_free_sparsity() -> None:
    assert optimum(MOE, Budget(1e21)).sparsity == 0.98, "nothing is known of the fitted range"
    assert optimum(laws.get("joint-moe"), Budget(1e21)).sparsity == 1 - 1 / 32, "the fitted range"
    assert optimum(MOE, Budget(1e21), Box(sparsity=(0.0, 0.99))).sparsity == 0.99, "the space decides"
    assert optimum(MOE, Budget(1e21, max_sparsity=0.995)).sparsity == 0.995, "the budget decides"
    assert np.isclose(optimum(laws.get("frantar", "t5"), Budget(1e21)).sparsity, 0.0)


def test_the_values_of_the_box_replace_the_choices_of_the_law() -> None:
    law = laws.get("fine-grained-moe")
    assert optimum(law, Budget(1e21), Box(extra=(1.0, 2.0))).extra == {"granularity": 2.0}
    assert optimum(law, Budget(1e21), Box(extra=(4.0,))).loss > optimum(law, Budget(1e21)).loss


@pytest.mark.parametrize("values", [(), (0.0, 1.0)])
def test_a_box_without_usable_values_is_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(BadInput, match=r"box\.extra"):
        Box(extra=values)
