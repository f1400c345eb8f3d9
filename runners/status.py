"""How a job stands, from its journals: also of one that another process is running just now.

Utilisation is the share of the workers' time spent on trials, where there are as many workers as trials ever
ran at the same time. A trial that runs has no times yet; it began about when its neighbours did, for trials
begin in the order of their numbers.
"""

import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from runners.following import Follower
from runners.jobs.job_file import JobFile, SearchSpec, read_job_file
from runners.jobs.job_folder import described
from runners.journal import LOCK
from runners.lock import holder
from runners.sweep import FOLDER
from search.history import History
from search.trial import Trial, TrialState

RECENT = 200
"""Outcomes that the rate is taken from."""

Span = tuple[float, float]
"""Begin and end in seconds since the epoch."""


class State(StrEnum):
    """Where a search or a job stands."""

    WAITING = "waiting"
    """Nothing has begun."""
    RUNNING = "running"
    STOPPED = "stopped"
    """Cut off, or ended before its last evaluation; it can be resumed."""
    FAILED = "failed"
    """Its search ended with an error."""
    FINISHED = "finished"


@dataclass(frozen=True)
class SearchStatus:
    """How one search stands."""

    name: str
    state: State
    evaluations: int
    done: int
    failed: int
    pruned: int
    """Stopped before their end, as they would not have been the best."""
    partial: int
    """With a value of something cheaper."""
    running: int
    best: Trial | None
    reason: str | None
    front: int = 0
    """Trials on the front, where there are several objectives."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        best = None
        if self.best is not None:
            best = {"number": self.best.number, "value": self.best.value, "config": dict(self.best.config)}
        return {
            "name": self.name,
            "state": self.state.value,
            "evaluations": self.evaluations,
            "done": self.done,
            "failed": self.failed,
            "pruned": self.pruned,
            "partial": self.partial,
            "running": self.running,
            "best": best,
            "front": self.front,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class JobStatus:
    """How a job stands."""

    name: str
    state: State
    owner: str | None
    """The process that runs it."""
    searches: tuple[SearchStatus, ...]
    rate: float | None
    """Trials ended per second, of late."""
    utilisation: float | None
    workers: int
    """Trials, or whole searches where those are the tasks, that ran at the same time at most."""
    seconds_left: float | None
    """At that rate; `None` where the job does not run."""

    @property
    def evaluations(self) -> int:
        """Trials of all searches together, run or not."""
        return sum(search.evaluations for search in self.searches)

    @property
    def ended(self) -> int:
        """Trials with an outcome."""
        return sum(each.done + each.failed + each.pruned + each.partial for each in self.searches)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "name": self.name,
            "state": self.state.value,
            "owner": self.owner,
            "evaluations": self.evaluations,
            "done": sum(search.done for search in self.searches),
            "failed": sum(search.failed for search in self.searches),
            "pruned": sum(search.pruned for search in self.searches),
            "partial": sum(search.partial for search in self.searches),
            "running": sum(search.running for search in self.searches),
            "rate": self.rate,
            "utilisation": self.utilisation,
            "workers": self.workers,
            "seconds_left": self.seconds_left,
            "searches": [search.to_dict() for search in self.searches],
        }


class Watcher:
    """Tells how the job of a folder stands, again and again; each time only what is new is read.

    Raises:
        BadInput: the folder holds no job.
    """

    def __init__(self, folder: Path) -> None:
        text, name, _ = described(folder)
        self._job: JobFile = read_job_file(text, name)
        self._folder = folder
        self._sweep = Follower(folder)
        self._searches = {spec.name: Follower(folder / FOLDER / spec.name) for spec in self._job.searches}

    def look(self) -> JobStatus:
        """How the job stands now.

        Raises:
            BadInput: a journal is damaged.
        """
        self._sweep.read()
        for follower in self._searches.values():
            follower.read()
        owner = self._owner(self._folder)
        searches = [self._search(spec, owner) for spec in self._job.searches]
        state = _together([search.state for search in searches], owner is not None)
        return self._summed(state, owner or next(filter(None, map(self._own, searches)), None), searches)

    def _summed(self, state: State, owner: str | None, searches: Sequence[SearchStatus]) -> JobStatus:
        histories = [follower.history for follower in self._searches.values()]
        now = time.time() if state is State.RUNNING else None
        rate = _rate([trial.ended for history in histories for trial in history.ended[-RECENT:]], now)
        left = sum(search.evaluations for search in searches) - sum(each.own_ended for each in histories)
        spans = _spans_of_ends(self._sweep) or [span for each in histories for span in _spans(each)]
        utilisation, workers = _utilisation(spans)
        return JobStatus(
            self._job.name,
            state,
            owner,
            tuple(searches),
            rate,
            utilisation,
            workers,
            left / rate if rate and now is not None else None,
        )

    def _search(self, spec: SearchSpec, sweeper: str | None) -> SearchStatus:
        follower, end = self._searches[spec.name], self._sweep.ends.get(spec.name)
        history = follower.history
        (done, failed), ended = history.own_counts, history.own_ended
        enough = ended >= spec.evaluations or (follower.stopped and not history.pending)
        if enough or (end is not None and end.summary is not None):
            state = State.FINISHED
        elif self._owner(self._folder / FOLDER / spec.name) or (sweeper and follower.begun and end is None):
            state = State.RUNNING
        elif end is not None:
            state = State.FAILED
        else:
            state = State.STOPPED if follower.begun else State.WAITING
        reason = None if end is None else end.reason
        counts = (spec.evaluations, done, failed, *history.cut, len(history.pending))
        front = len(history.front) if history.best is None else 0
        return SearchStatus(spec.name, state, *counts, history.best, reason or _last(follower), front)

    def _own(self, search: SearchStatus) -> str | None:
        """The process that runs one search by itself."""
        return self._owner(self._folder / FOLDER / search.name) if search.state is State.RUNNING else None

    @staticmethod
    def _owner(folder: Path) -> str | None:
        owner = holder(folder / LOCK)
        return None if owner is None else str(owner)


def _last(follower: Follower) -> str | None:
    return follower.notes[-1] if follower.notes else None


def _together(states: Sequence[State], swept: bool) -> State:
    """The state of a job from those of its searches."""
    if swept or State.RUNNING in states:
        return State.RUNNING
    if all(state in (State.FINISHED, State.FAILED) for state in states):
        return State.FINISHED if State.FINISHED in states else State.FAILED
    return State.WAITING if set(states) == {State.WAITING} else State.STOPPED


def _rate(ends: Iterable[float | None], now: float | None) -> float | None:
    """Ends per second among the most recent of them, up to now where more are to come."""
    times = sorted(end for end in ends if end is not None)[-RECENT:]
    if len(times) < 2:
        return None
    window = max(times[-1], now or 0.0) - times[0]
    return (len(times) - 1) / window if window > 0 else None


def _spans(history: History) -> list[Span]:
    """When trials ran, in order of their numbers; those running are taken to the last end of any."""
    last = max((trial.ended for trial in history.ended if trial.ended is not None), default=0.0)
    spans, latest = [], 0.0
    for trial in history.trials:
        if trial.started is not None and trial.ended is not None:
            latest = max(latest, trial.started)
            spans.append((trial.started, trial.ended))
        elif latest and trial.state is TrialState.ASKED:
            spans.append((latest, last))
    return spans


def _spans_of_ends(sweep: Follower) -> list[Span]:
    """When whole searches ran, where they are the tasks."""
    ends = sweep.ends.values()
    return [(end.started, end.ended) for end in ends if end.started is not None and end.ended is not None]


def _utilisation(spans: Sequence[Span]) -> tuple[float | None, int]:
    """Share of the time spent on tasks, and most tasks at a time."""
    if not spans:
        return None, 0
    changes = sorted([(end, -1) for _, end in spans] + [(begin, 1) for begin, _ in spans])
    workers = max(itertools.accumulate(change for _, change in changes))
    window = max(end for _, end in spans) - min(begin for begin, _ in spans)
    busy = sum(end - begin for begin, end in spans)
    return (busy / (workers * window) if window > 0 and workers else None), workers
