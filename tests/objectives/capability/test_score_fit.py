"""The fit of a law of MMLU: recovery, the real models, held-out families and years, intervals, saved fits."""

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.real_runs import GENERAL_2024, mmlu_models
from objectives import laws
from objectives.capability.score_columns import parse_score_columns
from objectives.capability.score_fit import Recipe, ScoreEstimation, estimation
from objectives.capability.score_pipeline import ScoreFit, fit_scores
from objectives.capability.score_saved import fitted_of, load_performance, to_score_record
from objectives.capability.score_table import Scores, read_scores
from objectives.capability.score_validation import FLOOR, bounded, half_width, hold_out_families
from objectives.laws.performance import Performance
from objectives.laws.score_link import Link
from spaces.errors import BadInput


@pytest.fixture(scope="module")
def real(shared: Path) -> Scores:
    return mmlu_models(shared / "data")


@pytest.fixture(scope="module")
def fitted(real: Scores) -> ScoreFit:
    return fit_scores(real, draws=100)


def synthetic(law: Performance, *, noise: float = 0.0, families: int = 12, seed: int = 0) -> Scores:
    """Models of invented shapes whose scores the law gives, up to noise of their families."""
    random, count = np.random.default_rng(seed), 5 * families
    layers, hidden = random.integers(12, 90, count), 128 * random.integers(12, 90, count)
    ffn, tokens = hidden * random.choice([2, 3, 4, 5], count), 10 ** random.uniform(11, 13, count)
    size = 12.0 * layers * hidden**2
    family = np.repeat(np.arange(families), 5).astype(np.str_)
    shift = np.repeat(noise * random.standard_normal(families), 5)
    n_layers, h, d, n = (np.asarray(column, dtype=np.float64) for column in (layers, hidden, ffn, size))
    mmlu = np.clip(law.mmlu(n_layers, h, d, tokens, n) + shift, 25, 100)
    return Scores(n_layers, h, d, tokens, n, mmlu, family, family, np.arange(1, count + 1))


@pytest.mark.parametrize("link", Link)
def test_exact_scores_give_their_law_back(link: Link) -> None:
    published = laws.get("performance")
    law = published if link is Link.CLIPPED else Performance(1.1, 0.3, -0.2, 0.9, -4.0, link=link)
    found = estimation(synthetic(law), Recipe(link, ridge=0.0))
    theta = found.solve(np.ones((1, len(found.scores))))
    assert found.coefficients(theta)[0] == pytest.approx(list(law.coefficients.values()), rel=1e-6)


@pytest.mark.parametrize("link", Link)
def test_the_jacobian_agrees_with_central_differences(link: Link) -> None:
    problem = estimation(synthetic(laws.get("performance")), Recipe(link, ridge=0.3))
    theta = problem.solve(np.ones((1, len(problem.scores)))) + 0.01
    _, jacobian = problem(theta)
    for index in range(5):
        step = np.zeros(5)
        step[index] = 1e-6
        numeric = (problem(theta + step)[0] - problem(theta - step)[0]) / 2e-6
        assert jacobian[:, :, index] == pytest.approx(numeric, abs=1e-4)


def test_the_published_laws_error_on_real_models_is_reproduced(real: Scores) -> None:
    law = laws.get("performance")
    raw, shown = law.raw(*real.inputs), law.mmlu(*real.inputs)
    assert len(real) == 66
    assert np.mean(np.abs(raw - real.mmlu)) == pytest.approx(13.6, abs=0.05)
    assert np.mean(np.abs(shown - real.mmlu)) == pytest.approx(13.5, abs=0.05)
    ranks = np.argsort(np.argsort([shown, real.mmlu], axis=1), axis=1).astype(np.float64)
    assert np.corrcoef(ranks[0], ranks[1])[0, 1] == pytest.approx(0.87, abs=0.005)
    recent = np.isin(real.family, GENERAL_2024)
    assert np.mean(np.abs(shown - real.mmlu)[recent]) < 5.0


def test_models_the_law_is_not_for_are_left_out_with_the_reason(real: Scores) -> None:
    assert dict(real.left_out) == {
        20: "tokens is blank",
        21: "a mixture of 8 experts, which the law is not for",
        66: "tokens is blank",
        67: "tokens is blank",
    }


def test_held_out_it_halves_the_error_and_beats_every_baseline(fitted: ScoreFit) -> None:
    assert fitted.held.mean_error < 7.0
    assert fitted.held.mean_error < min(fitted.baselines.values()) - 1.0
    assert fitted.held.root_mean_square == min(held.root_mean_square for _, held in fitted.candidates)


def test_a_held_out_family_is_predicted_by_a_fit_of_the_others(fitted: ScoreFit) -> None:
    scores = fitted.scores
    problem = estimation(scores, fitted.recipe)
    out = scores.family == "Llama"
    alone = problem.predicted(problem.solve((~out).astype(np.float64)[None]))[0]
    assert fitted.held.predicted[out] == pytest.approx(alone[out], abs=1e-6)


def test_intervals_cover_families_they_never_saw(fitted: ScoreFit) -> None:
    assert 0.9 <= fitted.covered.models < 1.0
    assert fitted.covered.families >= 0.9
    assert fitted.half_width == pytest.approx(fitted.covered.half_width, abs=1.0)


def test_years_say_what_can_be_predicted_from_what(fitted: ScoreFit) -> None:
    early, late = fitted.years
    assert (early.year, early.before, late.year, late.after) == (2022, 14, 2023, 16)
    assert early.inside is None  # four families are too few for 90 %
    assert early.error.mean() < -15  # models at chance teach nothing about what comes
    assert (
        np.mean(np.abs(late.error)) < 6.5
    )  # where the published law, which has seen some of them, errs by 7
    assert any("fitted up to 2022" in doubt for doubt in fitted.doubts())
    assert any("sit at chance" in doubt for doubt in fitted.doubts())


def test_synthetic_families_are_covered_at_the_nominal_rate() -> None:
    law, inside = Performance(12.0, 1.0, 1.0, 5.0, -10.0), []
    for seed in range(6):
        scores = synthetic(law, noise=6.0, families=16, seed=seed)
        held = hold_out_families(estimation(scores, Recipe(Link.CLIPPED, 0.1)))
        half = half_width(held.error, scores.family, 0.8)
        inside.append(np.mean(np.abs(held.error) <= half))
    assert 0.78 <= np.mean(inside) <= 0.95


def test_too_few_families_have_no_interval() -> None:
    family = np.array(["a", "b", "c"])
    assert half_width(np.array([1.0, 2.0, 3.0]), family, 0.7) == 3.0
    assert half_width(np.array([1.0, 2.0, 3.0]), family, 0.9) == np.inf


def test_an_interval_stays_between_chance_and_a_hundred() -> None:
    low, high = bounded(np.array([26.0, 95.0]), 20.0)
    assert low.tolist() == [FLOOR, 75.0]
    assert high.tolist() == [46.0, 100.0]
    assert 24 < FLOOR < 25


def test_a_saved_fit_predicts_as_the_fit_did(fitted: ScoreFit, tmp_path: Path) -> None:
    record = json.loads(json.dumps(to_score_record(fitted), allow_nan=False))
    back = fitted_of(record)
    assert back.law == fitted.law
    assert back.law.mmlu(*fitted.scores.inputs) == pytest.approx(fitted.fitted, abs=1e-9)
    assert back.half_width == fitted.half_width
    path = tmp_path / "mmlu.json"
    path.write_text(json.dumps(record))
    assert load_performance(str(path)).law == fitted.law


@pytest.mark.parametrize("text", ["{}", "[]", "not json", '{"kind": "fit", "format": 1}'])
def test_another_file_is_no_fit(text: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"coefficients: expected a fit of the performance law"):
        load_performance(str(path))


HEADER, ROW = "layers,hidden,ffn,tokens,n_total,mmlu", "32,4096,11008,2e12,7e9,45"
TABLES = {
    "no rows": ([HEADER], "at least one run"),
    "no mmlu": (
        [HEADER.removesuffix(",mmlu"), "1,2,3,4,5"],
        "columns.mmlu: expected a column of the table, or mmlu=NAME of one",
    ),
    "text": ([HEADER, "32,4096,x,2e12,7e9,45"], "runs.ffn, row 1: expected a positive"),
    "trillions": ([HEADER, ROW, "32,4096,11008,2,7e9,45"], "runs.tokens, row 2: expected tokens as a count"),
    "billions": ([HEADER, "32,4096,11008,2e12,7,45"], "column*1e9 for billions"),
    "shares": ([HEADER, "32,4096,11008,2e12,7e9,0.45"], "(mmlu=mmlu*100)"),
    "above 100": ([HEADER, "32,4096,11008,2e12,7e9,450"], "points from 0 to 100"),
    "all blank": ([HEADER, "32,4096,11008,,7e9,45"], "without blank cells"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_mistake_in_the_table_is_named(name: str, tmp_path: Path) -> None:
    lines, expected = TABLES[name]
    path = tmp_path / "models.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(BadInput) as caught:
        read_scores(path)
    assert len(caught.value.mistakes) == 1
    assert expected in str(caught.value)


def test_a_few_models_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    path.write_text(f"{HEADER}\n{ROW}\n{ROW}\n")
    with pytest.raises(BadInput, match="at least 8 dense models of 3 families"):
        fit_scores(read_scores(path))


@pytest.mark.parametrize("text", ["tokens", "=x", "tokns=x", "tokens=a,tokens=b", "tokens=a*0", "model=a*2"])
def test_a_mistake_in_the_mapping_is_named(text: str) -> None:
    with pytest.raises(BadInput, match=r"^columns"):
        parse_score_columns(text)


def test_a_feature_that_never_varies_does_no_harm() -> None:
    scores = synthetic(laws.get("performance"))
    flat = ScoreEstimation(scores, Recipe(), np.column_stack([scores.features[:, 0], np.ones(len(scores))]))
    assert np.isfinite(flat.solve(np.ones((1, len(scores))))).all()
