"""Hossain et al. 2025, Eq. 7: regression values [recomputed], the reading of N, and how the law behaves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives import laws
from objectives.laws.law import Array

MOE = laws.get("generalized", "moe")
ON_FRANTAR = laws.get("generalized", "frantar")
DEEPSEEK = 0.9448584202682563


@pytest.mark.parametrize(
    ("name", "n", "d", "s", "loss"),
    [
        ("dense", 1e9, 20e9, 0, 2.580048),
        ("dense", 7e9, 2e12, 0, 2.020301),
        ("dense", 70e9, 1.4e12, 0, 1.936645),
        ("frantar", 1e6, 1e9, 0, 3.452735),
        ("frantar", 1e6, 1e9, 0.5, 3.328818),
        ("frantar", 42e6, 16e9, 0.75, 1.804354),
        ("frantar", 85e6, 65e9, 0.875, 1.523901),
        ("moe", 1e9, 100e9, 0, 2.395706),
        ("moe", 1e9, 100e9, 0.5, 2.330763),
        ("moe", 1e9, 100e9, 0.95, 2.152668),
        ("moe", 37e9, 14.8e12, DEEPSEEK, 1.468785),
        ("moe", 37e9, 14.8e12, 0.96875, 1.430526),
        ("older", 18.8e9, 110.2e9, 0.98, 2.079780),
        ("older", 70e9, 1.4e12, 0, 1.936645),
    ],
)
def test_losses_agree_with_recomputed_values(name: str, n: float, d: float, s: float, loss: float) -> None:
    assert laws.get("generalized", name).loss(n, d, s) == pytest.approx(loss, abs=1e-6)


@pytest.mark.parametrize("name", laws.coefficient_sets("generalized"))
def test_without_sparsity_the_form_is_hoffmanns(name: str) -> None:
    law = laws.get("generalized", name)
    shared = {key: value for key, value in law.coefficients.items() if key not in ("c", "gamma")}
    hoffmann = laws.custom("hoffmann", **shared)
    n, d = np.geomspace(1e6, 1e13, 15)[:, None], np.geomspace(1e8, 1e14, 13)
    np.testing.assert_allclose(law.loss(n, d), hoffmann.loss(n, d), rtol=1e-14)


def test_the_dense_set_is_hoffmanns_as_printed_but_the_sparse_sets_are_not() -> None:
    printed = laws.get("hoffmann", "rounded")
    assert laws.get("generalized", "dense").loss(1e9, 20e9) == printed.loss(1e9, 20e9)
    for name in ("moe", "frantar"):
        assert abs(laws.get("generalized", name).loss(1e9, 20e9) - printed.loss(1e9, 20e9)) > 0.01


@given(st.floats(7, 12), st.floats(0.05, 0.95), st.floats(0.1, 0.9))
def test_the_same_alpha_is_the_exponent_of_the_dense_fraction_and_of_the_size(
    log_n: float, s: float, alpha: float
) -> None:
    law = laws.custom("generalized", e=0.0, a=8.26, b=0.0, c=0.0, alpha=alpha, beta=0.4, gamma=1.0)
    # with a alone, dividing N by (1-S) is exactly what multiplying by (1-S)^alpha does
    assert law.loss(10**log_n, 1e11, s) == pytest.approx(law.loss(10**log_n / (1 - s), 1e11), rel=1e-12)


def test_infinite_tokens_leave_the_floor_and_the_size_term() -> None:
    n, s = 1e9, 0.5
    e, a, _, c, alpha, _, gamma = MOE.coefficients.values()
    floor = e * (1 - s) ** gamma + (a * (1 - s) ** alpha + c * s) / n**alpha
    assert MOE.loss(n, np.inf, s) == pytest.approx(floor, rel=1e-14)


def test_the_tokens_for_a_target_loss_follow_from_the_floor() -> None:
    n, s, target = 1e9, 0.5, 2.4
    b, beta = MOE.coefficients["b"], MOE.coefficients["beta"]
    tokens = (b / (target - MOE.loss(n, np.inf, s))) ** (1 / beta)
    assert MOE.loss(n, tokens, s) == pytest.approx(target, rel=1e-14)


@pytest.mark.parametrize(
    ("name", "flops", "s", "n", "d", "loss"),
    [
        ("dense", 5.76e23, 0, 3.219e10, 2.982e12, 1.930748),
        ("moe", 1e20, 0, 3.577e8, 4.659e10, 2.6206),
        ("moe", 1e20, 0.9, 5.420e8, 3.075e10, 2.4582),
        ("moe", 1e21, 0, 2.437e9, 6.839e10, 2.3288),
        ("moe", 1e21, 0.95, 3.548e9, 4.698e10, 2.0599),
        ("moe", 1e22, 0.98, 2.241e10, 7.437e10, 1.7062),
    ],
)
def test_recomputed_optima_are_stationary_and_have_their_loss(
    name: str, flops: float, s: float, n: float, d: float, loss: float
) -> None:
    law = laws.get("generalized", name)
    assert law.training_flops(n, d, s) == pytest.approx(flops, rel=1e-3)
    by_n, by_d, _ = law.gradient(n, d, s)
    assert n * by_n == pytest.approx(d * by_d, rel=1e-3)
    assert law.loss(n, flops / (6 * n), s) == pytest.approx(loss, abs=1e-4 if name == "moe" else 1e-6)


def errors(differences: Array) -> tuple[float, float]:
    return float(np.sqrt(np.mean(differences**2))), float(np.abs(differences).max())


def test_the_moe_set_follows_abnars_law_only_where_n_counts_active_parameters() -> None:
    total, d, s = np.meshgrid(
        np.geomspace(0.5e9, 20e9, 12),
        np.geomspace(1e10, 2e11, 12),
        [0, 0.25, 0.5, 0.75, 0.9, 0.95],
        indexing="ij",
    )
    abnar = laws.get("abnar").loss(total, d, s)
    as_active, as_total = MOE.loss(total * (1 - s), d, s), MOE.loss(total, d, s)
    assert errors(as_active - abnar) == pytest.approx((0.070, 0.131), abs=5e-3)
    assert errors(as_total - abnar) == pytest.approx((0.200, 0.457), abs=5e-3)
    rising = abnar.mean(axis=(0, 1))[-1] > abnar.mean(axis=(0, 1))[0]
    assert rising
    assert as_active.mean(axis=(0, 1))[-1] > as_active.mean(axis=(0, 1))[0]
    assert as_total.mean(axis=(0, 1))[-1] < as_total.mean(axis=(0, 1))[0]  # the trend in S has the wrong sign


def test_the_frantar_set_follows_frantars_law_only_where_n_counts_nonzero_weights() -> None:
    n, d, s = np.meshgrid(
        np.geomspace(0.43e6, 85e6, 12), np.geomspace(2e9, 6.3e10, 12), [0, 0.5, 0.75, 0.875], indexing="ij"
    )
    frantar = laws.get("frantar", "t5").loss(n, d, s)
    assert errors(ON_FRANTAR.loss(n, d, s) - frantar) == pytest.approx((0.090, 0.181), abs=5e-3)
    assert errors(ON_FRANTAR.loss(n / (1 - s), d, s) - frantar)[0] > 4 * 0.090


@pytest.mark.parametrize("law", [MOE, ON_FRANTAR], ids=["moe", "frantar"])
@pytest.mark.parametrize("n", [1e8, 1e9, 1e10, 1e12])
def test_with_active_parameters_fixed_more_sparsity_is_always_better(law: laws.Law, n: float) -> None:
    assert np.all(np.diff(law.loss(n, 1e11, np.linspace(0, 0.999, 1000))) < 0)


@pytest.mark.parametrize(("total", "best"), [(1e7, 0.0), (1e8, 0.0), (1e9, 0.0), (37e9, 0.53)])
def test_with_total_parameters_fixed_only_large_models_want_sparsity(total: float, best: float) -> None:
    s = np.arange(100) / 100
    assert s[MOE.loss(MOE.n_from_total(total, s), 1e11, s).argmin()] == best


def test_total_parameters_are_active_ones_over_the_dense_fraction() -> None:
    assert MOE.n_total(37e9, DEEPSEEK) == pytest.approx(671e9)
