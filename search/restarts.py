"""When a search has settled, every other trial looks elsewhere: another basin may be better than this one.

A Gaussian process that has found a local minimum is confident about everywhere else, and no widening of its
predictions takes it out of a wrong basin within a hundred trials: it has seen that nothing is as good as the
values at the floor. Without them it is open again. So half of the trials, called a restart, are asked as if
the basins where searches have settled (`search.known_basins`) were forbidden and unknown: the values outside
are what the model learns from and what is to be improved. Where the restart settles is one basin more.

The other half of the trials goes on with all data, so what a restart finds is followed up at once.

Beside other workers a trial may have been asked before the best value was known: then it says nothing about
whether that can be improved, and a restart does not own it.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass, field

from search.trial import Trial

SETTLED = 1e-6
"""An improvement below this share of the range of the initial design is none."""

FLOOR = 3e-2
"""Values within this share of the range from the best are on the floor of its basin. A search that asks
elsewhere explores by itself and has not settled, however long it does not improve."""

PATIENCE = 4
"""Trials on the floor without improvement, beyond one per dimension, after which a search has settled."""


def restarting(number: int) -> bool:
    """Whether this trial belongs to restarts once there are any."""
    return number % 2 == 1


@dataclass
class Descent:
    """The course of one search, the first or a restart."""

    initial: int
    """So many trials it has to begin with: they explore, and none of them is idle."""
    range: float | None
    """Of the values of the initial design; `None` until it is complete."""
    values: list[float] = field(default_factory=list)
    """Of the trials to begin with."""
    best: Trial | None = None
    informed: int = 0
    """Trials from this number on were asked when the best was known."""
    idle: int = 0
    """How many of those did not improve on it, though they were on its floor."""

    def learn(self, trial: Trial, value: float, next_number: int) -> None:
        """An outcome of this search; arguments as of `Restarts.learn`."""
        exploring = len(self.values) < self.initial
        above = math.inf if self.best is None else value - (self.best.value or 0.0)
        unit = 0.0 if exploring or self.range is None else self.range
        if self.best is None or above < -SETTLED * unit:
            self.best, self.informed, self.idle = trial, next_number, 0
        elif exploring:
            self.informed = next_number
        elif trial.number >= self.informed and above <= FLOOR * unit:
            self.idle += 1
        if exploring:
            self._explore(value)

    def _explore(self, value: float) -> None:
        self.values.append(value)
        if len(self.values) == self.initial and self.range is None:
            self.range = max(self.values) - min(self.values)


class Restarts:
    """When searches settled: a fold of the outcomes, in order of arrival.

    A search has settled when several trials that knew its best looked about it and did not improve on it.

    Args:
        initial: trials that every search has to begin with.
        dimensions: of the space.
    """

    def __init__(self, initial: int, dimensions: int) -> None:
        self._initial, self._patience = initial, PATIENCE + dimensions
        self._descent = Descent(initial, None)
        self._start: int | None = None
        """The first number of the restart."""
        self._settled: list[int] = []
        """How many outcomes there were when a search settled."""

    def settled(self, outcomes: int) -> int:
        """How many searches had settled when so many outcomes had arrived."""
        return bisect_right(self._settled, outcomes)

    def learn(self, trial: Trial, outcomes: int, next_number: int) -> Trial | None:
        """An outcome arrived.

        Args:
            trial: that ended.
            outcomes: how many there are now.
            next_number: of the next trial; those from it on know this outcome.

        Returns:
            The best trial of a search that settles with this outcome.
        """
        if trial.value is None or not self._owns(trial):
            return None
        self._descent.learn(trial, trial.value, next_number)
        if self._descent.idle < self._patience:
            return None
        best = self._descent.best
        self._descent = Descent(self._initial, self._descent.range)
        self._start = next_number
        self._settled.append(outcomes)
        return best

    def _owns(self, trial: Trial) -> bool:
        """Whether a trial is part of the latest search; those given are of none."""
        if self._start is None:
            return not trial.given
        return trial.number >= self._start and restarting(trial.number)
