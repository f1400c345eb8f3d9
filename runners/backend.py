"""Where work runs: one contract for the inline, process-pool and Ray backends.

Contract:
- A task is finished exactly once: `wait` yields one `Outcome` for each `submit`, never raises for a task's
  fault, and an outcome's text is all that is left of an exception (exceptions may not unpickle).
- `free()` counts slots whose worker has answered; `submit` needs a free slot.
- A task past its `timeout` is stopped for good (its processes too) and ends as TIMEOUT. The decision is taken
  before the kill, so a task that dies of it cannot be mistaken for a crash.
- The backend retries nothing: attempts are counted and journalled by the loop.
- A task with `reports` is called with a further argument, a `Reporter`. What it reports reaches the function
  given to `listen`, inside `wait`, before the task's outcome. Such a task can be told to `stop`: it ends as
  PRUNED when it next looks, or, where it does not, some seconds later with its worker.
- Not thread-safe: one loop owns a backend. `close` stops every worker, and is called by `with`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Self


class Status(StrEnum):
    """How a task ended."""

    OK = "ok"
    FAILED = "failed"
    """It raised; the outcome's error says what."""
    CRASHED = "crashed"
    """Its process died."""
    TIMEOUT = "timeout"
    MEMORY = "memory"
    """It took more memory than it may, or than there is."""
    TEMPORARY = "temporary"
    """It says that another try may go better."""
    STOP = "stop"
    """It says that no other task can go better."""
    LOST = "lost"
    """Its machine went away; not the task's fault."""
    PRUNED = "pruned"
    """It was told to stop."""


class BackendGone(RuntimeError):
    """The backend cannot run anything any more, such as a cluster that went away; resuming may work."""


@dataclass(frozen=True)
class Task:
    """A picklable call; `number` is unique within one backend's life."""

    number: int
    call: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    timeout: float | None = None
    """Seconds of wall time, counted from the start of the task; `None` means no limit."""
    memory: int | None = None
    """Bytes the task may take beside what its worker holds; `None` means no limit."""
    reports: bool = False
    """Whether it takes an argument `report`."""


@dataclass(frozen=True)
class Partial:
    """What a running task has reported."""

    number: int
    step: float
    value: float
    at: float
    """Seconds since the epoch, from the worker."""


Listener = Callable[[Partial], None]


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    `started` and `ended` are seconds since the epoch, from the worker; from the driver where that is gone.
    """

    number: int
    status: Status
    result: Any = None
    error: str | None = None
    """One line for the journal and the report: exception type and message, signal or exit code."""
    started: float | None = None
    ended: float | None = None
    worker: str | None = None


def deaf(partial: Partial) -> None:
    """The listener of a backend before there is another."""


class Backend(ABC):
    """A set of slots that run tasks."""

    hear: Listener = staticmethod(deaf)
    """Who is told what tasks report."""

    def listen(self, listener: Listener) -> None:
        """Have what tasks report told to this function, in the caller's thread, inside `wait`."""
        self.hear = listener

    def stop(self, number: int) -> None:
        """Tell a running task that it need not go on; one that has ended is left in peace."""

    @property
    @abstractmethod
    def slots(self) -> int:
        """How many tasks can run at the same time."""

    @abstractmethod
    def free(self) -> int:
        """How many more tasks may be submitted now."""

    @abstractmethod
    def submit(self, task: Task) -> None:
        """Start a task on a free slot; raises `RuntimeError` where there is none."""

    @abstractmethod
    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Outcomes that have arrived.

        At least one, unless `timeout` seconds pass, nothing is running, or a further slot has become free.
        Where every worker is still starting, waits for the first.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop all workers at once; may be called again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
