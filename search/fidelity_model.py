"""What values at lower fidelities say about those at the target.

One Gaussian process over configuration and fidelity learns from all values how fast they change with the
fidelity. Given the cheap values alone, its mean at the target is a belief about the values there: a prior
mean, that the search at the target follows as far as its own values bear it out (`search.trended_process`).
Given all values, its variance says what a further cheap one would tell.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from search.acquisition import Acquisition
from search.gaussian_process import GaussianProcess
from search.gaussian_process_fit import fit
from search.surrogates import FIT_CAP, subset
from search.target_transform import TargetTransform
from search.trended_process import fit_slope
from spaces.configs import Configs
from spaces.encoding import Encoder

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

UNCERTAIN = 0.003
"""Variance at the target, as a share of that far from all data, that is worth a cheaper look."""
UNEXPLAINED = 0.5
"""Most of that variance that may be left by a look."""
EVIDENT = 2.0
"""Gain in log density of the values at the target, each left out in turn, that proves cheap ones right."""


@dataclass(frozen=True)
class FidelityModel:
    """A process given the cheap values, and the same process given all.

    Args:
        encoder: of the space with its fidelity.
        column: holds the fidelity in its rows.
        top: what it holds at the target.
        below: given the cheap values.
        every: given all of them.
    """

    encoder: Encoder
    column: int
    top: float
    below: GaussianProcess
    every: GaussianProcess

    @classmethod
    def of(cls, encoder: Encoder, column: int, top: float, rows: Array, values: Array) -> Self:
        """The model of values (n,) at rows (n, d), of which two at least are below the target.

        Args:
            encoder: of the space.
            column: of the fidelity.
            top: what it holds at the target.
            rows: in order of arrival.
            values: what is minimised.
        """
        categorical, cheap = encoder.categorical, rows[:, column] < top
        values = levelled(rows, values, column, top, categorical)
        targets = TargetTransform.fit(values)(values)
        kept = _kept(values, cheap)
        hyperparameters = fit(rows[kept], targets[kept], categorical)
        few = np.flatnonzero(cheap)[subset(values[cheap], FIT_CAP)]
        below = GaussianProcess(rows[few], targets[few], hyperparameters, categorical)
        every = GaussianProcess(rows[kept], targets[kept], hyperparameters, categorical)
        return cls(encoder, column, top, below, every)

    def belief(self, configs: Configs) -> Array:
        """What the cheap values say of configurations at the target, shape (len(configs),), in no units."""
        return self.below.predict(self._raised(self.encoder.encode_many(configs)))[0]

    def borne_out(self) -> bool:
        """Whether the values at the target are foretold better with the cheap values than without."""
        there = self.every.x[:, self.column] >= self.top
        x, y, categorical = self.every.x[there], self.every.y[there], self.every.categorical
        alone = GaussianProcess(x, y, fit(x, y, categorical), categorical)
        return bool((_left_out_density(self.every)[there] - _left_out_density(alone)).sum() > EVIDENT)

    def promise(self, pending: Array, success: GaussianProcess | None) -> "AtTarget":
        """Expected improvement at the target below the least value foretold there.

        Args:
            pending: rows of trials that have not ended, shape (p, d).
            success: over failures and successes.
        """
        process = self.every.believing(pending)
        least = float(process.predict(self._raised(process.x))[0].min())
        return AtTarget(Acquisition(process, least, success), self.column, self.top)

    def incumbents(self) -> Array:
        """Rows of the data at the target, the least foretold first, shape (n, d)."""
        rows = self._raised(self.every.x)
        return np.asarray(rows[np.argsort(self.every.predict(rows)[0], kind="stable")])

    def informative(self, row: Array) -> bool:
        """Whether a value at this row (d,) says much of an uncertain value at the target."""
        target = self._raised(row[None])
        before, after = (
            float(process.predict(target)[1][0]) ** 2
            for process in (self.every, self.every.believing(row[None]))
        )
        return before >= UNCERTAIN * self.every.variance and after <= UNEXPLAINED * before

    def _raised(self, rows: Array) -> Array:
        return lifted(rows, self.column, self.top)


@dataclass(frozen=True)
class AtTarget:
    """A score of rows as if their fidelity were the target."""

    score: Acquisition
    column: int
    top: float

    @property
    def smooth(self) -> bool:
        """Whether there are gradients."""
        return self.score.smooth

    def __call__(self, rows: Array) -> Array:
        """Scores of rows (m, d), shape (m,)."""
        return self.score(lifted(rows, self.column, self.top))

    def with_gradient(self, rows: Array) -> tuple[Array, Array]:
        """Scores (m,) and gradients (m, d); none along the fidelity."""
        scores, gradient = self.score.with_gradient(lifted(rows, self.column, self.top))
        return scores, lifted(gradient, self.column, 0.0)


def lifted(rows: Array, column: int, to: float) -> Array:
    """Rows with the cell of the fidelity set."""
    raised = rows.copy()
    raised[:, column] = to
    return raised


def levelled(rows: Array, values: Array, column: int, top: float, categorical: Mask) -> Array:
    """Values (n,) without what all of them lose by a lower fidelity, those at the target as they are.

    A loss after fewer tokens is higher everywhere. A stationary process would take that for a difference
    between configurations; so a trend along the fidelity is taken away, where the values bear it out.
    """
    spread = float(values.std()) or 1.0
    kept = _kept(values, rows[:, column] < top)
    standard, height = (values[kept] - values.mean()) / spread, rows[kept, column] - top
    slope, _ = fit_slope(rows[kept], standard, height, categorical)
    return np.asarray(values - slope * spread * (rows[:, column] - top))


def _kept(values: Array, cheap: Mask) -> npt.NDArray[np.intp]:
    """Positions of at most `FIT_CAP` values, ascending; of more, half are cheap ones and half others."""
    if len(values) <= FIT_CAP:
        return np.arange(len(values))
    halves = [np.flatnonzero(kind)[subset(values[kind], FIT_CAP // 2)] for kind in (cheap, ~cheap)]
    return np.sort(np.concatenate(halves))


def _left_out_density(process: GaussianProcess) -> Array:
    """Log density of each value under the process without it, shape (n,)."""
    mean, std = process.left_out
    return np.asarray(-np.log(std) - 0.5 * ((process.y - mean) / std) ** 2)
