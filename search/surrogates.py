"""From trials to a surrogate: transformed targets, a refit now and then, no more data than it can carry.

Everything here is a function of the trials given, in order: refits happen at counts of trials, and what is
kept between calls only saves computing it again.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from search.forest import Forest
from search.gaussian_process import GaussianProcess, Hyperparameters
from search.gaussian_process_fit import fit, prior_median
from search.target_transform import TargetTransform

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Fit = TypeVar("Fit")

FIT_CAP, DATA_CAP = 200, 400
"""Most trials a fit of the hyperparameters, and a Gaussian process, take: both cost their cube."""

LONGEST = 32
"""Most trials between two fits."""

STREAMS = 8
"""Fits that are kept, of as many lists of trials: all of six objectives, or the latest restarts. Another one
is made again."""

FOREST_CAP = 2000
"""Most trials a forest is grown on."""

LABEL_NOISE = 1e-4
"""Of the labels of success, so small that a hidden cliff is found by halving and not by trying its top."""

CHANCE_OF_SUCCESS = 1.0
"""Mean label far from all trials, one standard deviation above failure: five in six succeed."""


class Fits(Generic[Fit]):
    """What was fitted to growing lists of trials, each until its next refit is due."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[int, Fit]] = {}

    def of(self, stream: int, trials: int, made: Callable[[int], Fit]) -> tuple[int, Fit]:
        """At how many trials the last fit was due, and what it found.

        Args:
            stream: names the list.
            trials: how long it is now.
            made: first trials of the list to fit to -> what is found.
        """
        count = last_refit(trials)
        if stream not in self._kept or self._kept[stream][0] != count:
            self._kept.pop(stream, None)
            self._kept[stream] = count, made(count)
            for oldest in list(self._kept)[:-STREAMS]:
                del self._kept[oldest]
        return self._kept[stream]

    def last(self, stream: int) -> Fit:
        """What the last call for a stream returned."""
        return self._kept[stream][1]


class ProcessFactory:
    """Gaussian processes over growing lists of trials.

    Args:
        categorical: columns compared by equality, shape (d,).
    """

    def __init__(self, categorical: Mask) -> None:
        self._categorical = categorical
        self._fits: Fits[tuple[TargetTransform, GaussianProcess]] = Fits()

    def make(self, rows: Array, values: Array, stream: int) -> GaussianProcess:
        """A process over all rows (n, d) and values (n,), or as many as it can carry.

        Args:
            rows: in order of arrival.
            values: what is minimised.
            stream: names the list that grows; its calls share a fit until the next refit is due.
        """
        count, (transform, process) = self._fits.of(
            stream, len(values), lambda count: self._fit(rows[:count], values[:count])
        )
        if count == len(values):
            return process
        return process.extended(rows[count:], transform(values[count:]))

    def transform(self, stream: int) -> TargetTransform:
        """Of the values of the process last made over a stream."""
        return self._fits.last(stream)[0]

    def success(self, rows: Array, labels: Array) -> GaussianProcess:
        """A process over labels (n,), 1 for trials with a value and -1 for failures, at few rows.

        So failures are learned, not valued: a bad value in their place would put cliffs into the surrogate of
        the objective. Tried and worse: the lengthscales of the objective (where it is flat, everything is
        near) and the most probable ones (for a cliff they vanish, and every gap between failures is tried).
        """
        hyperparameters = Hyperparameters(prior_median(rows.shape[1]).lengthscales, LABEL_NOISE)
        scale = CHANCE_OF_SUCCESS, 1.0
        return GaussianProcess(rows, labels, hyperparameters, self._categorical, scale)

    def _fit(self, rows: Array, values: Array) -> tuple[TargetTransform, GaussianProcess]:
        transform = TargetTransform.fit(values)
        few, kept = subset(values, FIT_CAP), subset(values, DATA_CAP)
        hyperparameters = fit(rows[few], transform(values[few]), self._categorical)
        process = GaussianProcess(rows[kept], transform(values[kept]), hyperparameters, self._categorical)
        return transform, process


def forest(rows: Array, values: Array, seed: int, active: Callable[[Array], Mask]) -> Forest:
    """A forest over rows (n, d) and values (n,), at most `FOREST_CAP` of them; arguments as of `Forest`."""
    kept = subset(values, FOREST_CAP)
    return Forest(rows[kept], TargetTransform.fit(values)(values[kept]), seed, active)


def last_refit(count: int) -> int:
    """The last number of trials, up to `count`, at which a refit is due.

    At first every one, then every 16th part, and every `LONGEST` from a thousand on.
    """
    step = min(1 << max(count.bit_length() - 5, 0), LONGEST)
    return count - count % step


def subset(values: Array, cap: int) -> npt.NDArray[np.intp]:
    """At most `cap` positions, ascending: the best half, and an even spread of the others in their order."""
    n = len(values)
    if n <= cap:
        return np.arange(n)
    order = np.argsort(values, kind="stable")
    others = np.sort(order[cap // 2 :])
    spread = others[np.linspace(0, len(others) - 1, cap - cap // 2).astype(np.intp)]
    return np.sort(np.concatenate([order[: cap // 2], spread]))
