"""The waste band against its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from objectives import laws
from objectives.budget import Budget
from objectives.exact import optima, optimum, waste_bands

MOE = laws.get("generalized", "moe")


@settings(max_examples=30)
@given(
    st.sampled_from(["hoffmann", "kaplan", "abnar", "joint-moe", "fine-grained-moe", "data-constrained"]),
    st.floats(19, 25),
)
def test_ends_of_the_band_reach_what_less_compute_reaches(family: str, log_flops: float) -> None:
    law, budget = laws.get(family), Budget(10**log_flops)
    best = optimum(law, budget)
    for band in waste_bands(law, [budget], [best])[0]:
        cheaper = optimum(law, Budget(budget.flops * (1 - band.waste), sparsity=best.sparsity))
        assert band.loss == pytest.approx(cheaper.loss, rel=1e-9)
        for n in band.n:
            d = budget.flops / law.flops_per_token(n, best.sparsity, **best.extra)
            assert float(law.loss(n, d, best.sparsity, **best.extra)) == pytest.approx(band.loss, rel=1e-12)
        assert band.n[0] < best.n < band.n[1]
        assert band.tokens[0] < best.tokens < band.tokens[1]


def test_sizes_inside_the_band_are_better_than_its_ends_and_those_outside_worse() -> None:
    budget = Budget(1e22)
    law = laws.get("hoffmann")
    one, five = waste_bands(law, [budget], optima(law, [budget]))[0]
    assert five.n[0] < one.n[0] < one.n[1] < five.n[1]
    inside, outside = np.geomspace(*one.n, 101), np.array([one.n[0] * 0.99, one.n[1] * 1.01])
    assert np.all(law.loss(inside, 1e22 / 6 / inside) <= one.loss * (1 + 1e-14))
    assert np.all(law.loss(outside, 1e22 / 6 / outside) > one.loss)


def test_caps_cut_the_band() -> None:
    budget = Budget(1e24, max_total_params=1e10)
    law = laws.get("hoffmann")
    best = optimum(law, budget)
    for band in waste_bands(law, [budget], [best])[0]:
        assert band.n[1] == 1e10
        assert band.n[0] < 1e10


def test_a_budget_left_over_has_a_band_of_one_point() -> None:
    budget = Budget(1e25, max_total_params=1e9, max_tokens=1e10)
    law = laws.get("hoffmann")
    band = waste_bands(law, [budget], optima(law, [budget]))[0][0]
    assert band.n == (1e9, 1e9)
    assert band.tokens == (1e10, 1e10)


def test_many_bands_equal_one_at_a_time() -> None:
    budgets = Budget(1.0, max_total_params=1e11).with_flops(np.geomspace(1e19, 1e24, 7))
    best = optima(MOE, budgets)
    together = waste_bands(MOE, budgets, best)
    for budget, each, bands in zip(budgets, best, together, strict=True):
        alone = waste_bands(MOE, [budget], [each])[0]
        assert np.allclose([b.n for b in bands], [b.n for b in alone], rtol=1e-12, atol=0)
    assert waste_bands(MOE, [], []) == []
