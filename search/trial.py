"""A trial and the events that make its life: the values everything in `search` passes around."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from spaces.configs import Config


class TrialState(StrEnum):
    """Where a trial stands. FAILED is a state with a reason, never a number."""

    ASKED = "asked"
    DONE = "done"
    FAILED = "failed"
    PRUNED = "pruned"
    """Stopped before its end, because it would not have been the best."""
    PARTIAL = "partial"
    """Has a value, but of something cheaper than what the search is about: fewer tokens, a smaller model."""


@dataclass(frozen=True)
class Suggestion:
    """A configuration an engine wants evaluated."""

    number: int
    """Counts from 0 within one search."""
    config: Config


@dataclass(frozen=True)
class Trial:
    """A suggestion and what became of it. Times are seconds since the epoch, taken on the worker."""

    number: int
    """Counts from 0 within one search; below 0 where the outcome was known before it."""
    config: Config
    state: TrialState = TrialState.ASKED
    value: float | None = None
    """What is minimised; a finite number exactly when the state is DONE and there is one objective."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    reason: str | None = None
    """Why it failed, or was pruned."""
    estimate: float | None = None
    """What its value would have been where it is PRUNED, what it was where it is PARTIAL; else `None`."""
    started: float | None = None
    ended: float | None = None
    worker: str | None = None
    """Who ran it; until then, who asked for it, if a name was given."""
    values: tuple[float, ...] | None = None
    """What is minimised, in place of `value`, where there are several objectives."""
    source: str | None = None
    """Where a configuration comes from that no engine proposed."""
    cost: float | None = None
    """Beside a whole evaluation, where it is a cheaper one."""

    @property
    def begun(self) -> "Given | Asked":
        """The event that began it."""
        if self.given:
            return Given(self.number, self.config, self.source or "")
        return Asked(self.number, self.config, self.worker, self.cost)

    @property
    def given(self) -> bool:
        """Whether its outcome was known before the search: it is learned from, and no evaluation of it."""
        return self.number < 0

    @property
    def lesson(self) -> float | tuple[float, ...] | None:
        """What a model learns from it: its value or values, or the estimate of one that was pruned."""
        if self.state is TrialState.PRUNED:
            return self.estimate
        return self.value if self.values is None else self.values


@dataclass(frozen=True)
class Given:
    """Event: a configuration from elsewhere, such as an earlier search.

    If its outcome is known, that follows at once; otherwise it is asked before anything an engine proposes.
    """

    number: int
    """Counts down from -1."""
    config: Config
    source: str


@dataclass(frozen=True)
class Asked:
    """Event: an engine proposed this configuration; written before it is submitted."""

    number: int
    config: Config
    worker: str | None = None
    """The name under which it was asked for; asking again under it gives the same trial until it ends."""
    cost: float | None = None
    """Beside a whole evaluation, where it is a cheaper one."""


@dataclass(frozen=True)
class Done:
    """Event: a trial has a value, or several; written before it is told to the engine."""

    number: int
    value: float | None = None
    """What is minimised; `None` where there are several objectives."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    started: float | None = None
    ended: float | None = None
    worker: str | None = None
    values: tuple[float, ...] | None = None
    """What is minimised, in place of `value`, where there are several objectives."""

    def __post_init__(self) -> None:
        if self.values is not None:  # JSON has no tuples
            object.__setattr__(self, "values", tuple(self.values))

    @property
    def numbers(self) -> tuple[float, ...]:
        """All that is minimised: the value alone, or the values of several objectives."""
        if (self.value is None) == (self.values is None):
            raise ValueError(f"trial {self.number} is done with {self.value}, {self.values}: not one of them")
        return (self.value,) if self.value is not None else self.values or ()


@dataclass(frozen=True)
class Failed:
    """Event: a trial ended without a value."""

    number: int
    reason: str
    started: float | None = None
    ended: float | None = None
    worker: str | None = None


@dataclass(frozen=True)
class Pruned:
    """Event: a trial was stopped before its end."""

    number: int
    reason: str
    step: float
    """How far it had come."""
    value: float
    """The last it reported."""
    estimate: float
    """What its value would have been: what a model learns from it."""
    started: float | None = None
    ended: float | None = None
    worker: str | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """Event: a running trial has come to a step, and this is its value there.

    A report takes the place of all that are not before it: so it is when a trial is run again, or goes on
    from a checkpoint.
    """

    number: int
    step: float
    """Steps, tokens or whatever the objective counts; at least 0."""
    value: float
    """Of what is minimised."""
    at: float | None = None
    """Seconds since the epoch, from the worker."""


Ending = Done | Failed | Pruned
"""The events that end a trial."""

Event = Given | Asked | Reported | Ending
