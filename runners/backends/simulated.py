"""Workers that exist on a virtual clock alone: an hour of ten thousand of them in a few seconds.

Tasks are really called, in this process, so their values are true; how long they take, and whether their
worker dies or their machine is lost, is drawn. The clock stands still while tasks are called, jumps to the
next end of a task when the driver waits, and goes on by the driver's own time while it asks, journals and
tells. That time is read off a meter: processor time, so that a driver too slow for its workers shows; for a
test anything that counts.
"""

import heapq
import math
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, replace

import numpy as np

from runners.backend import Backend, Outcome, Status, Task
from runners.worker import execute
from spaces.errors import BadInput, Mistake

Meter = Callable[[], float]
"""Seconds of the driver's own time so far; never falls."""

ERRORS = {Status.CRASHED: "died (simulated)", Status.LOST: "its machine went away (simulated)"}


@dataclass(frozen=True)
class Workload:
    """What tasks do to their workers, drawn for each task from (seed, task number).

    Raises:
        BadInput: a number outside its domain.
    """

    seconds: float = 60.0
    """Mean duration of a task."""
    variation: float = 0.5
    """Standard deviation of the duration over its mean; durations are log-normal."""
    crashes: float = 0.0
    """Probability that a task's process dies before its end."""
    losses: float = 0.0
    """Probability that a task's machine goes away before its end."""
    seed: int = 0

    def __post_init__(self) -> None:
        rules = {
            "seconds": ("a number above 0", 0.0 < self.seconds < math.inf),
            "variation": ("a number of at least 0", 0.0 <= self.variation < math.inf),
            "crashes": ("a probability", 0.0 <= self.crashes <= 1.0),
            "losses": ("a probability, at most 1 with crashes", 0.0 <= self.losses <= 1.0 - self.crashes),
        }
        mistakes = [
            Mistake(f"workload.{name}", expected, repr(getattr(self, name)))
            for name, (expected, kept) in rules.items()
            if not kept
        ]
        if mistakes:
            raise BadInput(mistakes)

    def draw(self, number: int) -> tuple[float, Status]:
        """Seconds that task `number` runs, and how it ends: OK, CRASHED or LOST."""
        rng = np.random.default_rng([self.seed, number])
        sigma = math.sqrt(math.log1p(self.variation**2))
        seconds = self.seconds * math.exp(sigma * rng.standard_normal() - 0.5 * sigma**2)
        chance = rng.random()
        if chance >= self.crashes + self.losses:
            return seconds, Status.OK
        return seconds * rng.random(), Status.CRASHED if chance < self.crashes else Status.LOST


class SimulatedBackend(Backend):
    """As many slots as wished, on a clock that starts at 0.

    Args:
        slots: how many.
        workload: what tasks do.
        meter: the driver's own time.

    Attributes:
        driver_seconds: the driver's own time between its calls of this backend, so far.

    Raises:
        BadInput: fewer than one slot.
    """

    def __init__(
        self, slots: int, workload: Workload | None = None, meter: Meter = time.process_time
    ) -> None:
        if slots < 1:
            raise BadInput.of("workers", "a count of at least 1", str(slots))
        self._workload = Workload() if workload is None else workload
        self._meter = meter
        self._read = meter()
        self._now = 0.0
        self._idle = list(range(slots))[::-1]
        self._running: list[tuple[float, int, int, Outcome]] = []
        self._slots = slots
        self.driver_seconds = 0.0

    @property
    def slots(self) -> int:
        """How many tasks can run at the same time."""
        return self._slots

    @property
    def now(self) -> float:
        """Virtual seconds since the start, the driver's time up to this moment included."""
        read = self._meter()
        self.driver_seconds += read - self._read
        self._now += read - self._read
        self._read = read
        return self._now

    def free(self) -> int:
        """How many virtual workers have nothing to do."""
        return len(self._idle)

    def submit(self, task: Task) -> None:
        """Call the task now; its outcome arrives when its virtual time has passed."""
        if not self._idle:
            raise RuntimeError("no free slot")
        started, slot = self.now, self._idle.pop()
        outcome = self._timed(task, started, f"virtual:{slot}")
        assert outcome.ended is not None
        heapq.heappush(self._running, (outcome.ended, task.number, slot, outcome))
        self._read = self._meter()  # the call was the worker's time, not the driver's

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """What has ended by now; where nothing has, the clock jumps to the next end, or by the timeout."""
        now = self.now
        if self._running:
            pause = max(0.0, self._running[0][0] - now)
            self._now += pause if timeout is None else min(pause, timeout)
        arrived = []
        while self._running and self._running[0][0] <= self._now:
            _, _, slot, outcome = heapq.heappop(self._running)
            self._idle.append(slot)
            arrived.append(outcome)
        return arrived

    def close(self) -> None:
        """Forget everything that runs."""
        self._idle, self._running = [], []

    def _timed(self, task: Task, started: float, worker: str) -> Outcome:
        """The outcome of a task in virtual time; one that is cut short is never called."""
        seconds, status = self._workload.draw(task.number)
        error = ERRORS.get(status)
        if task.timeout is not None and seconds > task.timeout:
            seconds, status, error = task.timeout, Status.TIMEOUT, f"stopped after {task.timeout:g} s"
        outcome = Outcome(task.number, status, error=error)
        if status is Status.OK:
            with redirect_stdout(sys.stderr):  # stdout is for the answer
                outcome = execute(task)
        return replace(outcome, started=started, ended=started + seconds, worker=worker)
