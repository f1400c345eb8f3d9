"""Frantar et al. 2023: conversion, the notebook's objectives on the real runs, and the optimal sparsity."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives import laws
from objectives.laws.frantar import T5_TOKENS_PER_STEP, Frantar
from objectives.laws.law import Array, Law

T5, VIT = Frantar.published()
TABLE = laws.custom("frantar", e=0.651, a_S=16.8, b_S=0.722, c_S=45.0, b_N=0.245, a_D=6.90e8, b_D=0.203)
OPTIMUM = laws.custom(
    "frantar", e=0.8304, a_S=10.71, b_S=1.345, c_S=41.62, b_N=0.2317, a_D=6.77e8, b_D=0.3846
)
"""A better minimum of the authors' own objective than their 25 starts found [recomputed]."""


@pytest.mark.parametrize(
    ("law", "table"),
    [
        (T5, {"a_S": 16.8, "b_S": 0.722, "c_S": 45.0, "b_N": 0.245, "a_D": 6.90e8, "b_D": 0.203, "e": 0.651}),
        (VIT, {"a_S": 294, "b_S": 0.821, "c_S": 468, "b_N": 0.392, "a_D": 2.37e8, "b_D": 0.890, "e": 4.517}),
    ],
)
def test_converted_notebook_vectors_round_to_the_published_table(law: Law, table: dict[str, float]) -> None:
    for name, value in law.coefficients.items():
        assert value == pytest.approx(table[name], rel=2e-3)


def test_the_t5_data_scale_is_10528_steps() -> None:
    assert T5.a_D / T5_TOKENS_PER_STEP == pytest.approx(10_528, abs=1)


def test_the_held_out_t5_run_is_predicted_as_the_notebook_does() -> None:
    size, tokens = 48 * 12 * 1024**2, 500_000 * T5_TOKENS_PER_STEP
    assert T5.loss(size, tokens, 0.75) == pytest.approx(1.4683, abs=5e-5)
    assert OPTIMUM.loss(size, tokens, 0.75) == pytest.approx(1.455, abs=5e-4)
    measured = 1.48278
    assert abs(T5.loss(size, tokens, 0.75) - measured) < abs(OPTIMUM.loss(size, tokens, 0.75) - measured)


@pytest.mark.parametrize(
    ("law", "factors"),
    [(TABLE, (1.587, 2.160, 2.635, 2.986)), (VIT, (1.596, 2.172, 2.633, 2.957))],
    ids=["t5", "vit"],
)
def test_a_sparse_model_is_worth_a_dense_one_of_the_recomputed_multiple(
    law: Law, factors: tuple[float, ...]
) -> None:
    sparsities = np.array([0.5, 0.75, 0.875, 0.9375])
    dense = law.loss(1e7 * np.array(factors), 2e10)
    np.testing.assert_allclose(law.loss(1e7, 2e10, sparsities), dense, rtol=1e-4)


def test_training_costs_what_the_dense_model_under_the_mask_costs() -> None:
    assert T5.training_flops(1e8, 1e10, 0.75) == pytest.approx(6 * 4e8 * 1e10)
    assert T5.n_total(1e8, 0.75) == pytest.approx(4e8)


def test_the_optimal_sparsity_agrees_with_recomputed_values() -> None:
    assert isinstance(TABLE, Frantar)
    budgets = [1e20, 1e21, 1e22]
    np.testing.assert_allclose(TABLE.optimal_sparsity(1e8, budgets), (0.5262, 0.7142, 0.8276), atol=5e-5)
    # the recomputation used the table's three digits; the full-precision set stands 0.002 lower
    np.testing.assert_allclose(T5.optimal_sparsity(1e8, budgets), (0.5262, 0.7142, 0.8276), atol=2e-3)


@given(st.sampled_from([T5, VIT]), st.floats(6, 9), st.floats(0.5, 6))
def test_no_other_sparsity_beats_the_optimal_one_at_the_same_cost(
    law: Frantar, log_n: float, log_ratio: float
) -> None:
    n = 10**log_n
    flops = 6 * n * n * 10**log_ratio
    best = law.optimal_sparsity(n, flops)
    s = np.append(np.linspace(0, 0.999, 1000), best)
    losses = law.loss(n, flops / law.flops_per_token(n, s), s)
    assert losses.min() == pytest.approx(losses[-1], rel=1e-13)


def test_a_budget_too_small_for_pruning_leaves_the_model_dense() -> None:
    assert T5.optimal_sparsity(1e9, 1e17) == 0.0


def mean_huber(residuals: Array, delta: float) -> float:
    size = np.abs(residuals)
    return float(np.where(size <= delta, size**2 / 2, delta * (size - delta / 2)).mean())


@pytest.fixture(scope="module")
def t5_runs(shared: Path) -> pd.DataFrame:
    runs = pd.read_csv(shared / "data/frantar-sparsity/t5-data.csv")
    runs["n"] = 24 * 12 * 768**2 * runs["scale"] * (1 - runs["sparsity"])
    runs["d"] = runs["steps"] * T5_TOKENS_PER_STEP
    return runs


@pytest.fixture(scope="module")
def vit_runs(shared: Path) -> pd.DataFrame:
    runs = pd.DataFrame(json.loads((shared / "data/frantar-sparsity/vit-data.json").read_text()))
    runs["n"] = 12 * 12 * 768**2 * runs["scale"] * (1 - runs["sparsity"])
    runs["d"] = runs["total_examples"]
    return runs


@pytest.mark.parametrize(
    ("law", "objective", "worst"),
    [(T5, 7.604e-6, 0.027), (OPTIMUM, 4.880e-6, 0.016)],
    ids=["published", "optimum"],
)
def test_the_published_t5_set_is_a_local_optimum_and_a_better_one_is_known(
    t5_runs: pd.DataFrame, law: Law, objective: float, worst: float
) -> None:
    predicted = law.loss(t5_runs["n"], t5_runs["d"], t5_runs["sparsity"])
    measured = t5_runs["val-loss"].to_numpy()
    assert mean_huber(np.log(predicted) - np.log(measured), 1e-3) == pytest.approx(objective, rel=1e-3)
    assert np.abs(predicted / measured - 1).max() == pytest.approx(worst, abs=5e-4)


def test_the_vit_set_reaches_its_objective_on_the_runs(vit_runs: pd.DataFrame) -> None:
    predicted = VIT.loss(vit_runs["n"], vit_runs["d"], vit_runs["sparsity"])
    assert mean_huber(predicted - vit_runs["val-loss"].to_numpy(), 0.01) == pytest.approx(
        4.929088e-4, rel=1e-6
    )


def test_the_fitted_ranges_hold_the_runs_of_the_fits(t5_runs: pd.DataFrame, vit_runs: pd.DataFrame) -> None:
    for law, runs in ((T5, t5_runs), (VIT, vit_runs)):
        for quantity, column in (("n", "n"), ("tokens", "d"), ("sparsity", "sparsity")):
            bounds = (runs[column].min(), runs[column].max())
            np.testing.assert_allclose(getattr(law.fitted, quantity), bounds, rtol=1e-3)
