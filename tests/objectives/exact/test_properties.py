"""What every optimum must satisfy, on generated budgets."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from objectives import laws
from objectives.budget import Budget
from objectives.exact import optima, optimum
from objectives.laws.law import Law

EVERY_SET = [law for family in laws.FAMILIES for law in family.published() if not law.fixed_tokens]


def log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(np.log(low), np.log(high)).map(lambda x: float(np.exp(x)))


budgets = st.builds(
    Budget,
    log_uniform(1e18, 1e26),
    max_total_params=st.none() | log_uniform(1e8, 1e13),
    max_tokens=st.none() | log_uniform(1e9, 1e14),
    max_sparsity=st.none() | st.floats(0.0, 0.95),
    unique_tokens=st.none() | log_uniform(1e9, 1e14),
)
every_law = st.sampled_from(EVERY_SET)
tolerance = 1 + 1e-12


@settings(max_examples=60)
@given(every_law, budgets, st.integers(0, 2**32 - 1))
def test_no_random_feasible_point_is_better(law: Law, budget: Budget, seed: int) -> None:
    best = optimum(law, budget)
    rng = np.random.default_rng(seed)
    s = rng.uniform(0, min(law.max_sparsity, best_bound(law, budget)), 2000)
    n = best.n * np.exp(rng.normal(0, 2, 2000))
    extra = dict(best.extra)
    repeats = "unique_tokens" in extra
    cap = min(budget.max_tokens or np.inf, np.inf if repeats else budget.unique_tokens or np.inf)
    d = np.minimum(budget.flops / law.flops_per_token(n, s, **extra), cap)
    ok = law.n_total(n, s) <= (budget.max_total_params or np.inf)
    assert np.all(law.loss(n, d, s, **extra)[ok] >= best.loss / tolerance)


def best_bound(law: Law, budget: Budget) -> float:
    if budget.max_sparsity is not None:
        return budget.max_sparsity
    return law.fitted.sparsity[1] if law.fitted.sparsity else 0.98


@settings(max_examples=40)
@given(every_law, budgets, st.floats(1.01, 100))
def test_more_compute_is_never_worse(law: Law, budget: Budget, factor: float) -> None:
    richer = replace(budget, flops=budget.flops * factor)
    assert optimum(law, richer).loss <= optimum(law, budget).loss * tolerance


@settings(max_examples=40)
@given(every_law, budgets)
def test_caps_only_raise_the_loss(law: Law, budget: Budget) -> None:
    bare = Budget(budget.flops, max_sparsity=budget.max_sparsity)
    assert optimum(law, budget).loss >= optimum(law, bare).loss / tolerance


@settings(max_examples=40)
@given(every_law, budgets)
def test_every_constraint_is_satisfied_and_every_certificate_holds(law: Law, budget: Budget) -> None:
    best = optimum(law, budget)
    assert best.flops <= budget.flops * tolerance
    assert best.n_total <= (budget.max_total_params or np.inf) * tolerance
    assert best.tokens <= (budget.max_tokens or np.inf) * tolerance
    assert best.sparsity <= best_bound(law, budget)
    assert best.active
    assert best.certificate.holds


@settings(max_examples=30)
@given(every_law, st.lists(budgets, min_size=1, max_size=6))
def test_many_budgets_at_once_equal_one_at_a_time(law: Law, several: list[Budget]) -> None:
    together = optima(law, several)
    for budget, joint in zip(several, together, strict=True):
        alone = optimum(law, budget)
        assert joint.loss == pytest.approx(alone.loss, rel=1e-13)
        assert joint.n == pytest.approx(alone.n, rel=1e-6)
        assert [c.name for c in joint.active] == [c.name for c in alone.active]


def test_a_range_of_flops_with_the_same_caps() -> None:
    flops = np.geomspace(1e18, 1e25, 50)
    best = optima(laws.get("generalized", "moe"), Budget(1.0, max_total_params=1e11).with_flops(flops))
    losses = [each.loss for each in best]
    assert losses == sorted(losses, reverse=True)
    assert all(each.n_total <= 1e11 * tolerance for each in best)
