"""The Performance Law refitted to models: coordinates, ridge and links, many held-out fits side by side.

The sum is linear in its coefficients, but its features (logarithms of depth, widths and tokens of models
that grow in all of them at once) are nearly collinear, and a score is bounded. So the fit minimises Huber's
loss of the residuals in points behind a link, on standardised features with a ridge on their slopes. Which
link and which ridge is decided by families held out (`objectives.capability.score_validation`).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from objectives.capability.score_table import Scores
from objectives.fit.losses import Huber
from objectives.fit.solver import minimise
from objectives.laws.law import Array
from objectives.laws.score_link import CEILING, CHANCE, Link

DELTA = 5.0
"""Points beyond which a residual counts linearly: a few recipes are far off, and must not lead."""
EDGE = 2.0
"""Points from chance and ceiling at which a start takes scores to lie."""
INFORMED = 5.0
"""Points above chance from which a score tells something; a second start sees only these."""
STEPS = 200


@dataclass(frozen=True)
class Recipe:
    """How a fit is made."""

    link: Link = Link.LOGISTIC
    ridge: float = 0.1
    """How many models' worth it costs to let a score change by a point over a deviation of a feature."""

    @property
    def scale(self) -> float:
        """Points of a change by one in the sum, in the middle of the link."""
        return (CEILING - CHANCE) / 4.0 if self.link is Link.LOGISTIC else 1.0


@dataclass(frozen=True, eq=False)
class ScoreEstimation:
    """Residuals of all models and the ridge, as a function of coordinates (B, k + 1) for k features."""

    scores: Scores
    recipe: Recipe
    features: Array
    """What varies among the models, shape (R, k); the law's four as `estimation` makes it."""

    @cached_property
    def _standard(self) -> tuple[Array, Array]:
        """Means and deviations of the features."""
        deviation = self.features.std(axis=0)
        return self.features.mean(axis=0), np.where(deviation > 0, deviation, 1.0)

    @cached_property
    def design(self) -> Array:
        """Standardised features and a one, shape (R, k + 1)."""
        mean, deviation = self._standard
        return np.column_stack([(self.features - mean) / deviation, np.ones(len(self.scores))])

    def predicted(self, theta: Array) -> Array:
        """Scores of all models at coordinates (B, k + 1), shape (B, R)."""
        return self.recipe.link.score(theta @ self.design.T)

    def __call__(self, theta: Array) -> tuple[Array, Array]:
        """Residuals (B, R + k) and their Jacobian; the last k are the ridge."""
        raw = theta @ self.design.T
        missed = self.recipe.link.score(raw) - self.scores.mmlu
        slopes = self.recipe.link.slope(raw)[:, :, None] * self.design
        pull = np.sqrt(self.recipe.ridge) * self.recipe.scale * self._slopes_only
        pulled = np.broadcast_to(pull, (len(theta), *pull.shape))
        return np.concatenate([missed, theta @ pull.T], axis=1), np.concatenate([slopes, pulled], axis=1)

    def solve(self, weights: Array) -> Array:
        """Coordinates of the best fits, (B, k + 1), for weights of the models (B, R): 0 holds one out."""
        whole = np.concatenate([weights, np.ones((len(weights), self.features.shape[1]))], axis=1)
        informed = self.scores.mmlu > CHANCE + INFORMED
        start = np.stack([self._start(row) for seen in (weights, weights * informed) for row in seen])
        minima = minimise(self, start, Huber(DELTA), np.tile(whole, (2, 1)), steps=STEPS)
        best = np.argmin(minima.value.reshape(2, -1), axis=0)
        return np.asarray(minima.theta.reshape(2, len(weights), -1)[best, np.arange(len(weights))])

    def coefficients(self, theta: Array) -> Array:
        """Slopes and intercept of the features as they are, at coordinates (..., k + 1)."""
        mean, deviation = self._standard
        slopes = theta[..., :-1] / deviation
        return np.concatenate([slopes, theta[..., -1:] - (slopes @ mean)[..., None]], axis=-1)

    @cached_property
    def _slopes_only(self) -> Array:
        return np.eye(self.features.shape[1], self.features.shape[1] + 1)

    def _start(self, weights: Array) -> Array:
        """Weighted least squares on the linked scores, those at the ends moved inside."""
        target = self.recipe.link.raw(np.clip(self.scores.mmlu, CHANCE + EDGE, CEILING - EDGE))
        root = np.sqrt(weights)
        rows = np.vstack([self.design * root[:, None], self._slopes_only])
        right = np.concatenate([target * root, np.zeros(len(self._slopes_only))])
        return np.asarray(np.linalg.lstsq(rows, right, rcond=None)[0])


def estimation(scores: Scores, recipe: Recipe) -> ScoreEstimation:
    """The Performance Law's own features."""
    return ScoreEstimation(scores, recipe, scores.features[:, :4])


def compute_only(scores: Scores, recipe: Recipe) -> ScoreEstimation:
    """A baseline that knows nothing but training compute."""
    return ScoreEstimation(scores, recipe, np.log(scores.n_total * scores.tokens)[:, None])
