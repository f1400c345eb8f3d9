"""A translation fitted to pairs of losses: the same models measured on two data sets.

Least squares of the log loss on the second set, in the coefficients of L1 = K (L0 - E0)^kappa + E1. The
authors take E0 from a law of the first set. Pairs do not tell it: unless it is given, it is held at half the
lowest loss, which is an assumption. Intervals come from pairs held out: the fit to the higher losses, asked
about the lower ones (`objectives.fit.calibration`, with the loss on the first set in place of compute).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from objectives.capability.downstream_translation import Translation
from objectives.fit.calibration import LEVEL, Calibration, calibrate
from objectives.fit.cut import Cut
from objectives.fit.losses import LeastSquares
from objectives.fit.solver import minimise
from objectives.laws.law import Array, FittedRange, Trust
from objectives.run_table import read_table
from spaces.errors import BadInput, Mistake, one_of

FIELDS = ("from", "to")
NAMES = Translation.coefficient_names()
LEAST = 6
"""Pairs without which the coefficients mean nothing."""
CUTS = np.linspace(0.4, 0.9, 5)
"""Shares of the pairs, the highest losses first, that are fitted when the others are held out."""
FLOOR = 0.5
"""E0 as a share of the lowest first loss, unless it is given."""
MOST_FLOOR = 0.98
"""E1 lies below this share of the lowest second loss fitted."""
FREE = 3
"""Coefficients that are not held."""
KAPPA = (0.1, 5.0)
DRAWS, REPLICATES = 200, 40
STARTS = (0.5, 1.0, 1.5)
"""Of kappa; K and E1 follow by linear least squares."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Losses of R models on both sets, shape (R,), the highest on the first set first."""

    first: Array
    second: Array
    source: str = "memory"

    def __post_init__(self) -> None:
        if len(self.first) < LEAST:
            raise BadInput.of("pairs", f"at least {LEAST} models", f"{len(self.first)}")


@dataclass(frozen=True, eq=False)
class TranslationFit:
    """A translation, those of resampled pairs, and what held-out pairs say of it."""

    translation: Translation
    draws: Array
    """Coefficients, (B, 4)."""
    calibration: Calibration
    """Of the log loss on the second set; its `flops` is the lowest loss on the first."""

    def interval(self, loss: npt.ArrayLike) -> tuple[Array, Array]:
        """Of the second loss of models with these first losses, shape (M,)."""
        first = np.atleast_1d(np.asarray(loss, dtype=np.float64))
        point = np.log(self.translation.loss(first))
        drawn = np.log(translated(self.draws, first))
        spread = np.sqrt(np.mean(np.clip(drawn - point, -1.0, 1.0) ** 2, axis=0))
        half = self.calibration.half_width(spread, np.log10(self.calibration.flops / first))
        return np.exp(point - half), np.exp(point + half)


def read_pairs(path: Path, columns: Mapping[str, str] | None = None) -> Pairs:
    """A table of models with columns `from` and `to`, or others mapped to these.

    Raises:
        BadInput: the file or a cell cannot be read; a column is unknown or missing; too few models.
    """
    table, given = read_table(path, "pairs"), columns or {}
    mistakes = [
        Mistake(f"columns.{name}", one_of(FIELDS, name), name) for name in given if name not in FIELDS
    ]
    names = {name: given.get(name, name) for name in FIELDS}
    there = ", ".join(table.header[:12])
    mistakes += [
        Mistake(f"columns.{name}", f"one column of the table ({there})", f"{column}")
        for name, column in names.items()
        if table.header.count(column) != 1
    ]
    if mistakes:
        raise BadInput(mistakes)
    losses = [table.numbers("loss", names[name]) for name in FIELDS]
    if wrong := [mistake for _, found in losses for mistake in found]:
        raise BadInput(wrong)
    (first, _), (second, _) = losses
    order = np.argsort(-first, kind="stable")
    return Pairs(first[order], second[order], path.name)


def translated(theta: Array, first: Array) -> Array:
    """Second losses of B sets of coefficients, (B, R)."""
    kappa, scale, floor, rest = theta.T[:, :, None]
    return np.asarray(scale * (first - floor) ** kappa + rest)


@dataclass(frozen=True, eq=False)
class _Problem:
    """Residuals of the log loss as a function of (kappa, K, E0, E1)."""

    pairs: Pairs
    held: Mapping[str, float]
    """Coefficient -> value; E0 always."""

    def __call__(self, theta: Array) -> tuple[Array, Array]:
        kappa, scale, floor, _ = theta.T[:, :, None]
        above = self.pairs.first - floor
        power, loss = above**kappa, translated(theta, self.pairs.first)
        parts = (scale * power * np.log(above), power, -scale * kappa * power / above, np.ones_like(power))
        return np.log(loss) - np.log(self.pairs.second), np.stack(parts, axis=-1) / loss[..., None]

    def fit(self, weights: Array) -> Array:
        """Coefficients of each row of weights, (B, R) -> (B, 4), from several starts."""
        lower, upper = self._bounds(weights)
        start = np.concatenate([self._start(weights, kappa) for kappa in STARTS])
        tiled = [np.tile(each, (len(STARTS), 1)) for each in (weights, lower, upper)]
        start = np.clip(start, tiled[1], tiled[2])
        found = minimise(
            self, start, LeastSquares(), tiled[0], lower=tiled[1], upper=tiled[2], tolerance=1e-9
        )
        best = np.argmin(found.value.reshape(len(STARTS), -1), axis=0)
        return np.asarray(found.theta.reshape(len(STARTS), -1, 4)[best, np.arange(len(weights))])

    def _bounds(self, weights: Array) -> tuple[Array, Array]:
        """Equal where a coefficient is held."""
        ones = np.ones(len(weights))
        lowest = np.where(weights > 0, self.pairs.second, np.inf).min(axis=1)
        lower = np.stack([KAPPA[0] * ones, 1e-6 * ones, 0.0 * ones, 0.0 * ones], axis=1)
        upper = np.stack([KAPPA[1] * ones, 1e3 * ones, ones, MOST_FLOOR * lowest], axis=1)
        for name, value in self.held.items():
            lower[:, NAMES.index(name)] = upper[:, NAMES.index(name)] = value
        return lower, upper

    def _start(self, weights: Array, kappa: float) -> Array:
        """K and E1 of linear least squares at this kappa, (B, 4)."""
        ones, floor = np.ones(len(weights)), self.held["E0"]
        power = (self.pairs.first - floor) ** self.held.get("kappa", kappa)
        share = weights / weights.sum(axis=1, keepdims=True)
        middle, level = share @ power, share @ self.pairs.second
        spread = np.maximum(share @ power**2 - middle**2, 1e-12)
        slope = (share @ (power * self.pairs.second) - middle * level) / spread
        return np.stack([kappa * ones, slope, floor * ones, level - slope * middle], axis=1)

    @cached_property
    def masks(self) -> Array:
        """The pairs of each cut, 0 or 1, (K, R)."""
        counts = np.unique((CUTS * len(self.pairs.first)).astype(int))
        kept = [count for count in counts if LEAST <= count < len(self.pairs.first)]
        return np.array([np.arange(len(self.pairs.first)) < count for count in kept], dtype=np.float64)


def fit_translation(
    pairs: Pairs, held: Mapping[str, float] | None = None, *, level: float = LEVEL, seed: int = 0
) -> TranslationFit:
    """Fit to pairs.

    Args:
        pairs: of models of one recipe and several sizes.
        held: coefficient -> value it is held at, such as E0 from a law of the first set.
        level: of the intervals.
        seed: of the resampling.

    Raises:
        BadInput: an unknown coefficient is held, or a floor at or above a loss.
    """
    problem = _Problem(pairs, _checked(pairs, held or {}))
    everything = np.ones((1, len(pairs.first)))
    theta = problem.fit(everything)
    error = problem(theta)[0][0]
    noise = float(np.sqrt(np.sum(error**2) / max(len(error) - FREE, 1)))
    cuts = _held_out(problem, seed) if len(problem.masks) else []
    ends = [(float(each.min()), float(each.max())) for each in (pairs.first, pairs.second)]
    source = f"fitted to {len(error)} models of {pairs.source}, losses {ends[0][0]:.4g} to {ends[0][1]:.4g}"
    translation = Translation(
        *theta[0].tolist(), name="fit", source=source, trust=Trust.USER, fitted=FittedRange()
    )
    draws = problem.fit(_resampled(everything, DRAWS, seed))
    return TranslationFit(translation, draws, calibrate(cuts, noise, ends[0][0], level))


def _checked(pairs: Pairs, held: Mapping[str, float]) -> Mapping[str, float]:
    mistakes = [Mistake(f"hold.{name}", one_of(NAMES, name), name) for name in held if name not in NAMES]
    for name, losses in (("E0", pairs.first), ("E1", pairs.second)):
        if name in held and not 0 <= held[name] < losses.min():
            expected = f"from 0 to below the lowest loss there, {losses.min():g}"
            mistakes.append(Mistake(f"hold.{name}", expected, f"{held[name]:g}"))
    mistakes += [
        Mistake(f"hold.{name}", "a positive number", f"{held[name]:g}")
        for name in ("kappa", "K")
        if name in held and not held[name] > 0
    ]
    if mistakes:
        raise BadInput(mistakes)
    return {"E0": FLOOR * float(pairs.first.min())} | dict(held)


def _held_out(problem: _Problem, seed: int) -> list[Cut]:
    masks, first = problem.masks, problem.pairs.first
    theta = problem.fit(masks)
    error = problem(theta)[0]
    refits = problem.fit(_resampled(masks, REPLICATES, seed))
    about = np.log(translated(theta, first))[:, None]
    deviation = np.log(translated(refits, first)).reshape(len(masks), REPLICATES, -1) - about
    spread = np.sqrt(np.mean(np.clip(deviation, -1.0, 1.0) ** 2, axis=1))
    return [_cut(first, *row) for row in zip(masks > 0, error, spread, strict=True)]


def _cut(first: Array, kept: npt.NDArray[np.bool_], error: Array, spread: Array) -> Cut:
    lowest = float(first[kept].min())
    noise = float(np.sqrt(np.sum(error[kept] ** 2) / max(kept.sum() - FREE, 1)))
    decades = np.log10(lowest / first[~kept])
    return Cut(lowest, int(kept.sum()), error[~kept], spread[~kept], noise, decades)


def _resampled(masks: Array, count: int, seed: int) -> Array:
    random = np.random.default_rng([seed, 7])
    rows = [random.multinomial(int(mask.sum()), mask / mask.sum(), size=count) for mask in masks]
    return np.concatenate(rows).astype(np.float64)
