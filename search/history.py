"""The history of a search: a fold of its events, in order of arrival."""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter, le

from search.trial import Asked, Done, Ending, Event, Failed, Given, Pruned, Reported, Trial, TrialState


@dataclass(frozen=True)
class Moment:
    """A point in the course of a search: how many trials had been asked by then, and how many had ended."""

    asked: int
    ended: int

    @property
    def pending(self) -> int:
        """How many trials were pending."""
        return self.asked - self.ended


class History:
    """All trials of one search.

    `append` is the only way in, so a history read back from a journal equals the one that wrote it, wherever
    the journal was cut.

    Raises (from `append`):
        ValueError: an event that cannot follow the ones before it (a number asked twice, an outcome of a
            trial never asked or already ended, a value that is not finite, another number of values, a step
            below 0).
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._trials: dict[int, Trial] = {}
        self._planned: dict[int, Trial] = {}
        self._asked: list[int] = []
        self._pending: dict[int, None] = {}
        self._outcomes: list[Ending] = []
        self._reports: defaultdict[int, list[Reported]] = defaultdict(list)
        self._best: Trial | None = None
        self._front: dict[tuple[float, ...], Trial] = {}
        self._objectives: int | None = None
        self._falls: list[tuple[int, float]] = []
        """How many outcomes there were when the best value fell, and to what."""
        self._next_number, self._next_given = 0, -1
        self._failures = self._prunings = self._partials = 0
        self._cost = 0.0
        self._given_done = self._given_failed = 0
        for event in events:
            self.append(event)

    def append(self, event: Event) -> Trial:
        """Add one event and return the trial as it stands after it."""
        if isinstance(event, Given):
            return self._give(event)
        if isinstance(event, Reported):
            return self._report(event)
        trial = self._ask(event) if isinstance(event, Asked) else self._end(event)
        self._trials[event.number] = trial
        return trial

    def _give(self, event: Given) -> Trial:
        if event.number >= 0 or event.number in self._planned or event.number in self._trials:
            raise ValueError(f"{event.number} is not the number of a new given configuration")
        self._next_given = min(self._next_given, event.number - 1)
        return self._planned.setdefault(event.number, Trial(event.number, event.config, source=event.source))

    def _ask(self, event: Asked) -> Trial:
        if event.number in self._trials or event.number < 0:
            raise ValueError(f"trial {event.number} was asked already")
        self._asked.append(event.number)
        self._pending[event.number] = None
        self._cost += 1.0 if event.cost is None else event.cost
        self._next_number = max(self._next_number, event.number + 1)
        plan = next((plan for plan in self._planned.values() if plan.config == event.config), None)
        if plan is not None:
            del self._planned[plan.number]
        return Trial(
            event.number,
            event.config,
            worker=event.worker,
            source=None if plan is None else plan.source,
            cost=event.cost,
        )

    def _running(self, number: int) -> Trial:
        """A trial that has not ended."""
        trial = self._trials.get(number)
        if trial is None:
            raise ValueError(f"trial {number} was never asked")
        if trial.state is not TrialState.ASKED:
            raise ValueError(f"trial {number} has ended already: {trial.state}")
        return trial

    def _report(self, event: Reported) -> Trial:
        trial = self._running(event.number)
        if not (math.isfinite(event.value) and 0 <= event.step < math.inf):
            raise ValueError(f"trial {event.number} reports {event.value} at step {event.step}")
        reports = self._reports[event.number]
        del reports[bisect_left(reports, event.step, key=_step) :]
        reports.append(event)
        return trial

    def _end(self, event: Ending) -> Trial:
        if event.number in self._planned:  # an outcome known before the search
            self._trials[event.number] = self._planned.pop(event.number)
            self._asked.append(event.number)
            self._pending[event.number] = None
            self._given_failed += isinstance(event, Failed)
            self._given_done += isinstance(event, Done)
        asked = self._running(event.number)
        if isinstance(event, Done):
            self._check(event)
        if isinstance(event, Pruned) and not math.isfinite(event.estimate):
            raise ValueError(f"trial {event.number} is pruned with an estimate of {event.estimate}")
        self._outcomes.append(event)
        del self._pending[event.number]
        ended = replace(asked, started=event.started, ended=event.ended, worker=event.worker or asked.worker)
        if isinstance(event, Failed):
            self._failures += 1
            return replace(ended, state=TrialState.FAILED, reason=event.reason)
        if isinstance(event, Pruned):
            self._prunings += 1
            return replace(ended, state=TrialState.PRUNED, reason=event.reason, estimate=event.estimate)
        if asked.cost is not None:
            self._partials += 1
            metrics = dict(event.metrics)
            return replace(ended, state=TrialState.PARTIAL, estimate=event.value, metrics=metrics)
        trial = replace(
            ended,
            state=TrialState.DONE,
            value=event.value,
            values=event.values,
            metrics=dict(event.metrics),
        )
        self._rank(trial, event.numbers)
        return trial

    def _check(self, event: Done) -> None:
        numbers = event.numbers
        if not all(map(math.isfinite, numbers)):
            told = event.value if event.values is None else list(event.values)
            raise ValueError(f"trial {event.number} is done with {told}: not a number is a failure")
        if self._objectives not in (None, len(numbers)):
            raise ValueError(
                f"trial {event.number} is done with {len(numbers)} values, others with {self._objectives}"
            )
        self._objectives = len(numbers)

    def _rank(self, trial: Trial, numbers: tuple[float, ...]) -> None:
        """Put a done trial on the front, unless one there is nowhere greater."""
        if any(all(map(le, other, numbers)) for other in self._front):
            return
        beaten = [other for other in self._front if all(map(le, numbers, other))]
        for other in beaten:
            del self._front[other]
        self._front[numbers] = trial
        if trial.value is not None:
            self._best = trial
            self._falls.append((len(self._outcomes), trial.value))

    def __len__(self) -> int:
        return len(self._trials)

    def __getitem__(self, number: int) -> Trial:
        return self._trials[number]

    def __contains__(self, number: object) -> bool:
        return number in self._trials

    @property
    def asked(self) -> int:
        """How many trials this search asked for; those given are not among them."""
        return len(self._asked) - self._given_done - self._given_failed

    @property
    def planned(self) -> list[Trial]:
        """Configurations given without an outcome, in the order they are to be asked."""
        return [self._planned[number] for number in sorted(self._planned, reverse=True)]

    @property
    def given(self) -> list[Trial]:
        """Trials whose outcome was known before the search, in the order they were given."""
        return [trial for trial in self.ended if trial.given]

    def pending_of(self, worker: str) -> list[Trial]:
        """Pending trials that were asked for under this name, in order of their number."""
        return [trial for trial in self.pending if trial.worker == worker]

    @property
    def trials(self) -> list[Trial]:
        """Every trial, in order of its number."""
        return [self._trials[number] for number in sorted(self._trials)]

    @property
    def ended(self) -> list[Trial]:
        """Trials with an outcome, in order of arrival."""
        return [self._trials[event.number] for event in self._outcomes]

    @property
    def outcomes(self) -> Sequence[Ending]:
        """The events that ended trials, in order of arrival."""
        return self._outcomes

    @property
    def pending(self) -> list[Trial]:
        """Trials asked and not yet ended, in order of their number."""
        return [self._trials[number] for number in sorted(self._pending)]

    @property
    def counts(self) -> tuple[int, int]:
        """How many trials are done, and how many failed; those given are among them, no others that ended."""
        others = self._prunings + self._partials
        return len(self._outcomes) - self._failures - others, self._failures

    @property
    def own_counts(self) -> tuple[int, int]:
        """How many trials that this search asked for are done, and how many failed."""
        done, failed = self.counts
        return done - self._given_done, failed - self._given_failed

    @property
    def own_ended(self) -> int:
        """How many trials that this search asked for have ended, in whatever way."""
        return len(self._outcomes) - self._given_done - self._given_failed

    @property
    def done(self) -> list[Trial]:
        """Trials with a value, in order of arrival."""
        return [trial for trial in self.ended if trial.state is TrialState.DONE]

    @property
    def failed(self) -> list[Trial]:
        """Trials that failed, in order of arrival."""
        return [trial for trial in self.ended if trial.state is TrialState.FAILED]

    @property
    def pruned(self) -> list[Trial]:
        """Trials that were stopped before their end, in order of arrival."""
        return [trial for trial in self.ended if trial.state is TrialState.PRUNED]

    @property
    def partial(self) -> list[Trial]:
        """Trials with a value of something cheaper, in order of arrival."""
        return [trial for trial in self.ended if trial.state is TrialState.PARTIAL]

    @property
    def cut(self) -> tuple[int, int]:
        """How many trials were pruned, and how many are partial."""
        return self._prunings, self._partials

    @property
    def cost(self) -> float:
        """Of all trials asked for so far, in whole evaluations."""
        return self._cost

    def reports(self, number: int) -> Sequence[Reported]:
        """What a trial has reported, in order of its steps."""
        return self._reports.get(number, ())

    @property
    def best(self) -> Trial | None:
        """The done trial of least value; the first to arrive where several tie.

        `None` before the first, and where there are several objectives: they have a `front`.
        """
        return self._best

    @property
    def front(self) -> list[Trial]:
        """Done trials that no other dominates, in order of arrival; of equal ones the first."""
        return list(self._front.values())

    @property
    def seconds_run(self) -> float:
        """How long at least one trial of this search was running, by the times the trials carry."""
        total, latest = 0.0, -math.inf
        spans = [(t.started, t.ended) for t in self.ended if not t.given]
        for started, ended in sorted((a, b) for a, b in spans if a is not None and b is not None):
            total += max(0.0, ended - max(started, latest))
            latest = max(latest, ended)
        return total

    def best_after(self, outcomes: int) -> float | None:
        """The best value when so many outcomes had arrived; `None` where there was none."""
        place = bisect_right(self._falls, outcomes, key=itemgetter(0))
        return self._falls[place - 1][1] if place else None

    @property
    def next_number(self) -> int:
        """The number the next new suggestion gets."""
        return self._next_number

    @property
    def next_given(self) -> int:
        """The number the next given configuration gets."""
        return self._next_given

    @property
    def moment(self) -> Moment:
        """Now; `at` leads back here."""
        return Moment(len(self._asked), len(self._outcomes))

    def at(self, moment: Moment) -> "History":
        """The history as it stood at an earlier moment."""
        asked = [self._trials[number].begun for number in self._asked[: moment.asked]]
        return History([*asked, *self._outcomes[: moment.ended]])

    def asked_since(self, count: int) -> list[Trial]:
        """The trials asked after the first `count`, in the order they were asked."""
        return [self._trials[number] for number in self._asked[count:]]


def _step(report: Reported) -> float:
    return report.step
