"""When a search has settled, every other trial starts over: a second basin may be better than the first.

A Gaussian process that has found a local minimum is confident about everywhere else, and no widening of its
predictions takes it out of a wrong basin within a hundred trials (on Hartmann-6 one search in three ends in
the second basin, with shorter lengthscales, balls of taboo, bagged data or larger designs all the same).
Forgetting does: a fresh design and a model of its own trials alone is an independent draw of the basin.

The other half of the trials goes on with all data, so nothing found in a restart is lost.
"""

from collections.abc import Sequence

from search.trial import Trial

SETTLED = 1e-6
"""An improvement below this share of the range of the initial design is none."""

PATIENCE = 4
"""Trials without improvement, beyond one per dimension, after which a search has settled."""


def restarting(number: int) -> bool:
    """Whether this trial belongs to restarts once there are any."""
    return number % 2 == 1


def last_restart(done: Sequence[Trial], initial: int, dimensions: int) -> int | None:
    """The number of the trial with which the latest search settled; `None` before the first.

    Args:
        done: trials with a value, in order of arrival.
        initial: size of the initial design of every restart.
        dimensions: of the space.
    """
    start: int | None = None
    values: list[float] = []
    mark, threshold, idle = 0.0, 0.0, 0
    for trial in done:
        if trial.value is None or not belongs(trial, start):
            continue
        values.append(trial.value)
        if len(values) <= initial:
            mark, idle = min(values), 0
            threshold = SETTLED * (max(values) - min(values))
        elif trial.value < mark - threshold:
            mark, idle = trial.value, 0
        else:
            idle += 1
        if idle >= PATIENCE + dimensions:
            start, values, idle = trial.number, [], 0
    return start


def belongs(trial: Trial, start: int | None) -> bool:
    """Whether a trial is part of the search that began after trial `start`; all belong to the first."""
    return start is None or (trial.number > start and restarting(trial.number))
