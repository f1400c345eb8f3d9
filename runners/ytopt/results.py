"""ytopt's own two result files, column by column, so that scripts made for them go on working.

results.csv has a row for each evaluation that ended, in the order they were asked: the point, `objective`,
`elapsed_sec` (from the start of the search to its end). results.json maps each point, as JSON text, to its
objective. A failure holds the largest float. Both are written as ytopt writes them, to the byte.
"""

import csv
import io
import json
import time
from collections.abc import Sequence
from pathlib import Path
from sys import float_info
from types import TracebackType
from typing import Self

from runners.progress import Progress
from runners.whole_files import write_whole
from runners.ytopt.points import Points
from search.history import History
from search.trial import Trial

CSV, JSON = "results.csv", "results.json"

SECONDS = 2.0
"""Between two writes while a search runs: ytopt's own rhythm."""


def as_csv(trials: Sequence[Trial], points: Points) -> str:
    """The text of results.csv for ended trials."""
    start = min((trial.started for trial in trials if trial.started is not None), default=0.0)
    out = io.StringIO()
    writer = csv.DictWriter(out, [*points.order, "objective", "elapsed_sec"])
    writer.writeheader()
    for trial in trials:
        elapsed = (trial.ended or start) - start
        row = points.of(trial.config)
        writer.writerow({**row, "objective": _objective(trial), "elapsed_sec": elapsed})
    return out.getvalue()


def as_json(trials: Sequence[Trial], points: Points) -> str:
    """The text of results.json for ended trials."""
    named = {json.dumps(points.of(trial.config)): _objective(trial) for trial in trials}
    return json.dumps(named, indent=4, sort_keys=True)


def _objective(trial: Trial) -> float:
    return float_info.max if trial.value is None else trial.value


class Results(Progress):
    """Keeps the two files up to date while a search runs: in the job's folder, and where ytopt has them.

    Args:
        points: of the problem.
        folder: the job's.
        beside: where ytopt writes: the current folder. A file that another search left there stays as it is.
        shown: whom else to tell of progress.
    """

    def __init__(self, points: Points, folder: Path, beside: Path, shown: Progress) -> None:
        self._points, self._folder, self._beside, self._shown = points, folder, beside, shown
        self._history: History | None = None
        self._next = 0.0
        self.in_the_way = [name for name in (CSV, JSON) if not self._is_ours(name)]
        """Files beside that are not this search's."""

    def of_search(self, name: str, history: History) -> None:
        """Write at most every `SECONDS`."""
        self._shown.of_search(name, history)
        self._history = history
        if time.monotonic() >= self._next:
            self._write()
            self._next = time.monotonic() + SECONDS

    def __enter__(self) -> Self:
        self._shown.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write()
        self._shown.__exit__(kind, error, trace)

    def _is_ours(self, name: str) -> bool:
        """Whether a file beside may be replaced: there is none, or an earlier run of this search wrote it."""
        kept, beside = self._folder / name, self._beside / name
        return not beside.exists() or (kept.exists() and kept.read_bytes() == beside.read_bytes())

    def _write(self) -> None:
        """Write both files, if anything has ended."""
        trials = [] if self._history is None else self._history.ended
        trials.sort(key=lambda trial: trial.number)
        if not trials:
            return
        for name, text in ((CSV, as_csv(trials, self._points)), (JSON, as_json(trials, self._points))):
            write_whole(self._folder / name, text)
            if name not in self.in_the_way:
                write_whole(self._beside / name, text)
