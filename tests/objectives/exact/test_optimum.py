"""Optima that others published or that were computed outside this program, law by law."""

import numpy as np
import pytest

from objectives import laws
from objectives.budget import Budget
from objectives.exact import Box, optima, optimum

EXAMPLE = dict(e=1.69, a=406.4, b=410.7, alpha=0.34, beta=0.28, c=300.0, gamma=0.05)


@pytest.mark.parametrize(
    ("coefficients", "n", "ratio"),
    [("epoch", 72.2e9, 18.4), ("tex", 40.4e9, 58.9), ("rounded", 32.2e9, 92.7)],
)
def test_the_budget_of_chinchilla_asks_for_three_sizes_by_three_sets(
    coefficients: str, n: float, ratio: float
) -> None:
    best = optimum(laws.get("hoffmann", coefficients), Budget(5.76e23))
    assert best.n == pytest.approx(n, rel=0.01)
    assert best.tokens_per_param == pytest.approx(ratio, rel=0.005)
    assert best.flops == pytest.approx(5.76e23, rel=1e-14)
    assert best.certificate.method == "closed form"
    assert [constraint.name for constraint in best.active] == ["budget"]


def test_optima_of_the_full_precision_set() -> None:
    law = laws.get("hoffmann", "tex")
    small, large = optima(law, [Budget(1e21), Budget(3.8e25)])
    assert (small.n, small.tokens) == pytest.approx((2.217e9, 7.518e10), rel=3e-4)
    assert small.loss == pytest.approx(2.2955, abs=5e-5)
    assert large.n == pytest.approx(2.732e11, rel=3e-4)
    assert large.tokens_per_param == pytest.approx(84.8, rel=1e-3)


@pytest.mark.parametrize(
    ("n", "flops", "tokens"),
    [
        *((0.4e9, 2.21e19, 9.2e9), (1e9, 1.62e20, 27.1e9), (10e9, 2.46e22, 410.1e9)),
        *((67e9, 1.71e24, 4.1e12), (175e9, 1.26e25, 12e12), (280e9, 3.52e25, 20.1e12)),
        *((520e9, 1.36e26, 43.5e12), (1e12, 5.65e26, 94.1e12), (10e12, 8.55e28, 1425.5e12)),
    ],
)
def test_table_a3_of_chinchilla_within_the_twenty_percent_its_rounding_allows(
    n: float, flops: float, tokens: float
) -> None:
    best = optimum(laws.get("hoffmann", "tex"), Budget(flops))
    assert best.n == pytest.approx(n, rel=0.2)
    assert best.tokens == pytest.approx(tokens, rel=0.2)


@pytest.mark.parametrize(
    ("coefficients", "flops", "s", "n", "tokens", "loss"),
    [
        ("dense", 5.76e23, 0.0, 3.219e10, 2.982e12, 1.930748),
        ("moe", 1e20, 0.0, 3.577e8, 4.659e10, 2.6206),
        ("moe", 1e20, 0.9, 5.420e8, 3.075e10, 2.4582),
        ("moe", 1e21, 0.0, 2.437e9, 6.839e10, 2.3288),
        ("moe", 1e21, 0.95, 3.548e9, 4.698e10, 2.0599),
        ("moe", 1e22, 0.98, 2.241e10, 7.437e10, 1.7062),
    ],
)
def test_generalised_law_at_fixed_sparsity(
    coefficients: str, flops: float, s: float, n: float, tokens: float, loss: float
) -> None:
    best = optimum(laws.get("generalized", coefficients), Budget(flops, sparsity=s))
    assert (best.n_active, best.tokens) == pytest.approx((n, tokens), rel=2e-4)
    assert best.loss == pytest.approx(loss, abs=6e-5 if loss != 1.930748 else 6e-7)
    assert best.n_total == pytest.approx(best.n_active / (1 - s))


@pytest.mark.parametrize("coefficients", ["moe", "frantar"])
def test_free_sparsity_runs_to_its_bound_and_the_answer_names_it(coefficients: str) -> None:
    law = laws.get("generalized", coefficients)
    best = optimum(law, Budget(1e21, max_sparsity=0.95))
    assert best.sparsity == 0.95
    bound = next(c for c in best.active if c.name == "max_sparsity")
    assert bound.shadow_price is not None
    assert bound.shadow_price < 0
    assert "default largest sparsity" in [c.name for c in optimum(law, Budget(1e21)).active]


def test_generalised_law_with_total_size_held_fixed_has_an_inner_best_sparsity() -> None:
    law, box = laws.get("generalized", "moe"), Box(tokens=(1e11, 1e11))
    big = optimum(law, Budget(1e25, max_total_params=37e9), box)
    assert big.sparsity == pytest.approx(0.53, abs=0.005)
    assert big.n_total == pytest.approx(37e9)
    assert big.certificate.free == ("sparsity",)
    small = optima(law, [Budget(1e25, max_total_params=total) for total in (1e7, 1e8, 1e9)], box)
    assert [best.sparsity for best in small] == [0.0, 0.0, 0.0]


def test_problem_of_the_main_search_job() -> None:
    box = Box(n=(1e7, 1e12), tokens=(1e8, 1e13), sparsity=(0.0, 0.98))
    best = optimum(laws.custom("generalized", **EXAMPLE), Budget(1e21), box)
    s, kept = 0.98, 0.02
    scale = 406.4 * kept**0.34 + 300 * s
    g = (0.34 * scale / (0.28 * 410.7)) ** (1 / 0.62)
    n = g * (1e21 / 6) ** (0.28 / 0.62)
    assert (best.n, best.tokens) == pytest.approx((n, 1e21 / 6 / n), rel=1e-12)
    assert best.loss == pytest.approx(
        1.69 * kept**0.05 + scale * n**-0.34 + 410.7 * best.tokens**-0.28, rel=1e-13
    )
    assert [c.name for c in best.active] == ["budget", "sparsity upper bound of the space"]


@pytest.mark.parametrize(("flops", "s"), [(1e20, 0.5262), (1e21, 0.7142), (1e22, 0.8276)])
def test_optimal_pruning_of_a_hundred_million_weights(flops: float, s: float) -> None:
    three_digits = dict(e=0.651, a_S=16.8, b_S=0.722, c_S=45.0, b_N=0.245, a_D=6.9e8, b_D=0.203)
    law = laws.custom("frantar", **three_digits)
    best = optimum(law, Budget(flops), Box(n=(1e8, 1e8), sparsity=(0.0, 0.95)))
    assert best.sparsity == pytest.approx(s, abs=5e-5)
    assert best.certificate.residual < 1e-7


@pytest.mark.parametrize(
    ("flops", "s", "n", "loss"),
    [
        *((1e20, 0.0, 6.4e8, 2.5885), (1e20, 0.75, 1.8e9, 2.4368), (1e20, 0.98, 1.7e10, 2.2708)),
        *((1e21, 0.0, None, 2.2748), (1e21, 0.75, None, 2.1555), (1e21, 0.98, None, 2.0143)),
    ],
)
def test_abnar_at_fixed_sparsity(flops: float, s: float, n: float | None, loss: float) -> None:
    best = optimum(laws.get("abnar"), Budget(flops, sparsity=s))
    assert best.loss == pytest.approx(loss, abs=6e-5)
    assert n is None or best.n_total == pytest.approx(n, rel=0.03)
    assert best.certificate.residual < 1e-12


@pytest.mark.parametrize(
    ("flops", "tokens", "granularity", "active", "loss"),
    [
        (2.95e18, 4.37e9, 8, 100e6, 3.133),
        (1.93e20, 28.94e9, 16, 1e9, 2.491),
        (1.41e21, 72.90e9, 16, 3e9, 2.245),
        (6.46e21, 137.60e9, 32, 7e9, 2.076),
        (4.16e23, 941.07e9, 32, 70e9, 1.694),
        (5.69e24, 2.96e12, 64, 300e9, 1.503),
        (4.97e25, 7.94e12, 64, 1e12, 1.367),
    ],
)
def test_table_2_of_fine_grained_mixtures(
    flops: float, tokens: float, granularity: float, active: float, loss: float
) -> None:
    best = optimum(laws.get("fine-grained-moe"), Budget(flops))
    assert best.extra == {"granularity": granularity}
    assert best.tokens == pytest.approx(tokens, rel=0.025)
    assert best.n == pytest.approx(43 * active, rel=0.03)
    assert loss - 0.025 < best.loss < loss - 0.010, "rounded coefficients predict a little too low"


TABLE_1 = {
    1e20: [(1, 1.7e9, 9.7e9), (2, 1.5e9, 11.4e9), (4, 1.2e9, 13.9e9), (8, 990e6, 17e9), (32, 669e6, 24.9e9)],
    1e21: [(1, 5.7e9, 29.3e9), (2, 5e9, 33e9), (4, 4.4e9, 38e9), (8, 3.8e9, 44.3e9), (32, 2.85e9, 58.4e9)],
    1e22: [(1, 18.8e9, 88.6e9), (4, 15.8e9, 105.4e9), (16, 13.2e9, 126.5e9), (32, 12.2e9, 136.9e9)],
}


@pytest.mark.parametrize("flops", TABLE_1)
def test_table_1_of_joint_mixtures(flops: float) -> None:
    law = laws.get("joint-moe")
    for experts, n, tokens in TABLE_1[flops]:
        best = optimum(law, Budget(flops, sparsity=1 - 1 / experts))
        assert best.n_active == pytest.approx(n, rel=0.04)  # the table gives two digits
        assert best.tokens == pytest.approx(tokens, rel=0.02)


@pytest.mark.parametrize(("experts", "loss"), [(1, 2.5897), (8, 2.5291), (32, 2.4724)])
def test_losses_of_joint_mixtures(experts: int, loss: float) -> None:
    best = optimum(laws.get("joint-moe"), Budget(1e20, sparsity=1 - 1 / experts))
    assert best.loss == pytest.approx(loss, abs=6e-5)


def test_repeated_data_against_the_authors_own_search() -> None:
    law = laws.get("data-constrained")
    best = optimum(law, Budget(1e22, unique_tokens=25e9))
    published = law.loss(7_022_364_735.88, 237_336_955_477.55, unique_tokens=25e9)
    assert 0 <= published - best.loss < 1e-7, "theirs is the best of 500 multipliers"
    assert (best.n, best.tokens) == pytest.approx((7_022_364_735.88, 237_336_955_477.55), rel=4e-3)
    assert best.tokens / 25e9 == pytest.approx(9.493, rel=4e-3)


def test_unlimited_data_falls_back_to_chinchilla() -> None:
    best = optimum(laws.get("data-constrained"), Budget(5.76e23))
    assert best.n == pytest.approx(69_962_173_313.5, rel=1e-9)
    assert best.tokens == pytest.approx(1_372_170_066_384.2, rel=1e-9)
    assert best.tokens_per_param == pytest.approx(19.613, rel=1e-4)


def test_laws_without_repetition_take_unique_tokens_as_one_epoch() -> None:
    best = optimum(laws.get("hoffmann"), Budget(1e24, unique_tokens=1e11))
    assert best.tokens == 1e11
    assert [c.name for c in best.active] == ["budget", "unique_tokens"]


def test_routed_law_trains_on_the_tokens_of_its_runs() -> None:
    best = optimum(laws.get("clark", "s-base"), Budget(1e21, sparsity=0.0))
    assert best.tokens == 1.3e11
    assert best.n == pytest.approx(1e21 / 6 / 1.3e11)


def test_caps_leave_budget_over_when_both_bind() -> None:
    best = optimum(laws.get("hoffmann"), Budget(1e24, max_total_params=1e9, max_tokens=1e11))
    assert (best.n, best.tokens) == (1e9, 1e11)
    assert best.flops == pytest.approx(6e20)
    assert [c.name for c in best.active] == ["max_total_params", "max_tokens"]


def test_no_budgets_have_no_optima() -> None:
    assert optima(laws.get("hoffmann"), []) == []


def test_result_is_plain_json() -> None:
    import json

    record = optimum(laws.get("fine-grained-moe"), Budget(1e21)).to_dict()
    assert json.loads(json.dumps(record))["certificate"]["holds"] is True
    assert np.isfinite(record["loss"])
