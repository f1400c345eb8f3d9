"""A sweep of 1,000 cheap searches: inline, on processes, on Ray; the same searches, in turns.

Searches are the tasks. Workers are up, and have imported what searches are made of, before the clock starts.
A second figure takes the load of the machine out: the processor time of a search on each runner, from which
follows what two free processors would do.
"""

import contextlib
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from experiments.benchmarks.speed import SWEEP
from runners.api import make_backend
from runners.backend import Backend, Task
from runners.documents.document import Section, Table
from runners.jobs.job import parse_batch
from runners.journal import Journal
from runners.single import header, run_spec
from runners.sweep import Unit, run_sweep

SEARCHES = 1000
ROUNDS = 4
RUNNERS = ("local", "process", "ray")
WORKERS = 2


def sections() -> list[Section]:
    """The table of this benchmark."""
    columns = (
        "runner",
        "searches per second",
        "against local",
        "processor ms per search",
        "two free processors",
    )
    text = f"{SEARCHES} searches of 25 evaluations in {ROUNDS} rounds, the best of each; {WORKERS} workers."
    return [Section("A sweep of cheap searches", (text,), Table.of(columns, rows()))]


def rows() -> Iterator[tuple[str, ...]]:
    """One row for each runner."""
    number = SEARCHES // ROUNDS
    batch = parse_batch(SWEEP.format(engine="random", last=number - 1, number=number), "sweep", Path())
    units = [Unit(job.name, partial(run_spec, job.spec, batch.folder)) for job in batch.jobs]
    rates = dict.fromkeys(RUNNERS, 0.0)
    spent = dict.fromkeys(RUNNERS, float("inf"))
    with contextlib.ExitStack() as stack:
        backends = {runner: stack.enter_context(make_backend(runner, WORKERS)) for runner in RUNNERS}
        for runner in RUNNERS * ROUNDS:
            wall, processor = measured(units, backends[runner])
            rates[runner] = max(rates[runner], number / wall)
            spent[runner] = min(spent[runner], processor / number)
    for runner in RUNNERS:
        free = 1.0 if runner == "local" else WORKERS * spent["local"] / spent[runner]
        yield (
            runner,
            f"{rates[runner]:.1f}",
            f"{rates[runner] / rates['local']:.2f} x",
            f"{1e3 * spent[runner]:.1f}",
            f"{free:.2f} x",
        )


def measured(units: list[Unit], backend: Backend) -> tuple[float, float]:
    """Wall seconds of a sweep, and processor seconds of those who ran its searches."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        while backend.free() < backend.slots:
            backend.wait(0.1)
        before = processor_seconds(backend)
        with Journal.open(Path(folder), header("sweep", "sweep", 0)) as journal:
            start = time.perf_counter()
            result = run_sweep(units, backend=backend, journal=journal)
            wall = time.perf_counter() - start
        assert len(result.summaries) == len(units)
        return wall, processor_seconds(backend) - before


def processor_seconds(backend: Backend) -> float:
    """Processor seconds so far of all workers, each asked once."""
    seen: dict[int, float] = {}
    number = 10**9
    while len(seen) < backend.slots:
        while backend.free():
            number += 1
            backend.submit(Task(number, worker_seconds))
        for outcome in backend.wait(5.0):
            pid, seconds = outcome.result
            seen[pid] = seconds
    while any(backend.wait(0.2)):
        pass
    return sum(seen.values())


def worker_seconds() -> tuple[int, float]:
    """This process and its processor seconds; a moment's rest lets every worker have its turn."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    time.sleep(0.05)
    return os.getpid(), used.ru_utime + used.ru_stime
