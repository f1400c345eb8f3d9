"""Checkpoints of several runs: what both steps of a ladder are fitted to.

Step 1 sees the final loss of each run, averaged over its last checkpoints; step 2 all checkpoints after the
first tenth of each run, losses and accuracies smoothed over the last five. Both are as in Bhagia et al. 2024
(arXiv:2412.04403).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array, Count
from objectives.runs import Runs

SKIPPED = 0.1
"""Share of a run's first checkpoints that step 2 leaves out."""
WINDOW = 5
"""Checkpoints averaged, in both steps; a run of the ladder has about a hundred."""


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

    @cached_property
    def final_accuracy(self) -> Array:
        """Accuracy of each run, averaged like its loss."""
        return np.array([self.accuracy[rows[-self.window :]].mean() for rows in self.members])

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


def smoothed(values: Array, window: int) -> Array:
    """Each value averaged with those before it, up to `window` in all.

    >>> smoothed(np.array([1.0, 3.0, 5.0, 7.0]), 3).tolist()
    [1.0, 2.0, 3.0, 5.0]
    """
    sums = np.cumsum(np.concatenate([np.zeros(1), values]))
    last = np.arange(1, len(sums))
    first = np.maximum(last - window, 0)
    return np.asarray((sums[last] - sums[first]) / (last - first))
