"""Abnar et al. 2025: coefficients [code and secondary notes], function values and minima [recomputed]."""

import numpy as np
import pytest

from objectives import laws

ABNAR = laws.get("abnar")


@pytest.mark.parametrize(
    ("n", "d", "s", "loss"),
    [
        (18.8e9, 110.2e9, 0.98, 2.169335),
        (1e9, 20e9, 0.0, 2.565681),
        (1e9, 20e9, 0.5, 2.589949),
        (10e9, 100e9, 0.9, 2.149838),
        (671e9, 14.8e12, 0.9448584202682563, 1.615831),
    ],
)
def test_losses_agree_with_recomputed_values(n: float, d: float, s: float, loss: float) -> None:
    assert ABNAR.loss(n, d, s) == pytest.approx(loss, abs=1e-6)


@pytest.mark.parametrize(
    ("flops", "s", "loss", "size"),
    [
        (1e20, 0.0, 2.5885, 6.4e8),
        (1e20, 0.75, 2.4368, 1.8e9),
        (1e20, 0.98, 2.2708, 1.7e10),
        (1e21, 0.0, 2.2748, None),
        (1e21, 0.75, 2.1555, None),
        (1e21, 0.98, 2.0143, None),
    ],
)
def test_minima_over_size_at_a_budget_agree_with_recomputed_values(
    flops: float, s: float, loss: float, size: float | None
) -> None:
    n = np.geomspace(1e7, 1e12, 5001)
    losses = ABNAR.loss(n, flops / (6 * n * (1 - s)), s)
    assert losses.min() == pytest.approx(loss, abs=5e-5)
    if size is not None:
        assert n[losses.argmin()] == pytest.approx(size, rel=0.03)


@pytest.mark.parametrize("flops", [1e20, 1e21, 1e22])
def test_at_a_fixed_budget_more_sparsity_is_always_better(flops: float) -> None:
    n = np.geomspace(1e7, 1e14, 2001)[:, None]
    s = np.linspace(0, 0.99, 100)
    best = ABNAR.loss(n, flops / (6 * n * (1 - s)), s).min(axis=0)
    assert np.all(np.diff(best) < 0)


def test_n_counts_all_parameters_and_compute_the_active_ones() -> None:
    assert ABNAR.n_total(18.8e9, 0.98) == 18.8e9
    assert ABNAR.training_flops(18.8e9, 110.2e9, 0.98) == pytest.approx(6 * 18.8e9 * 0.02 * 110.2e9)


def test_its_own_term_of_sparsity_falls_because_lambda_is_negative() -> None:
    assert ABNAR.coefficients["lambda"] < 0
    assert ABNAR.loss(1e15, np.inf, 0.9) < ABNAR.loss(1e15, np.inf, 0.0)
