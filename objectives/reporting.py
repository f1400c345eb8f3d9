"""Values on the way: what a running trial is worth so far, and the word that it need not go on.

An objective that reports gets a `Reporter` and calls it as `report(step, value)`, with steps in whatever it
counts and the value of the metric it minimises:

    def train(config, report):
        for step in range(1, 101):
            loss = ...
            report(step, loss)         # leaves the function where the trial is to stop
        return loss
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from objectives.objective import Metrics, Objective, TrialFailed
from spaces.configs import Value

FINE = 64
"""Reports after which every second one is passed on, after as many more every fourth, and so on: a million
reports become a thousand, and a curve keeps two per cent of its length as its resolution."""


class TrialPruned(BaseException):
    """The trial is to stop. No `except Exception` of a user's program may take it for an error of its own."""


class Reporter:
    """What an objective calls with its values on the way.

    Args:
        send: takes a step and a value to where they are judged.
        stopped: whether the trial is to stop; may be asked at any time.
    """

    def __init__(self, send: Callable[[float, float], None], stopped: Callable[[], bool]) -> None:
        self._send = send
        self._stopped = stopped
        self._calls = self._sent = 0

    def __call__(self, step: float, value: float) -> None:
        """Report that the trial has come to a step, and its value there.

        A step that is not beyond the last one takes back those from there on, as after a return to a
        checkpoint.

        Raises:
            TrialPruned: the trial is to stop.
            TrialFailed: the value or the step is no finite number: a run that diverges ends.
        """
        step, value = float(step), float(value)
        if not 0 <= step < math.inf:
            raise TrialFailed(f"reports step {step:g}: expected a number of at least 0")
        if not math.isfinite(value):
            raise TrialFailed(f"reports {value} at step {step:g}")
        if self._calls % (1 << self._sent // FINE) == 0:
            self._send(step, value)
            self._sent += 1
        self._calls += 1
        self.check()

    def check(self) -> None:
        """Raise `TrialPruned` where the trial is to stop; costs next to nothing."""
        if self._stopped():
            raise TrialPruned


def silent() -> Reporter:
    """A reporter for whoever evaluates an objective alone: nobody listens."""
    return Reporter(lambda step, value: None, lambda: False)


@dataclass(frozen=True)
class ReportingObjective(Objective):
    """An objective that may report values on the way."""

    @property
    def reports(self) -> bool:
        """Whether this one does."""
        return True

    @abstractmethod
    def run(self, config: Mapping[str, Value], *, seed: int, report: Reporter) -> Metrics:
        """Measure one configuration, as `evaluate`, and report on the way.

        Raises:
            TrialPruned: it was stopped.
            TrialFailed: there is no value; the message says why.
        """

    def evaluate(self, config: Mapping[str, Value], *, seed: int) -> Metrics:
        """Measure one configuration to its end."""
        return self.run(config, seed=seed, report=silent())
