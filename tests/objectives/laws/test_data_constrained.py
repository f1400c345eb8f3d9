"""Muennighoff et al. 2023: the authors' printed outputs [code], and what repeated tokens are worth."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives import laws
from objectives.laws.data_constrained import DataConstrained

(LAW,) = DataConstrained.published()
UNIQUE = 25e9


def compute_optimal(flops: float) -> tuple[float, float]:
    """Chinchilla's split for the law's coefficients, without a limit on unique tokens."""
    g = (LAW.alpha * LAW.a / (LAW.beta * LAW.b)) ** (1 / (LAW.alpha + LAW.beta))
    n = g * (flops / 6) ** (LAW.beta / (LAW.alpha + LAW.beta))
    return n, flops / (6 * n)


@pytest.mark.parametrize(
    ("n", "d", "loss"), [(6.34e9, 242e9, 2.2256440889984477), (8.67e9, 178e9, 2.2269634075087867)]
)
def test_losses_are_the_authors_printed_outputs(n: float, d: float, loss: float) -> None:
    assert LAW.loss(n, d, unique_tokens=UNIQUE) == pytest.approx(loss, abs=1e-13)


def test_coefficients_are_the_exponentials_of_the_authors_logarithms() -> None:
    rounded = {"a": 520.82, "b": 1487.72, "e": 1.86914}
    for name, value in rounded.items():
        assert LAW.coefficients[name] == pytest.approx(value, rel=1e-5)
    assert LAW.alpha == LAW.beta == 0.3526596


def test_the_authors_grid_finds_their_printed_optimum() -> None:
    n, d = compute_optimal(1e22)
    steps = np.linspace(1.0001, 3, 500)
    factors = np.concatenate([steps, 1 / steps])
    best = factors[LAW.loss(n / factors, d * factors, unique_tokens=np.minimum(UNIQUE, d * factors)).argmin()]
    assert d * best == pytest.approx(237_336_955_477.55, rel=1e-9)
    assert n / best == pytest.approx(7_022_364_735.88, rel=1e-9)
    assert d * best / UNIQUE == pytest.approx(9.493, abs=5e-4)


def test_unlimited_data_have_the_authors_printed_optimum() -> None:
    n, d = compute_optimal(5.76e23)
    assert n == pytest.approx(69_962_173_313.5, rel=1e-9)
    assert d == pytest.approx(1_372_170_066_384.2, rel=1e-9)
    by_n, by_d, _, _ = LAW.gradient(n, d)
    assert n * by_n == pytest.approx(d * by_d, rel=1e-9)
    assert d / n == pytest.approx(19.613, abs=5e-4)


@given(st.floats(7, 12), st.floats(8, 13))
def test_unlimited_unique_tokens_reduce_it_to_chinchillas_form(log_n: float, log_d: float) -> None:
    base = {name: LAW.coefficients[name] for name in ("e", "a", "b", "alpha", "beta")}
    chinchilla = laws.custom("hoffmann", **base).loss(10**log_n, 10**log_d)
    assert LAW.loss(10**log_n, 10**log_d) == pytest.approx(chinchilla, rel=1e-14)
    assert LAW.loss(10**log_n, 10**log_d, unique_tokens=1e18) == pytest.approx(chinchilla, rel=1e-14)


@given(st.floats(7, 12), st.floats(8, 13))
def test_the_loss_is_continuous_where_repeating_begins(log_n: float, log_d: float) -> None:
    n, d = 10**log_n, 10**log_d
    above, below = (LAW.loss(n, d, unique_tokens=d * (1 + sign * 1e-9)) for sign in (1, -1))
    assert above == pytest.approx(below, rel=1e-8)


def test_parameters_count_in_full_up_to_a_nineteenth_of_the_unique_tokens() -> None:
    unique = 1e11
    n = np.array([0.0509, 0.0511]) * unique  # U_N = 0.05099 U_D
    by_n = LAW.gradient(n, 1e13, unique_tokens=unique)[:, 0]
    in_full = LAW.gradient(n, 1e13)[:, 0]
    assert by_n[0] / in_full[0] == pytest.approx(1.0, rel=1e-12)
    assert by_n[1] / in_full[1] < 1 - 1e-4


def test_repeating_for_ever_is_worth_sixteen_epochs() -> None:
    unique = 1e10
    n = 1e7  # small enough that no parameter is in excess
    assert LAW.loss(n, np.inf, unique_tokens=unique) == pytest.approx(
        LAW.loss(n, 16.387756 * unique), rel=1e-12
    )


@pytest.mark.parametrize(("epoch", "worth"), [(4, 0.823), (16, 0.377), (40, 0.079)])
def test_a_token_of_a_later_epoch_is_worth_what_the_paper_says(epoch: int, worth: float) -> None:
    unique = 1e10
    n = 1e7
    first = LAW.loss(n, epoch * unique, unique_tokens=unique)
    effective = (LAW.b / (first - LAW.e - LAW.a * n**-LAW.alpha)) ** (1 / LAW.beta)
    fresh = -LAW.beta * LAW.b * effective ** (-LAW.beta - 1)  # dL/dD if the tokens were new
    by_d = LAW.gradient(n, epoch * unique, unique_tokens=unique)[1]
    assert by_d / fresh == pytest.approx(worth, abs=5e-4)


def test_more_unique_tokens_never_hurt() -> None:
    unique = np.geomspace(1e8, 1e13, 200)
    losses = LAW.loss(8.67e9, 178e9, unique_tokens=unique)
    assert np.all(np.diff(losses) <= 0)
    assert LAW.gradient(8.67e9, 178e9, unique_tokens=UNIQUE)[3] < 0


def test_the_fitted_range_holds_the_released_runs(shared: Path) -> None:
    runs = pd.read_csv(shared / "data/datablations/contour_final.csv")
    for quantity, column in (("n", "num_params"), ("tokens", "token_num")):
        bounds = (runs[column].min(), runs[column].max())
        np.testing.assert_allclose(getattr(LAW.fitted, quantity), bounds, rtol=1e-4)
