"""The two steps of the OLMo ladder fitted to checkpoints of small runs: `fit_chain(checkpoints)`.

Step 1 is the project's fit of Chinchilla's law to the final loss of each run, averaged over its last
checkpoints. Step 2 is least squares of a sigmoid on all checkpoints after the first tenth of each run, losses
and accuracies smoothed over the last five, with one ideal point: no loss, all answers right. Both are as in
Bhagia et al. 2024 (arXiv:2412.04403).

Whole runs are resampled, once for both steps, so that an interval knows how the steps err together. It is a
plain bootstrap: nothing widens it by what held-out runs show, as `objectives.fit` does for losses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from objectives.capability.downstream import Chain, Sigmoid
from objectives.fit.bootstrap import reweighted
from objectives.fit.estimation import Estimation
from objectives.fit.fitting import solve
from objectives.fit.forms import form_of
from objectives.fit.losses import LeastSquares
from objectives.fit.solver import Minima, minimise
from objectives.laws.law import Array, Count, Trust
from objectives.runs import Runs

SKIPPED = 0.1
"""Share of a run's first checkpoints that step 2 leaves out."""
WINDOW = 5
"""Checkpoints averaged, in both steps; a run of the ladder has about a hundred."""
LOWER, UPPER = (-1.0, 0.0, 0.0, 0.0), (0.0, np.inf, np.inf, 1.0)
"""Bounds of a, x0, k, b."""
STEEP = (2.0, 5.0, 12.0)
"""k of the starts."""
DRAWS = 200
LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Checkpoints:
    """Columns of shape (R,), each run's checkpoints in the order of training."""

    run: npt.NDArray[np.str_]
    n: Array
    tokens: Array
    loss: Array
    """On the task's own answers, such as bits per byte."""
    accuracy: Array
    """Share of right answers."""
    unit: str = "bits/byte"
    count: Count = Count.TOTAL
    source: str = "memory"
    window: int = WINDOW

    @cached_property
    def members(self) -> tuple[npt.NDArray[np.intp], ...]:
        """Rows of each run, in order of appearance."""
        names = dict.fromkeys(self.run.tolist())
        return tuple(np.flatnonzero(self.run == name) for name in names)

    def final(self) -> Runs:
        """Each run as one row: its last tokens, its loss averaged over the last checkpoints."""
        last = np.array([rows[-1] for rows in self.members])
        loss = np.array([self.loss[rows[-self.window :]].mean() for rows in self.members])
        return Runs(
            self.n[last],
            self.tokens[last],
            np.zeros(len(last)),
            loss,
            count=self.count,
            unit=self.unit,
            source=self.source,
        )

    @property
    def averaged(self) -> float:
        """Largest share of a run's checkpoints that one average takes in."""
        return self.window / min(len(rows) for rows in self.members)

    def points(self) -> tuple[Array, Array, npt.NDArray[np.intp]]:
        """Smoothed losses and accuracies of step 2, and the number of the run each is from."""
        rows = [rows[int(np.ceil(SKIPPED * len(rows))) :] for rows in self.members]
        return (
            np.concatenate([smoothed(self.loss[row], self.window) for row in rows]),
            np.concatenate([smoothed(self.accuracy[row], self.window) for row in rows]),
            np.repeat(np.arange(len(rows)), [len(row) for row in rows]),
        )


@dataclass(frozen=True, eq=False)
class ChainFit:
    """The chain of the checkpoints, and those of resampled runs."""

    chain: Chain
    law_draws: dict[str, Array]
    """Coefficients of step 1, (B,) each."""
    curve_draws: Array
    """Coefficients of step 2, (B, 4)."""

    def accuracy(self, n: float, tokens: float) -> float:
        """Of one model."""
        return float(self.chain.accuracy(n, tokens))

    def loss_interval(self, n: float, tokens: float, level: float = LEVEL) -> tuple[float, float]:
        """Of the loss of one model, by resampled runs alone."""
        return _middle(self._losses(n, tokens), level)

    def interval(self, n: float, tokens: float, level: float = LEVEL) -> tuple[float, float]:
        """Of the accuracy of one model, likewise."""
        return _middle(Sigmoid(*self.curve_draws.T).accuracy(self._losses(n, tokens)), level)

    def _losses(self, n: float, tokens: float) -> Array:
        return self.chain.law.with_coefficients(self.law_draws).loss(n, tokens)


def _middle(values: Array, level: float) -> tuple[float, float]:
    """What this share of the values lies between."""
    low, high = np.quantile(values, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


@dataclass(frozen=True, eq=False)
class _Step2:
    """Residuals of a sigmoid on points, as a function of (a, x0, k, b)."""

    loss: Array
    accuracy: Array

    def __call__(self, theta: Array) -> tuple[Array, Array]:
        curve = Sigmoid(*theta.T[:, :, None])
        return curve.accuracy(self.loss) - self.accuracy, curve.coefficient_gradient(self.loss)

    def solve(self, start: Array, weights: Array) -> Minima:
        """Least squares of each problem, (B, 4)."""
        return minimise(self, start, LeastSquares(), weights, lower=LOWER, upper=UPPER)


def fit_chain(checkpoints: Checkpoints, *, draws: int = DRAWS, seed: int = 0) -> ChainFit:
    """Fit both steps.

    Args:
        checkpoints: of runs of several sizes and lengths, each to the end of its schedule.
        draws: resampled tables behind the intervals.
        seed: of the starts and the resampling.

    Raises:
        BadInput: fewer runs than coefficients of step 1.
    """
    estimation = Estimation(form_of("hoffmann"), checkpoints.final(), count=checkpoints.count)
    first = solve(estimation, seed=seed)
    loss, accuracy, run = checkpoints.points()
    second = _Step2(np.append(loss, 0.0), np.append(accuracy, 1.0))  # the ideal point comes last
    minima = second.solve(_starts(loss, accuracy), np.ones(len(loss) + 1))
    best = minima.theta[minima.best]
    runs = len(checkpoints.members)
    drawn = np.random.default_rng(seed).multinomial(runs, np.full(runs, 1 / runs), draws).astype(np.float64)
    laws = reweighted(estimation, first.theta, drawn)
    curves = second.solve(np.tile(best, (draws, 1)), np.column_stack([drawn[:, run], np.ones(draws)])).theta
    source = f"fitted to {len(loss)} checkpoints of {runs} runs"
    curve = Sigmoid(*map(float, best), name="fit", source=source, trust=Trust.USER)
    return ChainFit(Chain(first.law(), curve), estimation.coefficients(laws), curves)


def smoothed(values: Array, window: int) -> Array:
    """Each value averaged with those before it, up to `window` in all.

    >>> smoothed(np.array([1.0, 3.0, 5.0, 7.0]), 3).tolist()
    [1.0, 2.0, 3.0, 5.0]
    """
    sums = np.cumsum(np.concatenate([np.zeros(1), values]))
    last = np.arange(1, len(sums))
    first = np.maximum(last - window, 0)
    return np.asarray((sums[last] - sums[first]) / (last - first))


def _starts(loss: Array, accuracy: Array) -> Array:
    """Sigmoids from right answers only to the worst accuracy seen, at several places, shape (B, 4)."""
    middles: Sequence[float] = np.quantile(loss, [0.05, 0.3, 0.6]).tolist()
    rows: Iterator[tuple[float, ...]] = (
        (float(accuracy.min()) - 1.0, middle, steep, 1.0) for middle in middles for steep in STEEP
    )
    return np.array(list(rows))
