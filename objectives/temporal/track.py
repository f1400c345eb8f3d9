"""A quantity that changes during training, and its continuation under a family, from several cuts at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array
from objectives.temporal.curve_fit import fit_curves
from objectives.temporal.families import Family

WINDOWS = (0.1, 0.25, 0.5)
"""Checkpoints before these shares of the tokens seen are left out as the early phase: where it ends is chosen
by held-out forecast, as everything else."""
FEWEST = 4
"""Checkpoints a window must have; a shorter one grows back into the early phase."""


@dataclass(frozen=True, eq=False)
class Clock:
    """When the checkpoints were, and what the learning rate did; arrays of shape (T,)."""

    tokens: Array
    decay: Array
    """How far the learning rate has come down, in [0, 1]; zeros where it is not known."""

    def windows(self, cuts: Array) -> npt.NDArray[np.bool_]:
        """The checkpoints each cut may fit, for each of `WINDOWS`; shape (cuts, windows, T)."""
        below = self.tokens <= cuts[:, None] * (1 + 1e-9)
        masks = np.empty((len(cuts), len(WINDOWS), len(self.tokens)), dtype=bool)
        for number, share in enumerate(WINDOWS):
            masks[:, number] = below & (self.tokens >= share * cuts[:, None])
        newest = np.cumsum(below[:, ::-1], axis=1)[:, ::-1]
        return np.asarray(masks | (below & (newest <= FEWEST))[:, None, :])


@dataclass(frozen=True, eq=False)
class Track:
    """A quantity at every checkpoint of a clock."""

    values: Array
    weights: Array
    """Of the points in a fit; 0 where the quantity could not be told. Shape (T,)."""

    def continued(
        self,
        clock: Clock,
        family: Family,
        cuts: Array,
        at: Clock,
        held_decay: float | None = None,
        assumed_decay: float = 0.0,
    ) -> Array:
        """The family fitted below every cut in every window, at other times; shape (cuts, windows, R).

        Each curve is moved up or down to pass through the last checkpoint below its cut: what a simple family
        cannot follow should not become a step at the point from which it is asked to go on.
        """
        masks = clock.windows(cuts).reshape(-1, len(clock.tokens))
        scale = clock.tokens[-1]
        weights = masks * self.weights
        weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, masks)
        theta = fit_curves(
            family, clock.tokens / scale, clock.decay, self.values, weights, held_decay, assumed_decay
        )
        newest = np.searchsorted(clock.tokens, cuts * (1 + 1e-9)) - 1
        rows = np.repeat(newest, len(WINDOWS))
        there = family.value(theta, clock.tokens / scale, clock.decay)[np.arange(len(rows)), rows]
        ahead = family.value(theta, at.tokens / scale, at.decay) + (self.values[rows] - there)[:, None]
        return ahead.reshape(len(cuts), len(WINDOWS), -1)
