"""Workers that exist on a virtual clock alone: an hour of ten thousand of them in a few seconds.

Tasks are really called, in this process, so their values are true; how long they take, and whether their
worker dies or their machine is lost, is drawn. The clock stands still while tasks are called, jumps to the
next end of a task when the driver waits, and goes on by the driver's own time while it asks, journals and
tells. That time is read off a meter: processor time, so that a driver too slow for its workers shows; for a
test anything that counts. What a task reports arrives at even distances over its time; one that is told to
stop ends at that moment.
"""

import heapq
import itertools
import math
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, replace

import numpy as np

from objectives.reporting import Reporter
from runners.backend import Backend, Outcome, Partial, Status, Task
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
        self._running: dict[int, tuple[int, Outcome]] = {}
        """Slot and outcome of each task that runs."""
        self._events: list[tuple[float, int, Partial | Outcome]] = []
        """What is to come, as a heap by time; ties in the order of submission."""
        self._order = itertools.count()
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
        outcome, partials = self._timed(task, started, f"virtual:{slot}")
        self._running[task.number] = slot, outcome
        for partial in partials:
            self._expect(partial)
        self._expect(outcome)
        self._read = self._meter()  # the call was the worker's time, not the driver's

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """What has ended by now; where nothing has, the clock jumps to the next end, or by the timeout."""
        until = math.inf if timeout is None else self.now + timeout
        arrived: list[Outcome] = []
        while self._events and self._events[0][0] <= (self.now if arrived else until):
            when, _, event = heapq.heappop(self._events)
            self._now = max(self._now, when)
            if isinstance(event, Partial):
                if event.number in self._running:
                    self.hear(event)
            elif self._is_current(event):
                self._idle.append(self._running.pop(event.number)[0])
                arrived.append(event)
        if self._running and not arrived:
            self._now = max(self._now, until)
        return arrived

    def stop(self, number: int) -> None:
        """End a running task now."""
        if number in self._running:
            slot, outcome = self._running[number]
            outcome = replace(
                outcome, status=Status.PRUNED, result=None, error="told to stop", ended=self.now
            )
            self._running[number] = slot, outcome
            self._expect(outcome)

    def close(self) -> None:
        """Forget everything that runs."""
        self._idle, self._running, self._events = [], {}, []

    def _expect(self, event: Partial | Outcome) -> None:
        when = event.at if isinstance(event, Partial) else event.ended
        assert when is not None
        heapq.heappush(self._events, (when, next(self._order), event))

    def _is_current(self, outcome: Outcome) -> bool:
        """Whether a task ends so; one that was stopped had another end before it."""
        return self._running.get(outcome.number, (0, None))[1] is outcome

    def _timed(self, task: Task, started: float, worker: str) -> tuple[Outcome, list[Partial]]:
        """The outcome of a task in virtual time, and its reports; one that is cut short is never called."""
        seconds, status = self._workload.draw(task.number)
        error = ERRORS.get(status)
        if task.timeout is not None and seconds > task.timeout:
            seconds, status, error = task.timeout, Status.TIMEOUT, f"stopped after {task.timeout:g} s"
        outcome = Outcome(task.number, status, error=error)
        reported: list[tuple[float, float]] = []
        if status is Status.OK:
            report = Reporter(lambda step, value: reported.append((step, value)), lambda: False)
            with redirect_stdout(sys.stderr):  # stdout is for the answer
                outcome = execute(task, report)
        pace = seconds / max(len(reported), 1)
        partials = [
            Partial(task.number, step, value, started + pace * count)
            for count, (step, value) in enumerate(reported, 1)
        ]
        return replace(outcome, started=started, ended=started + seconds, worker=worker), partials
