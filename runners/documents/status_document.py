"""How a job stands, in words: a document for `status`, a line for `watch`."""

from runners.documents.document import Document, Section, Table
from runners.documents.quantities import duration
from runners.status import JobStatus, SearchStatus

MOST_ROWS = 40
"""Searches listed; those that run or failed first."""


def document(status: JobStatus) -> Document:
    """The document of a status."""
    first = [search for search in status.searches if search.state in ("running", "failed", "stopped")]
    others = [search for search in status.searches if search not in first]
    listed = [*first, *others][:MOST_ROWS]
    columns = ("search", "state", "done", "failed", "running", "of", "best", "last remark")
    table = Table.of(columns, [_row(search) for search in listed])
    text = [line(status)]
    if status.owner:
        text.append(f"Run by {status.owner}.")
    if len(listed) < len(status.searches):
        text.append(f"{len(listed)} of {len(status.searches)} searches are listed.")
    return [Section(f"{status.name}: {status.state}", tuple(text), table, level=1)]


def line(status: JobStatus) -> str:
    """One line: how far, how good, how fast."""
    failed = sum(search.failed for search in status.searches)
    pruned = sum(search.pruned for search in status.searches)
    partial = sum(search.partial for search in status.searches)
    running = sum(search.running for search in status.searches)
    parts = [f"{status.ended} of {status.evaluations} evaluations ended"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{pruned} pruned"] if pruned else []
    parts += [f"{partial} below the target"] if partial else []
    parts += [f"{running} {'running' if status.seconds_left is not None else 'cut off'}"] if running else []
    best = _best(status)
    if best is not None and best.best is not None:
        parts.append(f"best {best.best.value:.6g}" + (f" ({best.name})" if len(status.searches) > 1 else ""))
    if status.rate is not None:
        parts.append(f"{status.rate:.3g}/s")
    if status.utilisation is not None:
        parts.append(f"utilisation {status.utilisation:.0%} of {status.workers} workers")
    if status.seconds_left is not None:
        parts.append(f"{duration(status.seconds_left)} left")
    return ", ".join(parts) + "."


def _best(status: JobStatus) -> SearchStatus | None:
    """The search whose best value is least; searches of one job may minimise different things."""
    found = [search for search in status.searches if search.best is not None]
    return min(found, key=_value, default=None)


def _value(search: SearchStatus) -> float:
    assert search.best is not None
    assert search.best.value is not None
    return search.best.value


def _row(search: SearchStatus) -> tuple[object, ...]:
    best = f"front of {search.front}" if search.front else None
    best = best if search.best is None else f"{search.best.value:.6f}"
    counts = (search.done, search.failed, search.running, search.evaluations)
    return (search.name, search.state, *counts, best, search.reason)
