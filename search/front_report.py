"""What a search over several objectives found: its front, and how the volume below it grew."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.engine import Engine
from search.history import History
from search.pareto import hypervolume, non_dominated
from search.trial import Trial, TrialState

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Growth:
    """A trial with which the hypervolume grew; between two of them it is constant."""

    number: int
    outcomes: int
    """Outcomes that had arrived by then, failures and this one included; 0 for what was known before."""
    volume: float


@dataclass(frozen=True)
class FrontReport:
    """The front of a search and the volume it dominates below a reference."""

    front: tuple[Trial, ...]
    """Trials that no other dominates, in order of their first value."""
    reference: tuple[float, ...]
    growth: tuple[Growth, ...]

    @property
    def hypervolume(self) -> float:
        """The volume at the end."""
        return self.growth[-1].volume if self.growth else 0.0


def front_report(history: History, reference: Array) -> FrontReport:
    """Describe the front of a search over several objectives.

    Args:
        history: finished or still running.
        reference: below which volume counts, in what is minimised, shape (k,).
    """
    front = sorted(history.front, key=lambda trial: trial.values or ())
    return FrontReport(tuple(front), tuple(reference.tolist()), tuple(_growth(history, reference)))


def _growth(history: History, reference: Array) -> Iterator[Growth]:
    front, volume, outcomes = np.empty((0, len(reference))), 0.0, 0
    for trial in history.ended:
        outcomes += not trial.given
        if trial.state is not TrialState.DONE:
            continue
        point = Engine.values([trial])
        if (front <= point).all(axis=1).any():
            continue
        front = np.concatenate([front, point])
        front = front[non_dominated(front)]
        if (now := hypervolume(front, reference)) > volume:
            volume = now
            yield Growth(trial.number, outcomes, volume)
