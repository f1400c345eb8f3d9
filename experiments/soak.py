"""A long search of trivial trials on Ray: `python -m experiments.soak [--trials 100000] [--walltime TIME]`.

Nothing may grow that is not the search's own record: the driver keeps its trials (some kilobytes each, with
what the engine makes of them) and the journal its lines; the object store (shared memory that the raylet
has touched), the raylet and the control store stay as they are.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runners.documents.document import Section, Table
from runners.documents.rendering import to_markdown
from runners.jobs.job import parse_batch
from runners.single import run_job
from runners.walltime import Walltime
from search.history import History

JOB = """
evaluations: {trials}
engine: random
parallel: auto
space: {{parameters: {{x: {{type: float, lower: 0, upper: 1}}}}}}
objective: {{kind: python, target: "experiments.soak:evaluate"}}
"""
POINTS = 10
"""Rows of the table."""


def evaluate(config: Mapping[str, Any]) -> float:
    """Costs nothing."""
    return float(config["x"])


def megabytes(pid: int | str = "self", field: str = "VmRSS") -> float:
    """Resident memory of a process, or a part of it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def session_megabytes(program: str, session: str, field: str = "VmRSS") -> float:
    """Resident memory of the processes of a Ray session that run a program."""
    total = 0.0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_text()
            if session in words and Path(words.split("\0")[0]).name == program:
                total += megabytes(entry.name, field)
        except OSError:
            continue
    return total


class Meter:
    """Takes a row whenever another tenth of the trials has ended."""

    def __init__(self, trials: int) -> None:
        self.rows: list[tuple[str, ...]] = []
        self._step = trials // POINTS
        self._start = time.monotonic()

    def look(self, history: History) -> None:
        """Called after every outcome."""
        if sum(history.counts) < len(self.rows) * self._step:
            return
        import ray

        node: Any = ray._private.worker._global_node
        session = str(node.session_name)
        row = (
            str(sum(history.counts)),
            f"{time.monotonic() - self._start:.0f}",
            f"{megabytes():.0f}",
            f"{session_megabytes('raylet', session, 'RssShmem'):.1f}",
            f"{session_megabytes('raylet', session, 'RssAnon'):.0f}",
            f"{session_megabytes('gcs_server', session):.0f}",
        )
        self.rows.append(row)
        print(*row, file=sys.stderr, flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--walltime", type=float)
    given = parser.parse_args()
    from runners.backends.ray_backend import RayBackend

    job = parse_batch(JOB.format(trials=given.trials), "soak", Path()).jobs[0]
    meter = Meter(given.trials)
    with tempfile.TemporaryDirectory() as folder, RayBackend(2) as backend:
        while backend.free() < 2:
            backend.wait(1.0)
        run_job(job, Path(folder), backend, meter.look, Walltime(given.walltime))
        size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 2**20
    columns = (
        "trials",
        "seconds",
        "driver MB",
        "object store MB",
        "raylet MB",
        "control store MB",
    )
    print(to_markdown([Section("Memory", (f"Journal: {size:.0f} MB.",), Table.of(columns, meter.rows))]))


if __name__ == "__main__":
    main()
