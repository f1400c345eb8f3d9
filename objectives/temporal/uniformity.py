"""Do models learn at all positions alike? How much the loss fell at the head, middle and tail of the context.

The paper's claim, in the words of its abstract: after an early phase, learning is uniform over positions.
Here: between two checkpoints, the fall of the loss in quarters of the context, against the mean fall.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from objectives.laws.law import Array
from objectives.temporal.history import History

QUARTERS = 4


@dataclass(frozen=True, eq=False)
class Learning:
    """What one stretch of training took off the loss."""

    start: float
    """Trained tokens."""
    end: float
    fall: float
    """Nats per token off the mean loss."""
    quarters: Array
    """Off the loss of each quarter of the context, the head first."""

    @property
    def unevenness(self) -> float:
        """Largest difference between two quarters, relative to the mean fall; 0 is uniform learning."""
        return float(np.ptp(self.quarters) / abs(self.fall)) if self.fall else float("inf")


def learned(history: History, start: float, end: float) -> Learning:
    """What was learned between the checkpoints nearest to two counts of tokens."""
    rows = [int(np.argmin(np.abs(np.log(history.tokens / each)))) for each in (start, end)]
    fall = history.losses[rows[0]] - history.losses[rows[1]]
    quarters = np.array([part.mean() for part in np.array_split(fall, QUARTERS)])
    begun, ended = (float(history.tokens[row]) for row in rows)
    return Learning(begun, ended, float(fall.mean()), quarters)


def stretches(history: History) -> list[Learning]:
    """Every halving back from the last checkpoint: the last half of the training first."""
    ends = history.tokens[-1] * 0.5 ** np.arange(6)
    pairs = [(low, high) for high, low in pairwise(ends) if low >= history.tokens[0]]
    return [learned(history, low, high) for low, high in pairs]
