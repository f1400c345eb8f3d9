"""What becomes of a search whose evaluations misbehave: `python -m experiments.fault_table [RUNNER ...]`.

One search for each fault: half of its trials do what the fault says, the others return a number. Every search
must end with all of its trials decided, the bad ones FAILED for a reason that names the fault.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from objectives.objective import StopSearch, TemporaryFailure
from runners.api import make_backend
from runners.backend import Backend
from runners.documents.document import Section, Table
from runners.documents.rendering import to_markdown
from runners.jobs.job import parse_batch
from runners.journal import read
from runners.records import Note, Retried
from runners.single import run_job

EVALUATIONS = 8
JOB = """
evaluations: {evaluations}
engine: sobol
parallel: 2
timeout: 3
memory: 300MB
space:
  parameters:
    fault: {{type: constant, value: {fault}}}
    x: {{type: float, lower: 0, upper: 1}}
objective: {{kind: python, target: "experiments.fault_table:evaluate"}}
"""


def raises() -> None:
    """An exception."""
    raise ValueError("the loss diverged")


def exits() -> None:
    """Python's own exit."""
    sys.exit(3)


def leaves() -> None:
    """An exit that no handler sees."""
    os._exit(7)


def is_killed() -> None:
    """What an out-of-memory killer does."""
    os.kill(os.getpid(), signal.SIGKILL)


def segfaults() -> None:
    """A defect in a library."""
    os.kill(os.getpid(), signal.SIGSEGV)


def hangs() -> None:
    """Deaf to every signal that can be ignored, with a child of its own."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    subprocess.run(["sleep", "600"], check=True)


def is_nan() -> float:
    """Not a number."""
    return float("nan")


def is_garbage() -> Any:
    """Something that is no number, and does not pickle."""
    return {"value": lambda: 1}


def prints() -> None:
    """Megabytes of output, and then a failure."""
    for _ in range(5000):
        sys.stdout.write("x" * 1023 + "\n")
    raise ValueError("after 5 MB")


def eats_memory() -> None:
    """More than it may."""
    block = bytearray(500_000_000)
    block[::4096] = b"x" * len(block[::4096])


def is_temporary() -> None:
    """Asks for another try, each time."""
    raise TemporaryFailure("the licence server is busy")


def stops() -> None:
    """Says that no trial can succeed."""
    raise StopSearch("the data set is not there")


FAULTS: Mapping[str, Callable[[], Any]] = {
    "raises": raises,
    "sys.exit": exits,
    "os._exit": leaves,
    "SIGKILL": is_killed,
    "SIGSEGV": segfaults,
    "hangs": hangs,
    "NaN": is_nan,
    "garbage": is_garbage,
    "prints 5 MB": prints,
    "eats memory": eats_memory,
    "temporary": is_temporary,
    "stop": stops,
}


def evaluate(config: Mapping[str, Any]) -> Any:
    """The objective of every search here."""
    if config["x"] < 0.5 and (result := FAULTS[config["fault"]]()) is not None:
        return result
    return {"value": float(config["x"])}


@dataclass(frozen=True)
class Row:
    """What became of one search."""

    runner: str
    fault: str
    done: int
    failed: int
    retried: int
    reason: str
    """The commonest of the failed trials."""
    note: str
    """Why the search ended early."""
    seconds: float


def rows(runner: str, backend: Backend, evaluations: int = EVALUATIONS) -> Iterator[Row]:
    """One search for each fault, all on the same backend: no fault may harm the next search.

    Args:
        runner: its name, for the table.
        backend: of two slots.
        evaluations: of each search; a power of 2, so that exactly half of them go wrong.
    """
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            text = JOB.format(fault=fault, evaluations=evaluations)
            job = parse_batch(text, "fault", Path()).jobs[0]
            history = run_job(job, Path(folder), backend)
            seconds = time.monotonic() - start
            records = read(Path(folder)).records
            reasons = Counter(str(trial.reason) for trial in history.failed).most_common(1)
            notes = [record.text for record in records if isinstance(record, Note)]
            yield Row(
                runner,
                fault,
                *history.counts,
                sum(isinstance(record, Retried) for record in records),
                reasons[0][0] if reasons else "",
                " ".join(notes),
                seconds,
            )


def main(runners: list[str]) -> None:
    """Print the table."""
    found: list[Row] = []
    for runner in runners or ["process", "ray"]:
        with make_backend(runner, 2) as backend:
            found += rows(runner, backend)
    columns = ("runner", "fault", "done", "failed", "retried", "reason", "ended early", "seconds")
    cells = [(*list(vars(row).values())[:-1], f"{row.seconds:.1f}") for row in found]
    print(to_markdown([Section(f"{EVALUATIONS} trials each", (), Table.of(columns, cells))]))


if __name__ == "__main__":
    main(sys.argv[1:])
