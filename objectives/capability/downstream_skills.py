"""Sloth: benchmarks as a few skills that grow alike in all families (Polo et al. 2024).

A model's skills are its family's own start plus shared slopes of ln s, ln t and ln s ln t (s billions of
parameters, t trillions of tokens); a benchmark is a logistic curve, above its chance floor, of a sum of
skills. So one small model of a family tells where its larger ones will be. No coefficients are universal: it
is fitted to scores of several families.

Skills may be rotated into each other without changing a score. Here the first benchmarks name the skills, one
each, which fixes that; the authors rotate after the fit instead.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from objectives.fit.losses import Huber
from objectives.fit.solver import minimise
from objectives.laws.law import Array
from spaces.errors import BadInput, Mistake, one_of

FLOORS = {
    "mmlu": 0.25,
    "hellaswag": 0.25,
    "winogrande": 0.5,
    "arc": 0.25,
    "truthfulqa": 0.31,
    "gsm8k": 0.0,
    "ifeval": 0.0,
    "math": 0.0,
    "mmlu-pro": 0.1,
    "gpqa": 0.25,
}
"""Scores of guessing, in the authors' code (arXiv:2412.06540)."""
TITLE = "Polo et al. 2024, arXiv:2412.06540"
EQUATION = (
    "score = floor + (1 - floor) sigma(Lambda theta + b), "
    "theta_k = alpha_ik + beta_k . (ln s, ln t, ln s ln t)"
)
DELTA = 0.01
"""Residual, in shares of right answers, beyond which it counts linearly; the authors' too."""
EDGE = 0.02
"""How far from floor and ceiling a start takes scores to lie."""
BOUND = 50.0
"""Of all parameters: at chance or at all answers right a family's start has no limit of its own."""
INPUTS = 3


@dataclass(frozen=True, eq=False)
class Benchmarks:
    """Scores of R models on J benchmarks, as shares of right answers; NaN where one is not known.

    Raises:
        BadInput: a size or tokens that is not positive, or a score outside [0, 1].
    """

    score: Array
    """Shape (R, J)."""
    n_total: Array
    tokens: Array
    family: npt.NDArray[np.str_]
    floors: tuple[float, ...]

    def __post_init__(self) -> None:
        outside = (self.score < 0) | (self.score > 1)
        rules = (("n_total", self.n_total), ("tokens", self.tokens))
        wrong = [Mistake(name, "positive numbers", f"{v.min():g}") for name, v in rules if not v.min() > 0]
        if outside.any():
            wrong.append(Mistake("score", "shares from 0 to 1", f"{self.score[outside][0]:g}"))
        if wrong:
            raise BadInput(wrong)

    @property
    def families(self) -> tuple[str, ...]:
        """Names in order of appearance."""
        return tuple(dict.fromkeys(self.family.tolist()))


class Parts(NamedTuple):
    """Parameters of B problems."""

    starts: Array
    """Of each family, (B, F, d)."""
    slopes: Array
    """(B, 3, d)."""
    loadings: Array
    """(B, J, d); the identity for the first d benchmarks."""
    offsets: Array
    """(B, J); 0 for the first d."""


@dataclass(frozen=True, eq=False)
class Skills:
    """A fit: what any size and tokens of a family it knows would score."""

    parts: Parts
    families: tuple[str, ...]
    floors: tuple[float, ...]

    def scores(self, family: str, n_total: npt.ArrayLike, tokens: npt.ArrayLike) -> Array:
        """Shares of right answers, of the shape of the inputs with a last axis of benchmarks.

        Raises:
            BadInput: a family that was not fitted.
        """
        if family not in self.families:
            raise BadInput.of("family", one_of(self.families, family), family)
        start = self.parts.starts[0, self.families.index(family)]
        skills = start + inputs(np.asarray(n_total), np.asarray(tokens)) @ self.parts.slopes[0]
        floors = np.asarray(self.floors)
        return floors + (1 - floors) * _share(skills @ self.parts.loadings[0].T + self.parts.offsets[0])


def inputs(n_total: Array, tokens: Array) -> Array:
    """Logarithms of s and t and their product, on a last axis."""
    s, t = np.log(n_total / 1e9), np.log(tokens / 1e12)
    return np.stack(np.broadcast_arrays(s, t, s * t), axis=-1)


def fit_skills(table: Benchmarks, skills: int = 1) -> Skills:
    """Fit by Huber's loss of the scores.

    Args:
        table: models of several families, some with more than one size.
        skills: d; the first d benchmarks name them.

    Raises:
        BadInput: more skills than benchmarks.
    """
    if not 1 <= skills <= table.score.shape[1]:
        expected = f"from 1 to the {table.score.shape[1]} benchmarks of the table"
        raise BadInput.of("skills", expected, f"{skills}")
    problem = SkillEstimation(table, skills)
    known = np.isfinite(table.score).ravel().astype(np.float64)
    minima = minimise(problem, problem.start()[None], Huber(DELTA), known, lower=-BOUND, upper=BOUND)
    return Skills(problem.parts(minima.theta), table.families, table.floors)


@dataclass(frozen=True, eq=False)
class SkillEstimation:
    """Residuals of all scores and their Jacobian, as functions of coordinates (B, p)."""

    table: Benchmarks
    skills: int

    @cached_property
    def features(self) -> Array:
        """One column for each family and three shared, (R, F + 3): what skills are linear in."""
        member = self.table.family[:, None] == np.array(self.table.families)
        return np.column_stack([member, inputs(self.table.n_total, self.table.tokens)])

    def parts(self, theta: Array) -> Parts:
        """Coordinates as what they stand for."""
        d, count = self.skills, self.table.score.shape[1]
        linear = theta[:, : self.features.shape[1] * d].reshape(len(theta), -1, d)
        rest = theta[:, linear[0].size :].reshape(len(theta), count - d, d + 1)
        loadings = np.concatenate([np.broadcast_to(np.eye(d), (len(theta), d, d)), rest[:, :, :d]], axis=1)
        offsets = np.concatenate([np.zeros((len(theta), d)), rest[:, :, d]], axis=1)
        return Parts(linear[:, :-INPUTS], linear[:, -INPUTS:], loadings, offsets)

    def __call__(self, theta: Array) -> tuple[Array, Array]:
        """Residuals (B, R J), 0 where a score is not known, and their Jacobian (B, R J, p)."""
        parts, floors = self.parts(theta), np.asarray(self.table.floors)
        skills = self.features @ np.concatenate([parts.starts, parts.slopes], axis=1)
        share = _share(skills @ parts.loadings.swapaxes(1, 2) + parts.offsets[:, None])
        missed = np.nan_to_num(floors + (1 - floors) * share - self.table.score)
        steep = (1 - floors) * share * (1 - share)
        slopes = np.concatenate([self._by_linear(parts, steep), self._by_loadings(skills, steep)], axis=-1)
        return missed.reshape(len(theta), -1), slopes.reshape(len(theta), missed[0].size, -1)

    def _by_linear(self, parts: Parts, steep: Array) -> Array:
        """Derivatives by starts and slopes, (B, R, J, (F + 3) d)."""
        by = np.einsum("brj,bjk,rf->brjfk", steep, parts.loadings, self.features)
        return np.asarray(by.reshape(*steep.shape, -1))

    def _by_loadings(self, skills: Array, steep: Array) -> Array:
        """Derivatives by loadings and offset of each benchmark that names no skill."""
        d, count = self.skills, steep.shape[2]
        inner = np.concatenate([skills, np.ones_like(skills[..., :1])], axis=-1)
        own = np.eye(count)[:, d:]
        by = np.einsum("brj,brk,jm->brjmk", steep, inner, own)
        return np.asarray(by.reshape(*steep.shape, -1))

    def start(self) -> Array:
        """Least squares behind the link: first the skills, then the other benchmarks on them."""
        floors = np.asarray(self.table.floors)
        share = np.clip((self.table.score - floors) / (1 - floors), EDGE, 1 - EDGE)
        raw = np.where(np.isfinite(share), np.log(share / (1 - share)), 0.0)
        linear = np.linalg.lstsq(self.features, raw[:, : self.skills], rcond=None)[0]
        skills = np.column_stack([self.features @ linear, np.ones(len(raw))])
        rest = np.linalg.lstsq(skills, raw[:, self.skills :], rcond=None)[0]
        return np.concatenate([linear.ravel(), rest.T.ravel()])


def _share(raw: Array) -> Array:
    """The logistic curve, without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * raw)))
