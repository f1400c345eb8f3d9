"""Krajewski et al. 2024: Table 2 [paper], with the bias its rounded coefficients bring."""

import numpy as np
import pytest

from objectives import laws
from objectives.laws.fine_grained_moe import FineGrainedMoE

(LAW,) = FineGrainedMoE.published()

TABLE_2 = [  # active block parameters, tokens, granularity, FLOPs, loss
    (100e6, 4.37e9, 8, 2.95e18, 3.133),
    (1e9, 28.94e9, 16, 1.93e20, 2.491),
    (3e9, 72.90e9, 16, 1.41e21, 2.245),
    (7e9, 137.60e9, 32, 6.46e21, 2.076),
    (70e9, 941.07e9, 32, 4.16e23, 1.694),
    (300e9, 2.96e12, 64, 5.69e24, 1.503),
    (1e12, 7.94e12, 64, 4.97e25, 1.367),
]
each_row = pytest.mark.parametrize(("active", "d", "granularity", "flops", "loss"), TABLE_2)


@each_row
def test_rounded_coefficients_put_losses_a_little_below_table_2(
    active: float, d: float, granularity: float, flops: float, loss: float
) -> None:
    bias = LAW.loss(43 * active, d, granularity=granularity) - loss
    assert abs(bias) < 0.025
    assert -0.0235 < bias < -0.0105


@each_row
def test_the_flops_of_table_2_are_met_with_the_routing_term(
    active: float, d: float, granularity: float, flops: float, loss: float
) -> None:
    assert LAW.training_flops(43 * active, d, granularity=granularity) == pytest.approx(flops, rel=5e-3)


@each_row
def test_the_rows_of_table_2_are_optimal_for_their_budget(
    active: float, d: float, granularity: float, flops: float, loss: float
) -> None:
    assert LAW.extra is not None
    n = np.geomspace(1e9, 1e14, 4001)[:, None]
    choices = np.array(LAW.extra.choices)
    tokens = flops / LAW.flops_per_token(n, granularity=choices)
    losses = LAW.loss(n, tokens, granularity=choices)
    i, j = np.unravel_index(losses.argmin(), losses.shape)
    assert choices[j] == granularity
    assert n[i, 0] / 43 == pytest.approx(active, rel=0.03)
    assert tokens[i, j] == pytest.approx(d, rel=0.025)


def test_a_token_uses_a_43rd_of_the_parameters() -> None:
    width, blocks = 512, 8
    total, active = width**2 * (8 * 64 + 4) * blocks, 12 * width**2 * blocks
    assert LAW.n_active(total) == active
    assert total == 43 * active


def test_the_router_costs_14_flops_per_width_expert_and_granule() -> None:
    width, blocks = 64 * 16, 16
    total = width**2 * (8 * 64 + 4) * blocks
    exact = (12 * width**2 * 6 + width * 64 * 8 * 14) * blocks
    assert LAW.flops_per_token(total, granularity=8) == pytest.approx(exact, rel=1e-12)


def test_finer_experts_lower_the_loss_and_raise_the_cost() -> None:
    granularity = np.array([1.0, 2, 4, 8, 16, 32, 64])
    assert np.all(np.diff(LAW.loss(4.3e10, 3e10, granularity=granularity)) < 0)
    assert np.all(np.diff(LAW.flops_per_token(4.3e10, granularity=granularity)) > 0)


def test_granularity_one_is_the_default() -> None:
    assert LAW.loss(4.3e10, 3e10) == LAW.loss(4.3e10, 3e10, granularity=1)
    assert LAW.flops_per_token(4.3e10) == LAW.flops_per_token(4.3e10, granularity=1)


def test_the_dense_baseline_is_chinchillas_form_with_its_own_coefficients() -> None:
    dense = laws.get("fine-grained-dense")
    assert dense.coefficients == {"e": 0.47, "a": 16.3, "b": 26.7, "alpha": 0.126, "beta": 0.127}
    assert dense.loss(1e9, 2e10) == laws.custom("hoffmann", **dense.coefficients).loss(1e9, 2e10)
    assert dense.extra is None
