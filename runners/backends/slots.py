"""Slots with one worker each: what the process pool and Ray have in common.

A slot's worker is starting, idle or busy. It becomes idle when it answers, so a worker that can never be
placed is never given a task. A worker that dies or must be stopped is replaced, and costs the task it had.
"""

import contextlib
import logging
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from runners.backend import Backend, BackendGone, Outcome, Partial, Status, Task
from runners.worker import one_line, read_message

_GLANCE = 1.0
"""Longest sleep in seconds between two looks at workers that may have died without a sound."""
_WORRY = 15.0
"""Seconds without any worker after which the user is told."""
_FAILED_STARTS = 3
"""Deaths in a row before the first answer after which, with no worker left, starting more is pointless."""
_STOP_SECONDS = 30.0
"""How long a task that was told to stop may take to look, before it is stopped with its worker."""
log = logging.getLogger(__name__)


class WorkerGone(Exception):
    """A worker will not answer any more."""

    def __init__(self, status: Status, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


class Worker(ABC):
    """One worker. Its first message, whatever it says, means that it is ready."""

    @abstractmethod
    def send(self, number: int, payload: bytes) -> None:
        """Begin a pickled task; raises `WorkerGone`."""

    @abstractmethod
    def stop(self, number: int) -> None:
        """Tell the task it runs to stop; raises `WorkerGone`."""

    @abstractmethod
    def receive(self) -> bytes:
        """The message that has arrived; raises `WorkerGone` where the worker died instead."""

    @abstractmethod
    def kill(self) -> None:
        """Stop it for good, with every process it started; it may be dead already."""


W = TypeVar("W", bound=Worker)


@dataclass
class _Slot(Generic[W]):
    worker: W
    ready: bool = False
    task: Task | None = None
    began: float = 0.0
    """When the task began, in seconds since the epoch."""
    deadline: float = math.inf
    """When the task must have ended, on the monotonic clock."""
    stopping: bool = False
    """Whether the task was told to stop."""

    def begin(self, task: Task) -> None:
        limit = math.inf if task.timeout is None else task.timeout
        self.task, self.began, self.deadline = task, time.time(), time.monotonic() + limit
        self.stopping = False

    def end(self) -> None:
        self.task, self.deadline = None, math.inf


class SlotBackend(Backend, Generic[W]):
    """A fixed number of slots.

    Args:
        slots: how many.
        patience: seconds to wait for a first worker where none has answered, before giving up.
    """

    def __init__(self, slots: int, patience: float = 300.0) -> None:
        self._patience = patience
        self._failed_starts = 0
        self._worried = False
        self._arrived: list[Outcome] = []
        self._slots: list[_Slot[W]] = []
        self._add_slots(slots)

    def _more_slots(self) -> int:
        """How many slots there could be by now beside those there are; looked at while waiting."""
        return 0

    @abstractmethod
    def _start_worker(self) -> W:
        """Start a worker, without waiting for it."""

    @abstractmethod
    def _with_message(self, workers: Sequence[W], seconds: float) -> list[W]:
        """Those that have a message or are dead: at least one, unless the seconds pass."""

    @abstractmethod
    def _pickle(self, task: Task) -> bytes:
        """The task as bytes."""

    @property
    def slots(self) -> int:
        """How many tasks can run at the same time."""
        return len(self._slots)

    def free(self) -> int:
        """How many workers have answered and have nothing to do."""
        return len(self._idle())

    def submit(self, task: Task) -> None:
        """Hand a task to an idle worker."""
        payload = self._pickle(task)
        while idle := self._idle():
            slot = idle[0]
            try:
                slot.worker.send(task.number, payload)
            except WorkerGone:  # it died while idle: no fault of this task
                self._replace(slot)
                continue
            slot.begin(task)
            return
        raise RuntimeError("no free slot")

    def stop(self, number: int) -> None:
        """Tell a running task to stop; it has some seconds to do so by itself."""
        for slot in self._slots:
            if slot.task is not None and slot.task.number == number:
                slot.stopping = True
                slot.deadline = min(slot.deadline, time.monotonic() + _STOP_SECONDS)
                with contextlib.suppress(WorkerGone):  # which is noticed in its turn
                    slot.worker.stop(number)

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Outcomes that have arrived; may be empty when a worker has become ready, see `Backend.wait`."""
        began = time.monotonic()
        free = self.free()
        while True:
            waited = time.monotonic() - began
            remaining = math.inf if timeout is None else timeout - waited
            self._look(max(0.0, min(remaining, _GLANCE)))
            if self._arrived or remaining <= 0 or self.free() > free or self._at_rest():
                outcomes, self._arrived = self._arrived, []
                return outcomes
            if not self._any_ready():
                self._worry(waited)

    def close(self) -> None:
        """Stop all workers at once; may be called again."""
        slots, self._slots = self._slots, []
        for slot in slots:
            slot.worker.kill()

    def _idle(self) -> list[_Slot[W]]:
        return [slot for slot in self._slots if slot.ready and slot.task is None]

    def _any_ready(self) -> bool:
        return any(slot.ready for slot in self._slots)

    def _worry(self, waited: float) -> None:
        """No worker has answered for some seconds: say so in time, give up in the end."""
        if waited > self._patience:
            raise BackendGone(f"no worker has answered for {self._patience:g} s")
        if waited > _WORRY and not self._worried:
            self._worried = True
            log.warning("no worker has answered yet; waiting up to %g s in all", self._patience)

    def _at_rest(self) -> bool:
        """Nothing runs, and nothing needs to be waited for before something could."""
        busy = any(slot.task for slot in self._slots)
        return not busy and (not self._slots or bool(self._idle()))

    def _look(self, seconds: float) -> None:
        """Take in what happens within some seconds: messages and deaths first, then tasks that are late."""
        self._add_slots(self._more_slots())
        next_deadline = min((slot.deadline for slot in self._slots), default=math.inf)
        seconds = max(0.0, min(seconds, next_deadline - time.monotonic()))
        ready = self._with_message([slot.worker for slot in self._slots], seconds)
        for slot in self._slots:
            if slot.worker in ready:
                self._take_message(slot)
            elif time.monotonic() >= slot.deadline:
                self._stop_late(slot)

    def _take_message(self, slot: _Slot[W]) -> None:
        try:
            message = slot.worker.receive()
        except WorkerGone as gone:
            self._bury(slot, gone)
            return
        self._failed_starts = 0
        if slot.task is not None:
            read = read_message(slot.task.number, message)
            if isinstance(read, Partial):
                self.hear(read)
                return
            self._arrived.append(read)
            slot.end()
        slot.ready = True

    def _bury(self, slot: _Slot[W], gone: WorkerGone) -> None:
        """A worker is dead: its task ends with it, and another takes its place."""
        if slot.task is not None:
            self._end(slot, gone.status, gone.error)
        elif not slot.ready and gone.status is Status.CRASHED:
            self._failed_starts += 1
            if self._failed_starts >= _FAILED_STARTS and not self._any_ready():
                raise BackendGone(f"workers die while they start: {gone.error}")
        self._replace(slot)

    def _add_slots(self, count: int) -> None:
        self._slots += [_Slot(self._start_worker()) for _ in range(count)]

    def _lose_all(self, reason: str) -> None:
        """Every worker is gone at once, without its own doing; none takes its place yet."""
        for slot in self._slots:
            if slot.task is not None:
                self._end(slot, Status.LOST, reason)
        self._slots = []

    def _stop_late(self, slot: _Slot[W]) -> None:
        assert slot.task is not None
        if slot.stopping:
            self._end(slot, Status.PRUNED, "told to stop, and stopped with its worker")
        else:
            self._end(slot, Status.TIMEOUT, f"stopped after {slot.task.timeout:g} s")
        self._replace(slot)

    def _end(self, slot: _Slot[W], status: Status, error: str) -> None:
        """Decide a task without its worker; the times are the driver's."""
        assert slot.task is not None
        number, now = slot.task.number, time.time()
        self._arrived.append(Outcome(number, status, error=one_line(error), started=slot.began, ended=now))
        slot.end()

    def _replace(self, slot: _Slot[W]) -> None:
        slot.worker.kill()
        slot.worker, slot.ready = self._start_worker(), False
