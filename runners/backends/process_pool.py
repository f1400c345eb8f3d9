"""A pool of worker processes on this machine, one pipe each.

A worker that is killed, crashes or runs late costs its one task. No queue or lock is shared, so whatever a
dying worker leaves half done is seen by nobody else. Workers are sessions of their own: Ctrl-C in a terminal
does not reach them, and stopping one stops every process it started. (A user's program has a session too,
and its own tie to the worker: `objectives.watcher`.)
"""

import atexit
import contextlib
import fcntl
import multiprocessing
import os
import pickle
import signal
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait

from objectives.reporting import Reporter
from runners.backend import Partial, Status, Task
from runners.backends.slots import SlotBackend, Worker, WorkerGone
from runners.worker import execute_pickled, warm_up

_spawn = multiprocessing.get_context("spawn")  # a forked worker would inherit the driver's threads and locks


class ProcessWorker(Worker):
    """One spawned process; it serves until its driver dies or kills it."""

    def __init__(self) -> None:
        self.connection, theirs = _spawn.Pipe()
        lifeline, self._lifeline = _spawn.Pipe(duplex=False)
        self._process = _spawn.Process(target=_serve, args=(theirs, lifeline), name="scalesearch worker")
        self._process.start()
        theirs.close()
        lifeline.close()

    def alive(self) -> bool:
        """Whether the process runs; its pipe stays silent where a child of it still holds the other end."""
        return self._process.is_alive()

    def send(self, number: int, payload: bytes) -> None:
        """Begin a pickled task."""
        self._send(number, payload)

    def stop(self, number: int) -> None:
        """Tell the task it runs to stop."""
        self._send(number, None)

    def _send(self, number: int, payload: bytes | None) -> None:
        try:
            self.connection.send((number, payload))
        except OSError:
            raise self._gone() from None

    def receive(self) -> bytes:
        """The message that has arrived."""
        try:
            if self.connection.poll():
                return self.connection.recv_bytes()
        except (EOFError, OSError):
            pass
        raise self._gone()

    def kill(self) -> None:
        """SIGKILL to its whole session."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid or 0, signal.SIGKILL)
        self._process.kill()  # it may not have a session yet
        self._process.join()
        self.connection.close()
        self._lifeline.close()

    def _gone(self) -> WorkerGone:
        self._process.join()
        code = self._process.exitcode or 0
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
        return WorkerGone(Status.CRASHED, f"its process was {how}" if code < 0 else f"its process {how}")


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ProcessPoolBackend(SlotBackend[ProcessWorker]):
    """Worker processes on this machine.

    Args:
        slots: how many; by default as many as fit on the processors this process may use. Each gets its share
            of them as threads for linear algebra, unless OMP_NUM_THREADS is set already.
        cpus: processors a task needs.
    """

    def __init__(self, slots: int | None = None, cpus: float = 1.0) -> None:
        slots = slots or max(1, int(processors() / max(cpus, 1.0 / 64)))
        self._threads = max(1, processors() // slots)
        super().__init__(slots)
        atexit.register(self.close)  # before multiprocessing waits for its processes to end by themselves

    def close(self) -> None:
        """Kill all workers; may be called again."""
        super().close()
        atexit.unregister(self.close)

    def _start_worker(self) -> ProcessWorker:
        with _default_environment(OMP_NUM_THREADS=str(self._threads)):
            return ProcessWorker()

    def _with_message(self, workers: Sequence[ProcessWorker], seconds: float) -> list[ProcessWorker]:
        ready = set(wait([worker.connection for worker in workers], seconds))
        return [worker for worker in workers if worker.connection in ready or not worker.alive()]

    def _pickle(self, task: Task) -> bytes:
        return pickle.dumps(task)


def _serve(connection: Connection, lifeline: Connection) -> None:
    """The life of a worker process."""
    os.setsid()
    os.dup2(2, 1)  # stdout is for the answer
    _die_with_driver(lifeline)
    warm_up()
    connection.send_bytes(b"ready")
    with contextlib.suppress(EOFError):
        while True:
            number, payload = connection.recv()
            if payload is not None:  # or the word to stop a task that had ended by then
                report = _reporter(connection, number)
                connection.send_bytes(execute_pickled(number, payload, report))


def _reporter(connection: Connection, number: int) -> Reporter:
    """Sends what task `number` reports; meanwhile nothing comes from the driver but the word to stop it."""
    told: list[int] = []

    def send(step: float, value: float) -> None:
        connection.send_bytes(pickle.dumps(Partial(number, step, value, time.time())))

    def stopped() -> bool:
        while connection.poll():
            told.append(connection.recv()[0])
        return number in told

    return Reporter(send, stopped)


def _die_with_driver(lifeline: Connection) -> None:
    """Have the kernel kill this session when the driver, which holds the other end of the pipe, is gone.

    Works however busy or stuck the worker is. Linux only: elsewhere a worker ends after its task.
    """
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if lifeline.poll():  # it died before
        os.killpg(0, signal.SIGKILL)


@contextlib.contextmanager
def _default_environment(**values: str) -> Iterator[None]:
    """Environment variables for the processes started meanwhile, where they are not set."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
