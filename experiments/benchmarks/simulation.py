"""A search by simulated workers under the real loop, with a real journal, and what it took.

The clock is virtual, the driver's time is real: its processor time and its waits for the disk move the clock
on, so workers wait for a slow driver as they would in earnest. What is left out: the network, and a cluster's
own time to hand over a task (0.8 ms on Ray, measured elsewhere).
"""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.benchmarks.problems import Problem
from objectives.objective import Metrics, Objective
from runners.backends.simulated import SimulatedBackend, Workload
from runners.journal import Journal, read
from runners.loop import run_search
from runners.records import Header, Retried
from search import make_engine
from search.history import History
from search.trial import Trial
from spaces.configs import Value


class ProblemObjective(Objective):
    """A benchmark problem as an objective of the loop."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def evaluate(self, config: Mapping[str, Value], *, seed: int) -> Metrics:
        """The problem's value, under the name `loss`."""
        del seed
        return {self.metric: self._problem.value(dict(config))}


class TimedJournal(Journal):
    """A journal that knows how long its writer has waited for the disk."""

    waited = 0.0

    def sync(self) -> None:
        """As in `Journal`; the wait is the wall time that was no processor time."""
        wall, processor = time.perf_counter(), time.process_time()
        super().sync()
        self.waited += max(0.0, time.perf_counter() - wall - (time.process_time() - processor))


@dataclass(frozen=True)
class Simulation:
    """What a search by virtual workers came to."""

    history: History
    workers: int
    driver: float
    """Seconds of the driver: processor time and waits for the disk."""
    optimum: float
    retried: tuple[Retried, ...] = ()
    """Attempts that were followed by another."""

    @property
    def window(self) -> float:
        """Virtual seconds until the last new trial began: until then there was work for everyone."""
        again = {attempt.number for attempt in self.retried}
        return max(trial.started or 0.0 for trial in self.history.ended if trial.number not in again)

    @property
    def utilisation(self) -> float:
        """Share of the workers' time spent on trials, attempts in vain included, within the window."""
        end = self.window
        attempts: list[Trial | Retried] = [*self.history.ended, *self.retried]
        busy = sum(max(0.0, min(each.ended or 0.0, end) - (each.started or 0.0)) for each in attempts)
        return busy / (self.workers * end)

    @property
    def regret(self) -> npt.NDArray[np.float64]:
        """Simple regret after every value, in order of arrival."""
        values = [trial.value for trial in self.history.done if trial.value is not None]
        return np.asarray(np.minimum.accumulate(values) - self.optimum)

    def regret_at(self, seconds: float) -> float:
        """Simple regret after some virtual seconds; infinite before the first value."""
        ended = np.array([trial.ended for trial in self.history.done])
        count = int(np.searchsorted(ended, seconds, side="right"))
        return float(self.regret[count - 1]) if count else float("inf")


def simulate(
    problem: Problem, workers: int, evaluations: int, workload: Workload, *, seed: int = 0, **options: Any
) -> Simulation:
    """Search a problem with so many virtual workers; `options` are those of the native engine."""
    engine = make_engine("native", problem.space(), seed=seed, constraint=problem.constraint, **options)
    header = Header(problem.name, problem.name, seed)
    with tempfile.TemporaryDirectory() as folder, TimedJournal.open(Path(folder), header) as journal:
        assert isinstance(journal, TimedJournal)
        backend = SimulatedBackend(workers, workload, lambda: time.process_time() + journal.waited)
        history = run_search(
            engine=engine,
            objective=ProblemObjective(problem),
            backend=backend,
            journal=journal,
            evaluations=evaluations,
            seed=seed,
            parallel=workers,
        )
        retried = tuple(record for record in read(Path(folder)).records if isinstance(record, Retried))
    return Simulation(history, workers, backend.driver_seconds, problem.optimum, retried)
