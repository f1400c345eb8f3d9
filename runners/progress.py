"""Progress of a job: best so far, rate and time left. The base class says nothing; `Bar` draws on stderr."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Display

from search.history import History


def found(history: History) -> str:
    """The best value so far, or how many trials are on the front of several objectives."""
    if history.best is not None:
        return f"best {history.best.value:.6g}"
    return f"front of {len(history.front)}" if history.front else "no value yet"


class Progress:
    """Silence; the interface of those who want to watch a job."""

    def of_search(self, name: str, history: History) -> None:
        """A search that runs trial by trial has changed."""

    def of_sweep(self, total: int, finished: int, failed: int) -> None:
        """A sweep of whole searches has changed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Bar(Progress):
    """A bar on stderr; drawn in place on a terminal, silent where stderr is a file.

    Args:
        evaluations: how many trials each search will have, by name.
    """

    def __init__(self, evaluations: dict[str, int]) -> None:
        self._evaluations = evaluations
        self._display = Display(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[note]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._display.add_task("starting", total=1, note="")
        self._began: dict[str, tuple[float, int]] = {}

    def of_search(self, name: str, history: History) -> None:
        """Show the best value so far and the trials per second of this run."""
        (_, failures), ended, now = history.own_counts, history.own_ended, time.monotonic()
        start, before = self._began.setdefault(name, (now, ended))
        rate = (ended - before) / (now - start) if now > start else 0.0
        best = found(history)
        failed = f", {failures} failed" if failures else ""
        pruned, partial = history.cut
        failed += f", {pruned} pruned" if pruned else ""
        failed += f", cost {history.cost:.3g}" if partial else ""
        note = f"{best}, {rate:.3g}/s{failed}"
        total = self._evaluations[name]
        self._display.update(self._task, description=name, total=total, completed=ended, note=note)

    def of_sweep(self, total: int, finished: int, failed: int) -> None:
        """Show how many searches have returned."""
        note = f"searches, {failed} failed" if failed else "searches"
        self._display.update(self._task, description="sweep", total=total, completed=finished, note=note)

    def __enter__(self) -> Self:
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()
