"""The history of a search: a fold of its events, in order of arrival."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import le

from search.trial import Asked, Done, Event, Failed, Trial, TrialState


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
            trial never asked or already ended, a value that is not finite, another number of values).
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._trials: dict[int, Trial] = {}
        self._asked: list[int] = []
        self._pending: dict[int, None] = {}
        self._outcomes: list[Done | Failed] = []
        self._best: Trial | None = None
        self._front: dict[tuple[float, ...], Trial] = {}
        self._objectives: int | None = None
        self._next_number = 0
        self._failures = 0
        for event in events:
            self.append(event)

    def append(self, event: Event) -> Trial:
        """Add one event and return the trial as it stands after it."""
        if isinstance(event, Asked):
            if event.number in self._trials:
                raise ValueError(f"trial {event.number} was asked already")
            trial = Trial(event.number, event.config)
            self._asked.append(event.number)
            self._pending[event.number] = None
            self._next_number = max(self._next_number, event.number + 1)
        else:
            trial = self._end(event)
        self._trials[event.number] = trial
        return trial

    def _end(self, event: Done | Failed) -> Trial:
        asked = self._trials.get(event.number)
        if asked is None:
            raise ValueError(f"trial {event.number} was never asked")
        if asked.state is not TrialState.ASKED:
            raise ValueError(f"trial {event.number} has ended already: {asked.state}")
        if isinstance(event, Done):
            self._check(event)
        self._outcomes.append(event)
        del self._pending[event.number]
        ended = replace(asked, started=event.started, ended=event.ended, worker=event.worker)
        if isinstance(event, Failed):
            self._failures += 1
            return replace(ended, state=TrialState.FAILED, reason=event.reason)
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

    def __len__(self) -> int:
        return len(self._trials)

    def __getitem__(self, number: int) -> Trial:
        return self._trials[number]

    def __contains__(self, number: object) -> bool:
        return number in self._trials

    @property
    def trials(self) -> list[Trial]:
        """Every trial, in order of its number."""
        return [self._trials[number] for number in sorted(self._trials)]

    @property
    def ended(self) -> list[Trial]:
        """Trials with an outcome, in order of arrival."""
        return [self._trials[event.number] for event in self._outcomes]

    @property
    def pending(self) -> list[Trial]:
        """Trials asked and not yet ended, in order of their number."""
        return [self._trials[number] for number in sorted(self._pending)]

    @property
    def counts(self) -> tuple[int, int]:
        """How many trials are done, and how many failed."""
        return len(self._outcomes) - self._failures, self._failures

    @property
    def done(self) -> list[Trial]:
        """Trials with a value, in order of arrival."""
        return [trial for trial in self.ended if trial.state is TrialState.DONE]

    @property
    def failed(self) -> list[Trial]:
        """Trials that failed, in order of arrival."""
        return [trial for trial in self.ended if trial.state is TrialState.FAILED]

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
    def next_number(self) -> int:
        """The number the next new suggestion gets."""
        return self._next_number

    @property
    def moment(self) -> Moment:
        """Now; `at` leads back here."""
        return Moment(len(self._asked), len(self._outcomes))

    def at(self, moment: Moment) -> "History":
        """The history as it stood at an earlier moment."""
        asked = [Asked(number, self._trials[number].config) for number in self._asked[: moment.asked]]
        return History([*asked, *self._outcomes[: moment.ended]])

    def asked_since(self, count: int) -> list[Trial]:
        """The trials asked after the first `count`, in the order they were asked."""
        return [self._trials[number] for number in self._asked[count:]]
