"""Clark et al. 2022: coefficients [secondary], values [recomputed], the final losses of the real runs."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from objectives.laws.routed import Clark

S_BASE, RL_R, HASH = Clark.published()
each_router = pytest.mark.parametrize("law", [S_BASE, RL_R, HASH], ids=["s-base", "rl-r", "hash"])


def sparsity(experts: float) -> float:
    return 1 - 1 / experts


def test_losses_agree_with_recomputed_values() -> None:
    assert S_BASE.loss(1e9, 130e9) == pytest.approx(2.28457, abs=5e-6)
    assert S_BASE.loss(1e9, 130e9, sparsity(64)) == pytest.approx(2.08581, abs=5e-6)


@each_router
def test_the_logarithms_are_decimal(law: Clark) -> None:
    log_n, log_e = np.log10(1e9), np.log10(law.e_start)
    decimal = law.a * log_n + law.b * log_e + law.c * log_n * log_e + law.d
    assert np.log10(law.loss(1e9, 130e9)) == pytest.approx(decimal, rel=1e-13)
    factor = np.log(10)
    natural = law.a * log_n * factor + law.b * log_e * factor + law.c * log_n * log_e * factor**2 + law.d
    assert np.exp(natural) / law.loss(1e9, 130e9) < 0.4  # off by more than 60 %


def test_a_small_routed_model_is_worth_a_dense_one_ten_times_its_size() -> None:
    worth = S_BASE.dense_equivalent(5e6, sparsity(128))
    assert worth == pytest.approx(5.18e7, rel=1e-3)
    assert worth == pytest.approx(55e6, rel=0.06)  # the paper's own, rounded


@each_router
def test_the_dense_equivalent_has_the_loss_of_the_routed_model(law: Clark) -> None:
    n, s = np.geomspace(1e7, 1e11, 9)[:, None], 1 - 1 / np.array([2.0, 16, 128, 512])
    np.testing.assert_allclose(law.loss(law.dense_equivalent(n, s), 130e9), law.loss(n, 130e9, s), rtol=1e-12)


def test_the_published_cutoff_is_the_size_at_which_routing_stops_paying() -> None:
    assert S_BASE.cutoff == 937e9
    assert S_BASE.dense_equivalent(937e9, sparsity(64)) == pytest.approx(9.47e11, rel=1e-3)


@pytest.mark.parametrize(
    ("law", "published", "naive"), [(S_BASE, 937e9, 1e12), (RL_R, 85e9, 3.2e10), (HASH, 83e9, 2.2e11)]
)
def test_the_cutoff_is_carried_because_the_rounded_c_does_not_give_it(
    law: Clark, published: float, naive: float
) -> None:
    assert law.cutoff == published
    assert 10 ** (-law.b / law.c) == pytest.approx(naive, rel=0.03)
    assert abs(naive / published - 1) > 0.05


def test_one_expert_with_the_start_value_is_the_dense_law() -> None:
    assert S_BASE.dense_equivalent(1e9, 0.0) == pytest.approx(1e9, rel=1e-13)


@pytest.fixture(scope="module")
def final_runs(shared: Path) -> pd.DataFrame:
    """Last checkpoints of the top-1 runs with every other block routed, dense ones among them."""
    with gzip.open(shared / "data/clark-routed/curves.csv.gz") as file:
        curves = pd.read_csv(file)
    last = curves["step"] == curves.groupby("hyper_id")["step"].transform("max")
    return curves[last & (curves["k"] == 1) & (curves["routing_frequency"] == 0.5)]


@pytest.mark.parametrize(
    ("law", "router", "rmse"),
    [(S_BASE, "S-Base", 0.0038), (RL_R, "RL-R", 0.0081), (HASH, "Hash", 0.0055)],
    ids=["s-base", "rl-r", "hash"],
)
def test_published_sets_predict_the_final_losses(
    final_runs: pd.DataFrame, law: Clark, router: str, rmse: float
) -> None:
    runs = final_runs[final_runs["router_type"] == router]
    n, s = runs["dense_parameter_count"].to_numpy(), 1 - 1 / runs["num_experts"].to_numpy()
    residuals = np.log10(law.loss(n, 130e9, s)) - np.log10(runs["loss_validation"].to_numpy())
    assert np.sqrt(np.mean(residuals**2)) == pytest.approx(rmse, abs=5e-5)


REFITS = {  # least squares with the dense runs included [recomputed]
    "S-Base": (-0.0838, -0.1234, 0.0104, 1.1216, 2.39, 218.0),
    "RL-R": (-0.0835, -0.1279, 0.0117, 1.1143, 1.99, 424.0),
    "Hash": (-0.0887, -0.1464, 0.0134, 1.1730, 4.99, 369.0),
}


@pytest.mark.parametrize("router", list(REFITS))
def test_least_squares_refits_reach_the_recomputed_error(final_runs: pd.DataFrame, router: str) -> None:
    law = Clark(*REFITS[router])
    runs = final_runs[final_runs["router_type"].isin([router, "Dense"])]
    n, s = runs["dense_parameter_count"].to_numpy(), 1 - 1 / runs["num_experts"].to_numpy()
    residuals = np.log10(law.loss(n, 130e9, s)) - np.log10(runs["loss_validation"].to_numpy())
    assert np.sqrt(np.mean(residuals**2)) == pytest.approx(0.003, abs=6e-4)


def test_the_fitted_range_holds_the_runs(final_runs: pd.DataFrame) -> None:
    sizes, experts = final_runs["dense_parameter_count"], final_runs["num_experts"]
    assert S_BASE.fitted.n == (sizes.min(), sizes.max())
    assert S_BASE.fitted.sparsity == (sparsity(experts.min()), sparsity(experts.max()))
