"""What a search found and how it went: a pure function of its history.

Utilisation is the time workers spent on trials over the time they were there for,

    utilisation = (sum of run times) / (workers x window),

where the window runs from the first start to the last end, and run times are those of trials that ended.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any

from search.history import History
from search.trial import Trial, TrialState
from spaces.errors import BadInput, Mistake


@dataclass(frozen=True)
class Improvement:
    """A trial that beat all before it; between two of them the best value is constant."""

    number: int
    """The trial's number."""
    outcomes: int
    """Outcomes that had arrived by then, failures and this one included; 0 for what was known before."""
    seconds: float | None
    """From the first start of any trial to the end of this one; `None` where it carries no times."""
    value: float


@dataclass(frozen=True)
class FailureGroup:
    """Trials that failed for the same reason."""

    reason: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Timing:
    """Where the time went, in seconds, over the trials that carry times."""

    window: float
    busy: float
    """Sum of the run times."""
    workers: int
    utilisation: float | None
    """`None` where the window has no length."""
    throughput: float | None
    """Ended trials per second; `None` where the window has no length."""
    shortest: float
    median: float
    mean: float
    longest: float


@dataclass(frozen=True)
class SearchReport:
    """The state of one search; defined from the first event on, and for no event at all."""

    done: int
    failed: int
    pending: int
    given: int
    """Trials whose outcome was known before the search; the counts above are without them."""
    top: tuple[Trial, ...]
    """Done trials of least value, best first; the earlier to arrive where values tie."""
    convergence: tuple[Improvement, ...]
    failures: tuple[FailureGroup, ...]
    """Most frequent reason first."""
    timing: Timing | None
    """`None` while no ended trial carries times."""

    @property
    def best(self) -> Trial | None:
        """The done trial of least value, `None` before the first."""
        return self.top[0] if self.top else None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: dictionaries, lists, strings, numbers, `None`."""
        best = self.best
        return {
            "done": self.done,
            "failed": self.failed,
            "pending": self.pending,
            "given": self.given,
            "best": None if best is None else trial_dict(best),
            "top": [trial_dict(trial) for trial in self.top],
            "convergence": [asdict(step) for step in self.convergence],
            "failures": [
                {"reason": group.reason, "count": len(group.numbers), "numbers": list(group.numbers)}
                for group in self.failures
            ],
            "timing": None if self.timing is None else asdict(self.timing),
        }


def outcomes(search: Mapping[str, Any]) -> int:
    """How many trials of a search had an outcome, from its report, which leaves out kinds it may not have."""
    return int(sum(search.get(kind, 0) for kind in ("done", "failed", "pruned", "partial")))


def report(history: History, *, workers: int | None = None, top: int = 10) -> SearchReport:
    """Describe a search.

    Args:
        history: finished or still running.
        workers: how many trials could run at the same time; by default as many as left their name in the
            history.
        top: how many of the best trials to list, at least one.

    Raises:
        BadInput: `workers` or `top` is below one.
    """
    counts = {"workers": workers, "top": top}
    mistakes = [
        Mistake(name, "a count of at least 1", str(count))
        for name, count in counts.items()
        if count is not None and count < 1
    ]
    if mistakes:
        raise BadInput(mistakes)
    done, failed = history.own_counts
    own_failures = [trial for trial in history.failed if not trial.given]
    return SearchReport(
        done=done,
        failed=failed,
        pending=len(history.pending),
        given=sum(history.counts) - done - failed,
        top=tuple(sorted(_with_value(history.done), key=_value)[:top]),
        convergence=tuple(_convergence(history.ended)),
        failures=_failures(own_failures),
        timing=_timing(history.ended, workers),
    )


def _with_value(trials: Iterable[Trial]) -> list[Trial]:
    """Those with one value, which all are unless there are several objectives (`search.front_report`)."""
    return [trial for trial in trials if trial.value is not None]


def _value(trial: Trial) -> float:
    """The value of a done trial."""
    assert trial.value is not None
    return trial.value


def _convergence(ended: Sequence[Trial]) -> Iterable[Improvement]:
    """The steps of the best value so far; `ended` is in order of arrival."""
    spans = [span for trial in ended if (span := _span(trial))]
    opening = min((start for start, _ in spans), default=0.0)
    best, outcomes = math.inf, 0
    for trial in ended:
        outcomes += not trial.given
        if trial.state is TrialState.DONE and trial.value is not None and trial.value < best:
            best = trial.value
            span = _span(trial)
            yield Improvement(trial.number, outcomes, span[1] - opening if span else None, best)


def _failures(failed: Iterable[Trial]) -> tuple[FailureGroup, ...]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for trial in failed:
        assert trial.reason is not None
        numbers[trial.reason].append(trial.number)
    ranked = sorted(numbers.items(), key=lambda item: -len(item[1]))
    return tuple(FailureGroup(reason, tuple(members)) for reason, members in ranked)


def _timing(ended: Iterable[Trial], workers: int | None) -> Timing | None:
    timed = [(trial, span) for trial in ended if (span := _span(trial))]
    if not timed:
        return None
    spans = [span for _, span in timed]
    durations = [end - start for start, end in spans]
    window = max(end for _, end in spans) - min(start for start, _ in spans)
    slots = workers or max(1, len({trial.worker for trial, _ in timed} - {None}))
    busy = sum(durations)
    return Timing(
        window=window,
        busy=busy,
        workers=slots,
        utilisation=busy / (slots * window) if window > 0 else None,
        throughput=len(spans) / window if window > 0 else None,
        shortest=min(durations),
        median=median(durations),
        mean=fmean(durations),
        longest=max(durations),
    )


def _span(trial: Trial) -> tuple[float, float] | None:
    """Start and end of a trial that carries both."""
    if trial.started is None or trial.ended is None:
        return None
    return trial.started, trial.ended


def trial_dict(trial: Trial) -> dict[str, Any]:
    """A trial as plain JSON values."""
    return {
        "number": trial.number,
        "config": dict(trial.config),
        "value": trial.value,
        "metrics": dict(trial.metrics),
        "started": trial.started,
        "ended": trial.ended,
        "worker": trial.worker,
        "source": trial.source,
    }
