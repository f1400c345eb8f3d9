"""When a search has settled, every other trial starts over: a second basin may be better than the first.

A Gaussian process that has found a local minimum is confident about everywhere else, and no widening of its
predictions takes it out of a wrong basin within a hundred trials (on Hartmann-6 one search in three ends in
the second basin, with shorter lengthscales, balls of taboo, bagged data or larger designs all the same).
Forgetting does: a fresh design and a model of its own trials alone is an independent draw of the basin.

The other half of the trials goes on with all data, so nothing found in a restart is lost.

Beside other workers a trial may have been asked before the best value was known: then it says nothing about
whether that can be improved, and a restart does not own it.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter

from search.trial import Trial

SETTLED = 1e-6
"""An improvement below this share of the range of the initial design is none."""

PATIENCE = 4
"""Trials without improvement, beyond one per dimension, after which a search has settled."""

NEAR = 0.1
"""Distance of two trials in one basin: root mean square over the columns of the unit cube."""


def restarting(number: int) -> bool:
    """Whether this trial belongs to restarts once there are any."""
    return number % 2 == 1


def belongs(trial: Trial, start: int | None) -> bool:
    """Whether a trial is part of the search whose trials begin with number `start`; all are of the first."""
    return start is None or (trial.number >= start and restarting(trial.number))


@dataclass
class Descent:
    """The course of one search, the first or a restart."""

    initial: int
    """Size of its initial design."""
    values: list[float] = field(default_factory=list)
    """Of the design."""
    best: Trial | None = None
    informed: int = 0
    """Trials from this number on were asked when the best was known."""
    idle: int = 0
    """How many of those did not improve on it."""

    @property
    def designed(self) -> bool:
        """Whether the initial design is complete."""
        return len(self.values) == self.initial

    def learn(self, trial: Trial, value: float, next_number: int) -> None:
        """An outcome of this search; arguments as of `Restarts.learn`."""
        if self.best is None or value < self._mark(self.best):
            self.best, self.informed, self.idle = trial, next_number, 0
        elif not self.designed:
            self.informed = next_number
        elif trial.number >= self.informed:
            self.idle += 1
        if not self.designed:
            self.values.append(value)

    @property
    def found(self) -> Trial:
        """The best trial, of at least one."""
        assert self.best is not None
        return self.best

    def _mark(self, best: Trial) -> float:
        """What an improvement is below."""
        assert best.value is not None
        if not self.designed:
            return best.value
        return best.value - SETTLED * (max(self.values) - min(self.values))


class Restarts:
    """Which trials belong to the latest restart: a fold of the outcomes, in order of arrival.

    A search has settled when trials that knew its best did not improve on it. A restart is over also when its
    best is near that of the other trials or of an earlier search: it has come back to a basin that is known.

    Args:
        initial: size of the initial design of every restart.
        dimensions: of the space.
        distance: of two trials, as `NEAR` has it.
    """

    def __init__(self, initial: int, dimensions: int, distance: Callable[[Trial, Trial], float]) -> None:
        self._initial, self._patience = initial, PATIENCE + dimensions
        self._distance = distance
        self._descent = Descent(initial)
        self._known: list[Trial] = []
        """The best trials of the searches that settled."""
        self._other: Trial | None = None
        """The best trial outside the restart."""
        self._starts: list[tuple[int, int]] = []
        """How many outcomes there were when a search was over, and the first number of the next."""

    def start(self, outcomes: int) -> int | None:
        """The first number of the latest restart when so many outcomes had arrived; `None` before any."""
        place = bisect_right(self._starts, outcomes, key=itemgetter(0))
        return self._starts[place - 1][1] if place else None

    def learn(self, trial: Trial, outcomes: int, next_number: int) -> None:
        """An outcome arrived.

        Args:
            trial: that ended.
            outcomes: how many there are now.
            next_number: of the next trial; those from it on know this outcome.
        """
        if trial.value is None or trial.given:
            return
        if not belongs(trial, self.start(outcomes)):
            self._other = min(self._other or trial, trial, key=_value)
            return
        self._descent.learn(trial, trial.value, next_number)
        if self._descent.idle >= self._patience:
            self._known.append(self._descent.found)
        elif not self._back():
            return
        self._descent = Descent(self._initial)
        self._starts.append((outcomes, next_number))

    def _back(self) -> bool:
        """Whether a restart is in a basin that is known."""
        if not self._starts or not self._descent.designed:
            return False
        others = self._known if self._other is None else [*self._known, self._other]
        return any(self._distance(self._descent.found, other) < NEAR for other in others)


def _value(trial: Trial) -> float:
    assert trial.value is not None
    return trial.value
