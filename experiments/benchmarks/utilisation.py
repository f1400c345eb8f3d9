"""Utilisation and regret against wall time, from 1 to 10,000 simulated workers.

`python -m experiments.benchmarks utilisation` takes about five minutes of one core for ten virtual minutes of
each. The bar: 97 % of the workers' time spent on trials of one minute with 10,000 workers.
"""

from collections.abc import Iterator

from experiments.benchmarks.problems import hartmann
from experiments.benchmarks.simulation import simulate
from runners.backends.simulated import Workload
from runners.documents.document import Section, Table

WORKERS = (1, 10, 100, 1_000, 10_000)
EACH = 10
"""Evaluations per worker, so that all searches take about as long."""
WORKLOAD = Workload(seconds=60.0, variation=0.5, crashes=0.005, losses=0.005)
MARKS = (2, 4, 6, 8, 10)
"""Virtual minutes at which regret is told."""


def sections() -> list[Section]:
    """The table of this benchmark."""
    text = (
        f"Hartmann-6, engine native, simulated workers: evaluations of {WORKLOAD.seconds:g} s, log-normal, "
        f"standard deviation over mean {WORKLOAD.variation:g}; {WORKLOAD.crashes:.1%} of them crash and "
        f"{WORKLOAD.losses:.1%} lose their machine. Utilisation is up to the beginning of the last trial. "
        "Driver: its processor time and its waits for the disk.",
    )
    columns = ("workers", "evaluations", "utilisation", "driver per trial", "driver busy")
    marks = (f"regret after {mark} min" for mark in MARKS)
    return [Section("Utilisation", text, Table.of((*columns, *marks), rows()))]


def rows() -> Iterator[tuple[str, ...]]:
    """One row per number of workers."""
    for workers in WORKERS:
        found = simulate(hartmann(), workers, EACH * workers, WORKLOAD)
        yield (
            f"{workers:,}",
            f"{EACH * workers:,}",
            f"{found.utilisation:.2%}",
            f"{1e3 * found.driver / len(found.history):.2f} ms",
            f"{found.driver / found.window:.1%}",
            *(f"{found.regret_at(60.0 * mark):.1e}" for mark in MARKS),
        )
