"""The driver as its own only worker: no processes, no start-up, no time limits."""

import sys
import time
from contextlib import redirect_stdout

from objectives.reporting import Reporter
from runners.backend import Backend, Outcome, Partial, Task
from runners.worker import execute
from spaces.errors import BadInput


class InlineBackend(Backend):
    """Runs each task in the caller's thread, inside `wait`."""

    def __init__(self) -> None:
        self._task: Task | None = None
        self._stopped: int | None = None
        self._closed = False

    @property
    def slots(self) -> int:
        """One: the driver itself."""
        return 1

    def free(self) -> int:
        """One, unless a task is waiting for `wait`."""
        return int(self._task is None and not self._closed)

    def submit(self, task: Task) -> None:
        """Accept a task; `wait` runs it.

        Raises:
            BadInput: the task has a limit, which the driver cannot enforce on itself.
        """
        for name, limit in (("timeout", task.timeout), ("memory", task.memory)):
            if limit is not None:
                raise BadInput.of(name, "none with the runner local (use process or ray)", f"{limit:g}")
        if not self.free():
            raise RuntimeError("no free slot")
        self._task = task

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Run the task that was submitted, however long it takes; but not within a timeout of 0."""
        if self._task is None or timeout == 0:
            return []
        task, self._task, self._stopped = self._task, None, None
        report = Reporter(
            lambda step, value: self.hear(Partial(task.number, step, value, time.time())),
            lambda: self._stopped == task.number,
        )
        with redirect_stdout(sys.stderr):  # stdout is for the answer
            return [execute(task, report)]

    def stop(self, number: int) -> None:
        """Have the task that runs stop when it looks, which is at the end of the report being heard."""
        self._stopped = number

    def close(self) -> None:
        """Forget a task that has not been run."""
        self._task = None
        self._closed = True
