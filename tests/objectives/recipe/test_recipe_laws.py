"""Recipe laws against published numbers and the authors' own bootstrap draws."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from objectives import laws
from objectives.budget import Budget
from objectives.exact import optimum
from objectives.plan import plan
from objectives.recipe import RECIPES, DeepSeek, Porian, Scale, StepLaw, advise
from objectives.recipe.laws import STEP_COVARIANCE, STEP_MEAN
from spaces.errors import BadInput

STEP, ROUNDED = StepLaw.published()
DRAWS = "data/steplaw/1004_fitted_lr_bs_scaling_model_parameters.csv"
ORACLES = (
    (STEP, Scale(n=7e9, tokens=1.4e12), 9.347e-4, 4.997e6),
    (ROUNDED, Scale(n=7e9, tokens=1.4e12), 9.166e-4, 4.999e6),
    (ROUNDED, Scale(n=1e9, tokens=1e11), 1.632e-3, 1.108e6),
    (DeepSeek.published()[0], Scale(flops=1e20), 9.860e-4, 1.017e6),
    (DeepSeek.published()[0], Scale(flops=1e19), 1.315e-3, 4.789e5),
    (Porian.published()[0], Scale(n=108e6), 4.74e-3, 164 * 2048),
)


@pytest.mark.parametrize(("recipe", "scale", "rate", "batch"), ORACLES)
def test_published_numbers_come_out(
    recipe: StepLaw | DeepSeek | Porian, scale: Scale, rate: float, batch: float
) -> None:
    digits = 3e-3 if recipe.family == "porian" else 5e-4  # as many as the numbers have
    assert recipe.learning_rate(scale) == pytest.approx(rate, rel=digits)
    assert recipe.batch_tokens(scale) == pytest.approx(batch, rel=digits)


def test_the_summary_is_that_of_the_authors_draws(shared: Path) -> None:
    draws = pd.read_csv(shared / DRAWS).to_numpy()
    assert draws.shape == (1000, 5)
    np.testing.assert_allclose(STEP_MEAN, draws.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(STEP_COVARIANCE, np.cov(draws.T), rtol=1e-8)


@pytest.mark.parametrize(
    ("n", "tokens"), [(2e8, 2e10), (1e9, 1e11), (7e9, 1.4e12), (7e10, 1e13), (1e11, 2e12)]
)
def test_intervals_hold_the_share_of_the_draws_they_say(shared: Path, n: float, tokens: float) -> None:
    draws = pd.read_csv(shared / DRAWS).to_numpy()
    rates = np.exp(draws[:, :3] @ [1.0, np.log(n), np.log(tokens)])
    batches = np.exp(draws[:, 3:] @ [1.0, np.log(tokens)])
    found = STEP.intervals(Scale(n=n, tokens=tokens))
    assert found is not None
    for values, interval in zip((rates, batches), found, strict=True):
        low, high = np.percentile(values, [2.5, 97.5])
        assert interval == pytest.approx((low, high), rel=0.03)
        assert np.mean((values > interval[0]) & (values < interval[1])) == pytest.approx(0.95, abs=0.01)


def test_mixtures_are_asked_by_all_stored_parameters(shared: Path) -> None:
    runs = pd.read_csv(shared / "data/steplaw/moe_lr_bs_loss.csv")
    best = runs.loc[runs.groupby(["N", "Na", "D"])["smooth loss"].idxmin()]

    def bias(n: str) -> float:
        scales = (Scale(n=row[n], tokens=row["D"]) for _, row in best.iterrows())
        return float(np.mean(np.log(best["lr"] / [STEP.learning_rate(scale) for scale in scales])))

    assert bias("N") == pytest.approx(0.19, abs=0.005)
    assert bias("Na") == pytest.approx(-0.97, abs=0.005)


def test_a_plan_tells_how_each_size_was_got() -> None:
    dense = {a.law: a for a in plan(laws.get("hoffmann"), Budget(1e22)).recipe}
    total = optimum(laws.get("hoffmann"), 1e22).n_total
    n = dense["step-law"].asked["n"]
    assert n + 47491 * n ** (1 / 3) == pytest.approx(total, rel=1e-12)
    assert dense["porian"].asked["n"] == total
    assert dense["deepseek"].asked == {"flops": pytest.approx(1e22)}
    assert dense["deepseek"].extrapolation["flops"] == pytest.approx(np.log10(1e22 / 2e19))
    own = optimum(laws.get("kaplan"), 1e22)
    assert advise(laws.get("kaplan"), own)[0].asked["n"] == own.n
    assert [kind.family for kind in RECIPES] == list(dense)


def test_a_sparse_plan_says_which_recipes_know_only_dense_models() -> None:
    advice = {a.law: a.how for a in plan(laws.get("joint-moe"), Budget(1e21)).recipe}
    assert [name for name, how in advice.items() if "found on dense models" in how] == ["deepseek", "porian"]


def test_a_law_of_images_gets_no_recipe() -> None:
    vision = next(law for law in laws.family_class("frantar").published() if "image" in law.unit)
    assert advise(vision, optimum(vision, 1e20)) == ()


def test_what_is_missing_or_impossible_is_said_by_name() -> None:
    with pytest.raises(BadInput, match=r"tokens: expected .*step-law.*got nothing"):
        STEP.learning_rate(Scale(n=1e9))
    with pytest.raises(BadInput, match=r"(?s)n: expected.*flops: expected"):
        Scale(n=-1.0, flops=float("nan"))
