"""From loss to tasks: the OLMo ladder's published predictions, Gadre's errors, loss-to-loss."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.real_runs import ladder_checkpoints
from objectives import laws
from objectives.capability import downstream_gadre as gadre
from objectives.capability import downstream_translation as translation
from objectives.capability.downstream import Sigmoid
from objectives.capability.downstream_answer import Asked, answer
from objectives.capability.downstream_checkpoints import Checkpoints
from objectives.capability.downstream_fit import ChainFit, fit_chain
from objectives.laws.coupled import Coupled
from spaces.errors import BadInput

TARGET = (13_202_396_160, 5_000_088_518_656)
"""The ladder's 13B model on 5T tokens."""
TASKS = ("mmlu_avg_test", "hellaswag_val", "arc_challenge_test", "arc_easy_test", "piqa_val", "csqa_val",
         "socialiqa_val", "openbookqa_test")  # fmt: skip


def published(shared: Path, step: str, task: str) -> dict[str, float]:
    table = pd.read_csv(shared / f"data/olmo-ladder/published_{step}_main.csv").set_index("Task")
    return {column: float(table[column][f"{task}_5shot"]) for column in ("Actual", "Pred")}


@pytest.fixture(scope="module")
def ladder(shared: Path) -> dict[str, ChainFit]:
    """The chain of each task, fitted to the 16 runs of the ladder."""
    return {task: fit_chain(ladder_checkpoints(shared / "data", task)) for task in TASKS}


@pytest.mark.parametrize("task", TASKS)
def test_the_ladders_predictions_come_out(shared: Path, ladder: dict[str, ChainFit], task: str) -> None:
    fitted = ladder[task]
    step1, step2, chained = (published(shared, step, task) for step in ("step1", "step2", "chained"))
    tolerance = 2.5e-6 if task == "arc_challenge_test" else 2e-6  # where the authors' optimiser stopped early
    assert float(fitted.chain.loss(*TARGET)) == pytest.approx(step1["Pred"], abs=tolerance)
    assert float(fitted.chain.curve.accuracy(step1["Actual"])) == pytest.approx(step2["Pred"], abs=2e-6)
    assert fitted.accuracy(*TARGET) == pytest.approx(chained["Pred"], abs=3e-6)


def test_the_intervals_hold_where_resampling_alone_does_not(
    shared: Path, ladder: dict[str, ChainFit]
) -> None:
    """A model ten times the largest run: 8 of 8, and 6 of 8 by the plain bootstrap."""
    missed = {"interval": list[str](), "plain_interval": list[str]()}
    for task, fitted in ladder.items():
        for name, tasks in missed.items():
            low, high = getattr(fitted, name)(*TARGET)
            if not low < published(shared, "chained", task)["Actual"] < high:
                tasks.append(task)
    assert missed == {"interval": [], "plain_interval": ["arc_easy_test", "csqa_val"]}


def invented(noise: float = 0.0) -> Checkpoints:
    """Runs whose checkpoints follow Epoch's law, in place of a task's loss, and one sigmoid."""
    sizes, tokens = (grid.ravel() for grid in np.meshgrid([1e8, 3e8, 1e9, 3e9], [1e10, 3e10, 1e11]))
    n, end = np.repeat(sizes, 20), np.repeat(tokens, 20)
    d = end * np.tile(np.minimum(np.linspace(0.1, 1.3, 20), 1.0), len(sizes))
    loss = laws.get("hoffmann").loss(n, d)
    error = noise * np.random.default_rng(0).standard_normal(n.size)
    names = np.repeat(np.arange(len(sizes)).astype(str), 20)
    return Checkpoints(names, n, d, loss, Sigmoid(-0.75, 2.4, 5.0, 1.0).accuracy(loss) + error)


def test_a_chain_without_noise_is_found_again() -> None:
    fitted = fit_chain(invented(), draws=5)
    truth = laws.get("hoffmann").loss(7e10, 1.4e12)
    assert fitted.accuracy(7e10, 1.4e12) == pytest.approx(
        float(Sigmoid(-0.75, 2.4, 5.0, 1.0).accuracy(truth)), abs=2e-3
    )  # averages over checkpoints bend the curve a little


def test_intervals_widen_with_distance_and_level() -> None:
    checkpoints = invented(0.01)
    narrow, wide = (fit_chain(checkpoints, draws=40, level=level) for level in (0.5, 0.95))
    near, far = (1e10, 1e12), (1e11, 1e13)
    for fitted in (narrow, wide):
        low, high = fitted.interval(*near)
        assert low <= fitted.accuracy(*near) <= high
    assert np.ptp(narrow.interval(*near)) < np.ptp(wide.interval(*near)) < np.ptp(wide.interval(*far))


def test_a_ladder_too_short_to_hold_runs_out_says_so() -> None:
    whole = invented(0.01)
    few = whole.run.astype(int) < 6
    n, tokens, loss, accuracy = (
        column[few] for column in (whole.n, whole.tokens, whole.loss, whole.accuracy)
    )
    short = Checkpoints(whole.run[few], n, tokens, loss, accuracy)
    record = answer(short, Asked(1e10, 1e12), draws=10)
    assert record["calibration"]["accuracy"]["held_out"] == 0
    assert "too few runs to hold any out" in record["warnings"][0]


@given(st.floats(-1, -0.1), st.floats(0.3, 3), st.floats(0.5, 12), st.floats(0.5, 1), st.floats(0.1, 4))
def test_slopes_of_the_sigmoid(a: float, x0: float, k: float, b: float, loss: float) -> None:
    theta, step = np.array([a, x0, k, b]), 1e-6
    ends = [Sigmoid(*(theta[:, None] + sign * step * np.eye(4))).accuracy(loss) for sign in (1, -1)]
    numeric = (ends[0] - ends[1]) / (2 * step)
    np.testing.assert_allclose(Sigmoid(*theta).coefficient_gradient(loss), numeric, atol=1e-7)


GADRE_RUNS = (
    ((1_439_795_200, 921_468_928_000), 2.50205, 0.007103, 0.47522, 0.036365),
    ((6_889_410_560, 137_788_211_200), 2.42499, 0.007320, 0.47164, 0.000464),
)
"""RedPajama: size and tokens, measured loss and the prediction's relative error, measured error, likewise."""


@pytest.mark.parametrize(("run", "loss", "off", "error", "error_off"), GADRE_RUNS)
def test_gadres_predictions(
    run: tuple[float, float], loss: float, off: float, error: float, error_off: float
) -> None:
    chain = gadre.published("redpajama")
    assert float(chain.loss(*run)) == pytest.approx(loss * (1 + off), rel=6e-4)  # four digits of eta
    missed = abs(1 - float(chain.accuracy(*run)) - error) / error
    assert missed == pytest.approx(error_off, abs=2e-3)


@pytest.mark.parametrize("train_set", gadre.PUBLISHED)
def test_gadres_law_is_what_the_paper_writes(train_set: str) -> None:
    facts, chain = gadre.PUBLISHED[train_set], gadre.published(train_set, 46)
    n, m = 1e9, 80.0
    compute = 6 * n * m * n
    paper = facts.E + (facts.a * m**facts.eta + facts.b * m**-facts.eta) * compute**-facts.eta
    assert float(chain.loss(n, m * n)) == pytest.approx(paper, rel=1e-13)
    assert 0.3 < float(chain.accuracy(n, m * n)) < 0.6


def test_a_loss_is_translated() -> None:
    assert float(translation.published("proofpile-2").loss(2.6)) == pytest.approx(1.6860, abs=5e-5)


def test_a_law_translated_is_its_losses_translated() -> None:
    law = translation.fineweb_edu()
    for moved in translation.Translation.published():
        exact = moved.with_coefficients({"E0": law.e})
        n, d = np.array([1e8, 1e9, 3.3e9]), np.array([1e9, 2e10, 1e12])
        np.testing.assert_allclose(exact.law(law).loss(n, d), exact.loss(law.loss(n, d)), rtol=1e-12)
        np.testing.assert_allclose(moved.law(law).loss(n, d), moved.loss(law.loss(n, d)), rtol=0.02)


def test_coefficients_move_as_the_authors_say() -> None:
    """Their convention: A' = A K^(1/(kappa alpha)), alpha' = kappa alpha; k is beta, a is A^(alpha/beta)."""
    law, moved = translation.fineweb_edu(), translation.published("smollm")
    new = moved.law(law)
    kappa, k = moved.kappa, moved.K
    assert new.k == pytest.approx(kappa * 0.45558)
    assert new.alpha * new.k == pytest.approx(kappa * 0.41290)
    assert new.a ** (1 / new.alpha) == pytest.approx(6.67985e7 * k ** (1 / (kappa * 0.41290)))
    assert new.b == pytest.approx(8.89956e8 * k ** (1 / (kappa * 0.45558)))


def test_chinchillas_form_becomes_the_coupled_one() -> None:
    law = laws.custom("hoffmann", e=1.97, a=2517.5, b=7160.6, alpha=0.454, beta=0.449)
    assert isinstance(law, laws.family_class("hoffmann"))
    moved = translation.published("starcoder")
    found = moved.law(law)  # type: ignore[arg-type]
    assert isinstance(found, Coupled)
    assert float(found.loss(1e9, 1e11)) == pytest.approx(float(moved.loss(law.loss(1e9, 1e11))), rel=1e-12)


def test_mistakes_are_named() -> None:
    with pytest.raises(BadInput, match="train_set"):
        gadre.published("pile")
    with pytest.raises(BadInput, match="tasks: expected 17 or 46, got 3"):
        gadre.published("c4", 3)
    with pytest.raises(BadInput, match="target"):
        translation.published("smolm")
    with pytest.raises(BadInput, match="loss: expected above E0"):
        translation.published("fineweb").loss(1.9)
    with pytest.raises(BadInput, match=r"e: expected E0 of the translation"):
        translation.published("fineweb").law(laws.get("hoffmann"))  # type: ignore[arg-type]
