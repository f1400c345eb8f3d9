"""What it costs to journal one trial, beside the disk's own time: two records, asked and done."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from experiments.benchmarks.measure import median
from runners import journal as journal_module
from runners.documents.document import Section, Table
from runners.journal import Journal
from runners.records import Header
from search.trial import Asked, Done
from spaces.configs import Config

TRIALS = 500
CONFIG: Config = {f"x{number}": 0.1 * number for number in range(20)}
METRICS = {"loss": 2.5, "flops": 1e21, "seconds": 12.5}


def sections() -> list[Section]:
    """The table of this benchmark."""
    return [Section("Journalling one trial", (), Table.of(("what", "median", "99th percentile"), rows()))]


def rows() -> Iterator[tuple[str, str, str]]:
    """The whole of it, the part that is the sync of the disk, and the rest."""
    whole, synced = measured()
    rest = [all_of_it - disk for all_of_it, disk in zip(whole, synced, strict=True)]
    for name, seconds in (("a trial, journalled", whole), ("of that the disk", synced), ("the rest", rest)):
        yield name, f"{1e3 * median(seconds):.3f} ms", f"{1e3 * sorted(seconds)[-TRIALS // 100]:.3f} ms"


def measured() -> tuple[list[float], list[float]]:
    """Seconds for each trial: journalling it in two synced writes, and what of that the syncs took."""
    whole, synced, spent = [], [], [0.0]
    with (
        tempfile.TemporaryDirectory(dir=".") as folder,
        timed_sync(spent),
        Journal.open(Path(folder), Header("cost", "0", 0)) as journal,
    ):
        for number in range(TRIALS):
            spent[0], start = 0.0, time.perf_counter()
            journal.append(Asked(number, CONFIG))
            journal.append(Done(number, 2.5, METRICS, time.time(), time.time(), "host:12345"))
            whole.append(time.perf_counter() - start)
            synced.append(spent[0])
    return whole, synced


@contextlib.contextmanager
def timed_sync(spent: list[float]) -> Iterator[None]:
    """A block in which the journal's syncs add their seconds to a list's first item."""
    sync = journal_module._sync

    def timed(descriptor: int) -> None:
        start = time.perf_counter()
        sync(descriptor)
        spent[0] += time.perf_counter() - start

    journal_module._sync = timed
    try:
        yield
    finally:
        journal_module._sync = sync
