"""What happens on a worker: a task is run, and whatever comes of it becomes an `Outcome`.

Backends that cross a process border send pickled tasks and receive pickled outcomes. Neither an exception nor
an odd result ever crosses as an object: exceptions may not unpickle, so they travel as one line of text.
"""

import os
import pickle
import socket
import time
from typing import Any

from objectives.memory_limit import memory_limit
from objectives.objective import TrialFailed
from objectives.reporting import Reporter, TrialPruned, silent
from runners.backend import Outcome, Partial, Status, Task

_LONGEST_ERROR = 2000


def worker_name() -> str:
    """This process as `host:pid`."""
    return f"{socket.gethostname()}:{os.getpid()}"


def warm_up() -> None:
    """Import what searches and trials are made of: it takes a second, which is no task's own time."""
    import runners.jobs.job  # noqa: F401  only here: a driver that runs nothing itself does not need them
    import search.engines.native_engine  # noqa: F401


def execute(task: Task, report: Reporter | None = None) -> Outcome:
    """Run a task here. Everything it raises is caught, except what is meant for the process itself."""
    reporting = {"report": report or silent()} if task.reports else {}
    started = time.time()
    status, result, error = Status.OK, None, None
    try:
        with memory_limit(task.memory):
            result = task.call(*task.arguments, **reporting)
    except TrialPruned:
        status, error = Status.PRUNED, "told to stop"
    except TrialFailed as failure:
        status, error = Status(failure.ending), one_line(str(failure))
    except MemoryError as raised:
        limit = "" if task.memory is None else f" within {task.memory / 1e6:.6g} MB"
        status, error = Status.MEMORY, describe(raised) + limit
    except (Exception, SystemExit) as raised:
        status, error = Status.FAILED, describe(raised)
    return Outcome(task.number, status, result, error, started, time.time(), worker_name())


def execute_pickled(number: int, payload: bytes, report: Reporter | None = None) -> bytes:
    """Run the pickled task `number` and pickle its outcome; FAILED where task or result forbid that."""
    try:
        task: Task = pickle.loads(payload)
    except Exception as error:
        return pickle.dumps(_failed(number, f"the task cannot be read on the worker: {describe(error)}"))
    outcome = execute(task, report)
    try:
        return pickle.dumps(outcome)
    except Exception as error:
        return pickle.dumps(_failed(number, f"the result cannot be sent back: {describe(error)}"))


def read_message(number: int, payload: bytes) -> Outcome | Partial:
    """What a worker sent of a task; FAILED where its result cannot be rebuilt here."""
    try:
        message: Outcome | Partial = pickle.loads(payload)
    except Exception as error:
        return _failed(number, f"the result cannot be read: {describe(error)}")
    return message


def describe(error: BaseException) -> str:
    """An exception as one line: its type and message."""
    try:
        message = str(error)
    except Exception:
        message = "(its message cannot be printed)"
    return one_line(f"{type(error).__name__}: {message}" if message else type(error).__name__)


def one_line(text: str) -> str:
    """The text with line breaks turned into spaces, cut where it is very long."""
    joined = " ".join(text.split())
    return joined if len(joined) <= _LONGEST_ERROR else joined[:_LONGEST_ERROR] + " ..."


def _failed(number: int, error: str, **times: Any) -> Outcome:
    return Outcome(number, Status.FAILED, error=error, **times)
