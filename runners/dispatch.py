"""Keeping a backend busy: what a search with its trials and a sweep with its searches have in common."""

import itertools
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from runners.backend import Backend, Outcome, Task
from runners.interrupts import Interrupts
from runners.walltime import Walltime

_GLANCE = 0.5
"""Seconds between two looks at `stop` while tasks run."""

W = TypeVar("W")


class Dispatch(ABC, Generic[W]):
    """Hands out pieces of work as slots come free, until there are no more.

    Args:
        backend: where they run.
        interrupts: open.
        walltime: nothing begins that would not end within it, and what runs when it is over is given up.
        limit: how many may run at a time; `None` for as many as the backend has slots.
    """

    def __init__(
        self, backend: Backend, interrupts: Interrupts, walltime: Walltime, limit: int | None = None
    ) -> None:
        self._backend = backend
        self._interrupts = interrupts
        self._walltime = walltime
        self._limit = limit
        self._running: dict[int, W] = {}
        self._ready: deque[W] = deque()
        self._task_numbers = itertools.count()

    @abstractmethod
    def _next(self, most: int) -> Sequence[W]:
        """The next pieces of work, at least one unless there is none, and no more than `most`."""

    @abstractmethod
    def _task(self, work: W, number: int) -> Task:
        """The work as task `number`."""

    @abstractmethod
    def _take(self, ended: Sequence[tuple[W, Outcome]]) -> None:
        """Take in work that has ended; is not interrupted."""

    def run(self, stop: Callable[[], bool]) -> None:
        """Work until there is none left; once `stop` says so, only wait for what runs.

        Raises:
            KeyboardInterrupt: after taking in what has ended, and closing the backend.
        """
        try:
            while self._fill(lambda: stop() or self._walltime.too_short()) or self._running:
                self._collect(min(_GLANCE, self._walltime.left()))
                if self._running and not self._walltime.left():
                    self._give_up()
        except KeyboardInterrupt:
            self._give_up()
            raise

    def _give_up(self) -> None:
        """Take in what has ended and stop the rest: the journal has it as begun, so it is run again."""
        try:
            self._collect(0.0)
        finally:
            self._backend.close()
            self._walltime.was_short = True
            self._running.clear()

    def _fill(self, stop: Callable[[], bool]) -> bool:
        """Use all free slots; whether there may be more work, and only a slot is missing."""
        while (room := self._room()) > 0:
            if not (free := self._backend.free()):
                return not stop()
            if not self._ready and not stop():
                self._ready.extend(self._next(min(room, free)))
            if not self._ready:
                return False
            with self._interrupts.held():
                self._begin(self._ready.popleft())
        return False

    def _room(self) -> int:
        """How many more may run, free slots or not."""
        limit = self._backend.slots if self._limit is None else self._limit
        return limit - len(self._running)

    def _begin(self, work: W) -> None:
        number = next(self._task_numbers)
        self._backend.submit(self._task(work, number))
        self._running[number] = work

    def _collect(self, seconds: float) -> None:
        outcomes = self._backend.wait(seconds)
        with self._interrupts.held():
            for outcome in outcomes:
                if outcome.started is not None and outcome.ended is not None:
                    self._walltime.took(outcome.ended - outcome.started)
            self._take([(self._running.pop(outcome.number), outcome) for outcome in outcomes])
