"""Keeping a backend busy: what a search with its trials and a sweep with its searches have in common."""

import itertools
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from runners.backend import Backend, Outcome, Task
from runners.interrupts import Interrupts

_GLANCE = 0.5
"""Seconds between two looks at `stop` while tasks run."""

W = TypeVar("W")


class Dispatch(ABC, Generic[W]):
    """Hands out pieces of work as slots come free, until there are no more.

    Args:
        backend: where they run.
        interrupts: open.
        limit: how many may run at a time; `None` for as many as the backend has slots.
    """

    def __init__(self, backend: Backend, interrupts: Interrupts, limit: int | None = None) -> None:
        self._backend = backend
        self._interrupts = interrupts
        self._limit = backend.slots if limit is None else limit
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
            while self._fill(stop) or self._running:
                self._collect(_GLANCE)
        except KeyboardInterrupt:
            try:
                self._collect(0.0)
            finally:
                self._backend.close()
            raise

    def _fill(self, stop: Callable[[], bool]) -> bool:
        """Use all free slots; whether there may be more work, and only a slot is missing."""
        while (room := self._limit - len(self._running)) > 0:
            if not (free := self._backend.free()):
                return True
            if not self._ready and not stop():
                self._ready.extend(self._next(min(room, free)))
            if not self._ready:
                return False
            with self._interrupts.held():
                self._begin(self._ready.popleft())
        return False

    def _begin(self, work: W) -> None:
        number = next(self._task_numbers)
        self._backend.submit(self._task(work, number))
        self._running[number] = work

    def _collect(self, seconds: float) -> None:
        outcomes = self._backend.wait(seconds)
        with self._interrupts.held():
            self._take([(self._running.pop(outcome.number), outcome) for outcome in outcomes])
