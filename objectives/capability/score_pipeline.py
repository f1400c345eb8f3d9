"""From a table of models to a law of MMLU: recipe chosen on held-out families, intervals, doubts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from objectives.capability.score_fit import Recipe, compute_only, estimation
from objectives.capability.score_table import Scores
from objectives.capability.score_validation import (
    Coverage,
    HeldOut,
    YearCut,
    coverage,
    half_width,
    hold_out_families,
    year_cuts,
)
from objectives.laws.law import Array, FittedRange
from objectives.laws.performance import Performance
from objectives.laws.score_link import CHANCE, Link
from spaces.errors import BadInput

LEVEL = 0.9
"""Families are the unit, and few: 95 % of twenty families is all of them."""
DRAWS = 1000
RIDGES = (0.0, 0.1, 0.3, 1.0)
RECIPES = tuple(Recipe(link, ridge) for link in Link for ridge in RIDGES)
LEAST_MODELS, LEAST_FAMILIES = 8, 3
AT_CHANCE = 3.0
"""Points from chance within which a model has learned nothing that MMLU asks."""
FAR_OFF = 15.0
"""Mean error of a held-out family that is worth a warning."""


@dataclass(frozen=True, eq=False)
class ScoreFit:
    """A law of MMLU, and everything that tells how far it is to be trusted."""

    scores: Scores
    law: Performance
    recipe: Recipe
    candidates: tuple[tuple[Recipe, HeldOut], ...]
    """Every recipe with its errors on held-out families."""
    fitted: Array
    """Predictions for the models themselves, shape (R,)."""
    held: HeldOut
    baselines: dict[str, float]
    """Mean absolute error of what the law must beat, on the same models."""
    published: Array
    """The published law's predictions, shape (R,)."""
    intervals: dict[str, tuple[float, float]]
    """Of the coefficients: families resampled."""
    half_width: float
    """Of the interval of a model from a new family; infinite where there are too few families."""
    covered: Coverage
    years: tuple[YearCut, ...]
    level: float
    draws: int
    seed: int

    def doubts(self) -> Iterator[str]:
        """Where the law must not be used, or not without thought."""
        yield from self._doubts_of_recipes()
        yield from self._doubts_of_time()
        if not np.isfinite(self.half_width):
            yield f"{len(self.scores.families)} families are too few for {self.level:.0%} intervals"
        elif self.covered.models < self.level:
            yield f"the {self.level:.0%} intervals covered only {self.covered.models:.0%} of held-out models"

    def _doubts_of_recipes(self) -> Iterator[str]:
        low = self.scores.mmlu < CHANCE + AT_CHANCE
        if low.any():
            held, published = self.held.error[low].mean(), (self.published - self.scores.mmlu)[low].mean()
            yield (
                f"{low.sum()} of {len(low)} models sit at chance, whatever their size: old recipes, of which "
                f"the law knows nothing (off by {held:+.1f} points, the published law by {published:+.1f})"
            )
        for name in self.scores.families:
            error = self.held.error[self.scores.family == name]
            if np.mean(np.abs(error)) > FAR_OFF:
                yield f"{name}: {np.mean(error):+.1f} points off on average when held out"

    def _doubts_of_time(self) -> Iterator[str]:
        for cut in self.years:
            bias, size = float(cut.error.mean()), float(np.abs(cut.error).mean())
            if abs(bias) > FAR_OFF:
                yield (
                    f"fitted up to {cut.year} it is {bias:+.1f} points off on the {cut.after} later models "
                    f"(mean error {size:.1f}): do not predict a later generation of recipes from earlier ones"
                )


def fit_scores(scores: Scores, *, level: float = LEVEL, draws: int = DRAWS, seed: int = 0) -> ScoreFit:
    """Fit the family to a table of models.

    Args:
        scores: the models.
        level: of all intervals.
        draws: family bootstrap replicates behind the intervals of the coefficients.
        seed: of the resampling.

    Raises:
        BadInput: too few models or families.
    """
    _require_enough(scores)
    held = {recipe: hold_out_families(estimation(scores, recipe)) for recipe in RECIPES}
    recipe = min(RECIPES, key=lambda each: held[each].root_mean_square)
    chosen = estimation(scores, recipe)
    theta = chosen.solve(np.ones((1, len(scores))))
    law = Performance(
        *chosen.coefficients(theta)[0].tolist(),
        name="fit",
        source=f"fitted to {len(scores)} models of {scores.source}",
        fitted=FittedRange(_ends(scores.n_total), _ends(scores.tokens)),
        link=recipe.link,
    )
    published = Performance.published()[0].mmlu(*scores.inputs)
    return ScoreFit(
        scores=scores,
        law=law,
        recipe=recipe,
        candidates=tuple(held.items()),
        fitted=chosen.predicted(theta)[0],
        held=held[recipe],
        baselines=_baselines(scores, recipe, published),
        published=published,
        intervals=_intervals(scores, recipe, level, draws, seed),
        half_width=half_width(held[recipe].error, scores.family, level),
        covered=coverage(chosen, level),
        years=tuple(year_cuts(chosen, level)),
        level=level,
        draws=draws,
        seed=seed,
    )


def _ends(column: Array) -> tuple[float, float]:
    return float(column.min()), float(column.max())


def _require_enough(scores: Scores) -> None:
    if len(scores) < LEAST_MODELS or len(scores.families) < LEAST_FAMILIES:
        expected = f"at least {LEAST_MODELS} dense models of {LEAST_FAMILIES} families"
        raise BadInput.of("runs", expected, f"{len(scores)} models of {len(scores.families)} families")


def _baselines(scores: Scores, recipe: Recipe, published: Array) -> dict[str, float]:
    """Mean absolute errors of the published law, of compute alone, and of the other families' mean."""
    others = np.array([scores.mmlu[scores.family != name].mean() for name in scores.family])
    return {
        "the published law, not fitted": float(np.mean(np.abs(published - scores.mmlu))),
        "training compute alone": hold_out_families(compute_only(scores, recipe)).mean_error,
        "mean of the other families": float(np.mean(np.abs(others - scores.mmlu))),
    }


def _intervals(
    scores: Scores, recipe: Recipe, level: float, draws: int, seed: int
) -> dict[str, tuple[float, float]]:
    """Percentiles of the coefficients over refits to resampled families."""
    chosen, names = estimation(scores, recipe), scores.families
    times = np.random.default_rng(seed).multinomial(
        len(names), np.full(len(names), 1 / len(names)), size=draws
    )
    index = np.array([names.index(name) for name in scores.family])
    coefficients = chosen.coefficients(chosen.solve(times[:, index].astype(np.float64)))
    tail = 0.5 * (1.0 - level)
    ends = np.quantile(coefficients, [tail, 1.0 - tail], axis=0).T.tolist()
    return {
        name: (low, high) for name, (low, high) in zip(Performance.coefficient_names(), ends, strict=True)
    }
