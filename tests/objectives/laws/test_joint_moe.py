"""Ludziejewski et al. 2025: Tables 1 and 4 [paper], parameter counts of the shapes, losses [recomputed]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives import laws
from objectives.laws.joint_moe import VOCABULARY, JointMoE

(LAW,) = JointMoE.published()
EXPERTS = np.array([1, 2, 4, 8, 16, 32])
SPARSITY = 1 - 1 / EXPERTS

TABLE_4 = np.array(  # m, mu, n, nu for each number of experts
    [
        [30.3640, -0.1817, 53.9838, -0.1965],
        [27.7982, -0.1780, 66.8401, -0.2065],
        [24.8462, -0.1731, 87.7022, -0.2192],
        [21.8330, -0.1676, 119.9126, -0.2338],
        [19.0159, -0.1617, 167.5073, -0.2494],
        [16.5424, -0.1557, 234.6726, -0.2652],
    ]
)

TABLE_1 = [  # FLOPs, optimal active parameters and tokens for each number of experts, in 1e9
    (1e20, (1.7, 1.5, 1.2, 0.99, 0.81, 0.669), (9.7, 11.4, 13.9, 17, 20.7, 24.9)),
    (1e21, (5.7, 5, 4.4, 3.8, 3.3, 2.85), (29.3, 33, 38, 44.3, 51.2, 58.4)),
    (1e22, (18.8, 17.4, 15.8, 14.4, 13.2, 12.2), (88.6, 96, 105.4, 115.8, 126.5, 136.9)),
]


def test_at_a_fixed_number_of_experts_it_reduces_to_table_4() -> None:
    terms = LAW.power_terms(SPARSITY)
    ours = np.stack([terms[0], -np.asarray(terms[1]), terms[2], -np.asarray(terms[3])], axis=-1)
    np.testing.assert_allclose(ours, TABLE_4, rtol=3e-3)


def test_the_reduced_form_has_the_same_losses() -> None:
    n, d = 1.3e9, 4.7e10
    for row, loss in zip(TABLE_4, LAW.loss(n, d, SPARSITY), strict=True):
        m, mu, nn, nu = row
        assert m * n**mu + nn * d**nu + LAW.c == pytest.approx(loss, abs=3e-3)


@pytest.mark.parametrize(("flops", "sizes", "tokens"), TABLE_1)
def test_the_optima_of_table_1_are_met_within_the_rounding_of_the_table(
    flops: float, sizes: tuple[float, ...], tokens: tuple[float, ...]
) -> None:
    n = np.geomspace(1e8, 1e11, 20_001)[:, None]
    losses = LAW.loss(n, flops / (6 * n), SPARSITY)
    best = n[losses.argmin(axis=0), 0]
    np.testing.assert_allclose(best / 1e9, sizes, rtol=0.022)
    np.testing.assert_allclose(flops / (6 * best) / 1e9, tokens, rtol=0.02)
    if flops == 1e20:
        np.testing.assert_allclose(losses.min(axis=0)[[0, 3, 5]], (2.5897, 2.5291, 2.4724), atol=5e-5)


@pytest.mark.parametrize(("flops", "sizes", "tokens"), TABLE_1)
def test_the_rows_of_table_1_cost_what_they_say(
    flops: float, sizes: tuple[float, ...], tokens: tuple[float, ...]
) -> None:
    cost = LAW.training_flops(np.array(sizes) * 1e9, np.array(tokens) * 1e9, SPARSITY)
    np.testing.assert_allclose(cost, flops, rtol=0.03)


@given(st.sampled_from([512, 1024, 2048, 4096]), st.sampled_from([1, 2, 4, 8, 16, 32]))
def test_total_parameters_are_those_of_the_shape(width: int, experts: int) -> None:
    blocks = width // 64
    active = 2 * width * VOCABULARY + 13 * blocks * width**2
    total = 2 * width * VOCABULARY + (4 + 9 * experts) * blocks * width**2
    s = 1 - 1 / experts
    assert LAW.n_total(active, s) == pytest.approx(total, rel=1e-12)
    assert LAW.n_from_total(total, s) == pytest.approx(active, rel=1e-12)


def test_a_dense_model_stores_what_it_uses() -> None:
    np.testing.assert_allclose(LAW.n_total([1e8, 1e10]), [1e8, 1e10], rtol=1e-15)


def test_the_fitted_sparsities_end_at_32_experts_but_the_form_does_not() -> None:
    assert LAW.fitted.sparsity == (0.0, 1 - 1 / 32)
    assert LAW.experts_of(1 - 1 / 32) == pytest.approx(32)
    assert laws.get("joint-moe").loss(1e9, 1e11, 1 - 1 / 128) < LAW.loss(1e9, 1e11, 1 - 1 / 32)
