"""Sloth's form: found again on invented families, and held-out large models of real ones."""

from pathlib import Path

import numpy as np
import pytest

from experiments.real_runs import mmlu_models
from objectives.capability.downstream_skills import (
    FLOORS,
    Benchmarks,
    Parts,
    SkillEstimation,
    Skills,
    fit_skills,
)
from spaces.errors import BadInput

NAMES = ("a", "b", "c", "d")
FLOOR = (0.25, 0.0, 0.5, 0.25)


def truth() -> Skills:
    """Two skills, four benchmarks, four families."""
    random = np.random.default_rng(1)
    loadings = np.concatenate([np.eye(2), [[0.6, 0.5], [1.2, -0.3]]])[None]
    starts = random.uniform(-1.5, 0.5, (1, 4, 2))
    slopes = np.array([[[0.7, 0.4], [0.3, 0.6], [0.05, -0.05]]])
    return Skills(Parts(starts, slopes, loadings, np.array([[0.0, 0.0, 0.2, -0.4]])), NAMES, FLOOR)


def table(skills: Skills, missing: float = 0.0) -> Benchmarks:
    random = np.random.default_rng(2)
    family = np.repeat(NAMES, 5)
    n, tokens = random.uniform(5e8, 3e10, 20), random.uniform(2e11, 8e12, 20)
    score = np.stack([skills.scores(f, a, b) for f, a, b in zip(family.tolist(), n, tokens, strict=True)])
    score[random.random(score.shape) < missing] = np.nan
    return Benchmarks(score, n, tokens, family, FLOOR)


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_larger_models_than_any_fitted_are_foretold(missing: float) -> None:
    skills = truth()
    fitted = fit_skills(table(skills, missing), skills=2)
    for family in NAMES:
        np.testing.assert_allclose(
            fitted.scores(family, [7e10, 4e11], 15e12), skills.scores(family, [7e10, 4e11], 15e12), atol=1e-6
        )


def test_slopes_of_the_residuals() -> None:
    problem = SkillEstimation(table(truth()), 2)
    theta = np.random.default_rng(3).normal(size=(2, len(problem.start())))
    residuals, jacobian = problem(theta)
    assert residuals.shape == (2, 80)
    for index in range(theta.shape[1]):
        step = 1e-6 * np.eye(theta.shape[1])[index]
        numeric = (problem(theta + step)[0] - problem(theta - step)[0]) / 2e-6
        np.testing.assert_allclose(jacobian[:, :, index], numeric, atol=1e-7)


def test_the_largest_of_a_family_from_its_smaller_ones(shared: Path) -> None:
    """One benchmark is all the table has: so one skill, and the family's start is what is tested."""
    models = mmlu_models(shared / "data")
    score, n, tokens = models.mmlu[:, None] / 100, models.n_total, models.tokens
    missed, naive = [], []
    for family in models.families:
        rows = np.flatnonzero(models.family == family)
        if len(np.unique(n[rows])) < 2:
            continue
        largest = rows[np.argmax(n[rows])]
        kept = np.arange(len(n)) != largest
        rest = Benchmarks(score[kept], n[kept], tokens[kept], models.family[kept], (FLOORS["mmlu"],))
        foretold = fit_skills(rest).scores(family, n[largest], tokens[largest])
        missed.append(abs(float(foretold[0]) - score[largest, 0]))
        naive.append(abs(float(score[rows[rows != largest]].max()) - score[largest, 0]))
    assert (len(missed), np.mean(missed)) == pytest.approx((18, 0.0747), abs=1e-3)
    assert np.mean(missed) < np.mean(naive)  # the best of its smaller ones: 0.0994


def test_mistakes_are_named() -> None:
    good = table(truth())
    with pytest.raises(BadInput, match="skills: expected from 1 to the 4"):
        fit_skills(good, skills=5)
    with pytest.raises(BadInput, match="family"):
        truth().scores("e", 1e9, 1e12)
    with pytest.raises(BadInput, match=r"(?s)n_total.*score: expected shares"):
        Benchmarks(good.score * 100, -good.n_total, good.tokens, good.family, FLOOR)
