"""Many whole searches as coarse tasks.

Each search runs in one worker, in its own folder with its own journal. The sweep's journal records which of
them have returned; a search that is half done, or done but not yet recorded, goes on from its own. Short
searches travel several to a task, so that a task outweighs the cost of sending it.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from runners.backend import Backend, Outcome, Status, Task
from runners.dispatch import Dispatch
from runners.interrupts import Interrupts
from runners.journal import Journal
from runners.records import Note, SearchEnd, encode
from runners.verdicts import Attempts, reason
from runners.walltime import Walltime
from runners.worker import describe, execute
from spaces.errors import BadInput, Mistake

FOLDER = "searches"
TASK_SECONDS = 0.3
"""How long a task should last at least: on Ray, 98 % of that is then spent on work."""
_MOST_PER_TASK = 100


@dataclass(frozen=True)
class Unit:
    """One search of a sweep.

    Attributes:
        name: of the search and its folder.
        call: picklable; `call(name, folder)` runs the search to its end, or goes on with it, and returns a
            small summary of JSON values.
        version: changes when a search that has returned must be called again, such as for more evaluations.
    """

    name: str
    call: Callable[[str, Path], Mapping[str, Any]]
    version: str | None = None


@dataclass
class SweepResult:
    """What became of each search, by name; one that was not reached is in neither."""

    summaries: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def add(self, end: SearchEnd) -> None:
        """Take in how a search ended; the last end counts."""
        self.summaries.pop(end.name, None)
        self.failures.pop(end.name, None)
        if end.summary is not None:
            self.summaries[end.name] = end.summary
        else:
            self.failures[end.name] = str(end.reason)


def run_sweep(
    units: Sequence[Unit],
    *,
    backend: Backend,
    journal: Journal,
    walltime: Walltime | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[SweepResult], None] = lambda result: None,
    place: str = FOLDER,
) -> SweepResult:
    """Run the searches of a sweep that have not returned yet; failed ones are tried again.

    Args:
        units: the searches; names must differ and be plain folder names.
        backend: where they run. It stays open, except after an interrupt.
        journal: of the sweep; the searches' folders are `PLACE/NAME` beside it.
        walltime: what is left of the run's time; no search begins that would not end within it.
        stop: when it returns true, no more searches begin; those running are awaited.
        progress: is told the result at the start and after every change.
        place: the folder of the searches' folders.

    Raises:
        BadInput: names that cannot be folders of their own.
        KeyboardInterrupt: on SIGINT or SIGTERM; every trial that was finished is on disk, and the workers
            are stopped.
    """
    _check_names(units)
    with Interrupts() as interrupts:
        sweep = _Sweep(units, backend, journal, interrupts, progress, walltime or Walltime(), place)
        progress(sweep.result)
        sweep.run(stop)
    return sweep.result


def _check_names(units: Sequence[Unit]) -> None:
    seen: set[str] = set()
    mistakes = []
    for unit in units:
        if unit.name in seen:
            mistakes.append(Mistake("searches", "names that differ", f"{unit.name!r} twice"))
        if Path(unit.name).name != unit.name or unit.name in ("", "..") or "\0" in unit.name:
            mistakes.append(Mistake("searches", "a name that can be a folder's", repr(unit.name)))
        seen.add(unit.name)
    if mistakes:
        raise BadInput(mistakes)


class _Sweep(Dispatch[list[Unit]]):
    """Searches as tasks of a backend."""

    def __init__(
        self,
        units: Sequence[Unit],
        backend: Backend,
        journal: Journal,
        interrupts: Interrupts,
        progress: Callable[[SweepResult], None],
        walltime: Walltime,
        place: str,
    ) -> None:
        super().__init__(backend, interrupts, walltime)
        self.result = SweepResult()
        self._place = journal.folder / place
        self._journal = journal
        self._progress = progress
        self._waiting = deque(self._without_returned(units))
        self._alone: deque[Unit] = deque()
        """Searches whose task died: each is tried again in a task of its own, to find the one at fault."""
        self._attempts: defaultdict[str, Attempts] = defaultdict(Attempts)
        self._seconds: deque[float] = deque(maxlen=20)
        """How long recent searches took."""

    def _without_returned(self, units: Sequence[Unit]) -> list[Unit]:
        """The searches still to be called; what the others returned joins the result."""
        wanted = {(unit.name, unit.version) for unit in units}
        ends = [record for record in self._journal.records if isinstance(record, SearchEnd)]
        for end in ends:
            if end.summary is not None and (end.name, end.version) in wanted:
                self.result.add(end)
        return [unit for unit in units if unit.name not in self.result.summaries]

    def _next(self, most: int) -> list[list[Unit]]:
        """As many searches as make one task long enough, while leaving every slot several tasks."""
        if self._alone:
            return [[self._alone.popleft()]]
        if not self._waiting:
            return []
        enough = 1 + int(TASK_SECONDS / max(median(self._seconds), 1e-6)) if self._seconds else 1
        share = len(self._waiting) // (4 * self._backend.slots)
        return [[self._waiting.popleft() for _ in range(max(1, min(enough, share, _MOST_PER_TASK)))]]

    def _task(self, work: list[Unit], number: int) -> Task:
        return Task(number, run_units, (work, self._place))

    def _take(self, ended: Sequence[tuple[list[Unit], Outcome]]) -> None:
        """Journal how searches ended; those whose task died may get another attempt."""
        ends: list[SearchEnd] = []
        for units, outcome in ended:
            if outcome.status is Status.OK:
                ends += outcome.result
                self._seconds.append(((outcome.ended or 0.0) - (outcome.started or 0.0)) / len(units))
            else:
                ends += self._given_up(units, outcome)
        if ends:
            self._journal.append(*ends)
            for end in ends:
                self.result.add(end)
            self._progress(self.result)

    def _given_up(self, units: Sequence[Unit], outcome: Outcome) -> list[SearchEnd]:
        """The ends of searches whose task died for good; the others are put aside for another attempt."""
        ends = []
        why = reason(outcome)
        for unit in units:
            if len(units) > 1 or self._attempts[unit.name].again(outcome.status):
                self._journal.append(Note(f"{unit.name}: {why}; tried again"))
                self._alone.append(unit)
            else:
                times = (outcome.started, outcome.ended, outcome.worker)
                ends.append(SearchEnd(unit.name, None, why, *times, unit.version))
        return ends


def run_units(units: Sequence[Unit], folder: Path) -> list[SearchEnd]:
    """What a worker runs: some searches, one after the other; one that fails does not stop the next."""
    return [_run_unit(unit, folder / unit.name) for unit in units]


def _run_unit(unit: Unit, folder: Path) -> SearchEnd:
    outcome = execute(Task(0, unit.call, (unit.name, folder)))
    times = (outcome.started, outcome.ended, outcome.worker, unit.version)
    if outcome.status is not Status.OK:
        return SearchEnd(unit.name, None, outcome.error, *times)
    try:
        end = SearchEnd(unit.name, dict(outcome.result), None, *times)
        encode(end)
    except (TypeError, ValueError) as error:
        return SearchEnd(unit.name, None, f"its summary is not JSON: {describe(error)}", *times)
    return end
