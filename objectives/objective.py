"""What a job minimises: the contract between a configuration and its worth.

An objective is a picklable frozen value. It is deterministic in `(config, seed)`, keeps no state between
calls, may be called from several processes at once, and never returns a number for a run that has none: it
raises `TrialFailed` with the reason.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from spaces.configs import Configs, Value
from spaces.errors import Mistake

Metrics = dict[str, float]
"""Named finite numbers measured in one trial; `Objective.metric` names the minimised one."""


class Cost(StrEnum):
    """How dear one evaluation is; it decides the grain of parallel work."""

    CLOSED_FORM = "closed form"
    """Microseconds: evaluated in batches inside the driver, whole searches are the unit of parallel work."""
    EXPENSIVE = "expensive"
    """Anything else: one trial is one task."""


class TrialFailed(Exception):
    """This configuration has no value, for the reason given; the search goes on.

    The subclasses say more about the failure. An objective may raise any of them; what follows is the job's
    policy (`retries` and `stop_on` in a job file).
    """

    ending: ClassVar[str] = "failed"
    """The name of this kind of failure in job files and reasons."""


class TemporaryFailure(TrialFailed):
    """Nothing to do with the configuration, and likely to pass: the trial is tried again."""

    ending = "temporary"


class StopSearch(TrialFailed):
    """No configuration can have a value before a person mends something: the search asks no more."""

    ending = "stop"


class TimedOut(TrialFailed):
    """The trial took longer than it may."""

    ending = "timeout"


class OutOfMemory(TrialFailed):
    """The trial took more memory than it may."""

    ending = "memory"


@dataclass(frozen=True)
class Objective(ABC):
    """Base of every objective."""

    cost: ClassVar[Cost] = Cost.EXPENSIVE

    @property
    def metric(self) -> str:
        """Name of the minimised metric."""
        return "loss"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a report of any search over it must say: assumptions, where it is not to be trusted."""
        return ()

    @abstractmethod
    def evaluate(self, config: Mapping[str, Value], *, seed: int) -> Metrics:
        """Measure one configuration (active parameters only).

        Raises:
            TrialFailed: there is no value; the message says why.
        """

    def feasible(self, configs: Configs) -> npt.NDArray[np.bool_]:
        """Which rows satisfy what is known before evaluating (budget, caps); all of them by default."""
        return np.ones(len(configs), dtype=np.bool_)

    def unsuitable(self, parameters: Collection[str]) -> list[Mistake]:
        """What is wrong with a space of these parameters for this objective; by default nothing."""
        del parameters
        return []


@dataclass(frozen=True)
class ClosedForm(Objective):
    """An objective that is a formula: it also takes whole tables."""

    cost: ClassVar[Cost] = Cost.CLOSED_FORM

    @abstractmethod
    def evaluate_many(self, configs: Configs) -> dict[str, npt.NDArray[np.float64]]:
        """Metrics of every row as columns of shape (len(configs),); NaN where a row has no value."""

    def evaluate(self, config: Mapping[str, Value], *, seed: int) -> Metrics:
        """One row of `evaluate_many`."""
        del seed
        columns = self.evaluate_many(Configs.from_rows([config]))
        metrics = {name: float(column[0]) for name, column in columns.items()}
        if not np.isfinite(metrics[self.metric]):
            raise TrialFailed(f"{self.metric} is {metrics[self.metric]} at this configuration")
        return metrics
