"""How a law of MMLU does on models it has not seen: families held out, later years from earlier ones.

Models of one family share data and recipe, so that holding out one of several tells little. An interval comes
from the errors of held-out families alone (conformal prediction with families as groups, each of equal
weight): its half width is the level's quantile of their absolute errors, and it covers a model of a new
family as often as the level says if families are exchangeable. They are not over time: recipes improve.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from objectives.capability.score_fit import ScoreEstimation
from objectives.capability.score_table import Scores
from objectives.fit.calibration import quantile
from objectives.laws.law import Array
from objectives.laws.score_link import CEILING, CHANCE

QUESTIONS = 14_042
"""Of MMLU's test set: a model at chance scores 25 within 0.7 points."""
FLOOR = CHANCE - 200.0 * float(np.sqrt(0.25 * 0.75 / QUESTIONS))
"""Two standard errors below chance: no interval reaches further down."""
LEAST_MODELS, LEAST_FAMILIES = 8, 3
"""Before a year, to fit a law at all."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Every model predicted by a fit that saw no model of its family; columns of shape (R,)."""

    predicted: Array
    error: Array
    """Predicted minus measured."""

    @property
    def mean_error(self) -> float:
        """Mean absolute error, points."""
        return float(np.mean(np.abs(self.error)))

    @property
    def root_mean_square(self) -> float:
        """Root of the mean squared error, points: it minds most what is far off."""
        return float(np.sqrt(np.mean(self.error**2)))


@dataclass(frozen=True)
class Coverage:
    """Nested: the interval of each family comes from fits and errors that never saw it."""

    models: float
    """Share of the models inside."""
    families: float
    """Mean over families of the share inside."""
    half_width: float
    """Median, points."""


@dataclass(frozen=True, eq=False)
class YearCut:
    """A law fitted to the models up to a year, asked about the later ones."""

    year: int
    before: int
    after: int
    error: Array
    """Of the later models."""
    inside: float | None
    """Share of the later models in their intervals; None where too few families came before."""
    half_width: float


def hold_out_families(estimation: ScoreEstimation) -> HeldOut:
    """Leave each family out in turn; all fits side by side."""
    masks = _masks(estimation.scores)
    theta = estimation.solve((~masks).astype(np.float64))
    predicted = estimation.predicted(theta)[np.argmax(masks, axis=0), np.arange(len(estimation.scores))]
    return HeldOut(predicted, predicted - estimation.scores.mmlu)


def half_width(error: Array, family: npt.NDArray[np.str_], level: float) -> float:
    """Half an interval for a model of a new family; infinite where there are too few families for the level.

    Each family weighs as much as any other, and one more stands for the new one, which may err by anything.
    """
    names, index, counts = np.unique(family, return_inverse=True, return_counts=True)
    del names
    weights = np.append(1.0 / counts[index], 1.0)
    return quantile(np.append(np.abs(error), np.inf), weights, level)


def bounded(point: Array | float, half: float) -> tuple[Array, Array]:
    """An interval's ends, kept to the scores there are."""
    return np.clip(point - half, FLOOR, CEILING), np.clip(point + half, FLOOR, CEILING)


def coverage(estimation: ScoreEstimation, level: float) -> Coverage:
    """What the intervals cover, each family's made without it: fits that leave out every pair of families."""
    scores, masks = estimation.scores, _masks(estimation.scores)
    pairs = np.array([(g, h) for g in range(len(masks)) for h in range(g, len(masks))])
    theta = estimation.solve((~(masks[pairs[:, 0]] | masks[pairs[:, 1]])).astype(np.float64))
    predicted = np.empty((len(masks), len(masks), len(scores)))
    predicted[pairs[:, 0], pairs[:, 1]] = estimation.predicted(theta)
    predicted[pairs[:, 1], pairs[:, 0]] = predicted[pairs[:, 0], pairs[:, 1]]
    inside, halves = np.zeros(len(scores), dtype=bool), np.zeros(len(masks))
    owner = np.argmax(masks, axis=0)
    for g, mask in enumerate(masks):
        error = predicted[g, owner, np.arange(len(scores))] - scores.mmlu
        halves[g] = half_width(error[~mask], scores.family[~mask], level)
        inside[mask] = _inside(predicted[g, g][mask], halves[g], scores.mmlu[mask])
    by_family = [float(inside[mask].mean()) for mask in masks]
    return Coverage(float(inside.mean()), float(np.mean(by_family)), float(np.median(halves)))


def year_cuts(estimation: ScoreEstimation, level: float) -> Iterator[YearCut]:
    """For each year with enough models before it and any after it: fit, then predict the rest."""
    scores = estimation.scores
    if scores.year is None:
        return
    for year in np.unique(scores.year)[:-1]:
        before = scores.year <= year
        families = list(dict.fromkeys(scores.family[before].tolist()))
        if before.sum() < LEAST_MODELS or len(families) < LEAST_FAMILIES:
            continue
        yield _year_cut(estimation, before, families, int(year), level)


def _year_cut(
    estimation: ScoreEstimation, before: Mask, families: Sequence[str], year: int, level: float
) -> YearCut:
    scores = estimation.scores
    out = np.stack([scores.family == name for name in families])
    theta = estimation.solve(np.vstack([before, before & ~out]).astype(np.float64))
    predicted = estimation.predicted(theta)
    held = predicted[1 + np.argmax(out, axis=0), np.arange(len(scores))] - scores.mmlu
    half = half_width(held[before], scores.family[before], level)
    later = predicted[0][~before]
    inside = float(_inside(later, half, scores.mmlu[~before]).mean()) if np.isfinite(half) else None
    return YearCut(year, int(before.sum()), int((~before).sum()), later - scores.mmlu[~before], inside, half)


def _inside(point: Array, half: float, measured: Array) -> Mask:
    low, high = bounded(point, half)
    return np.asarray((low <= measured) & (measured <= high), dtype=np.bool_)


def _masks(scores: Scores) -> Mask:
    """Which models belong to each family, shape (families, R)."""
    return np.stack([scores.family == name for name in scores.families])
