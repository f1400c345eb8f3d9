"""A trial and the three events that make its life: the values everything in `search` passes around."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from spaces.configs import Config


class TrialState(StrEnum):
    """Where a trial stands. FAILED is a state with a reason, never a number."""

    ASKED = "asked"
    DONE = "done"
    FAILED = "failed"


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
    config: Config
    state: TrialState = TrialState.ASKED
    value: float | None = None
    """What is minimised; a finite number exactly when the state is DONE."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    reason: str | None = None
    """Why it failed."""
    started: float | None = None
    ended: float | None = None
    worker: str | None = None


@dataclass(frozen=True)
class Asked:
    """Event: an engine proposed this configuration; written before it is submitted."""

    number: int
    config: Config


@dataclass(frozen=True)
class Done:
    """Event: a trial has a value; written before it is told to the engine."""

    number: int
    value: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    started: float | None = None
    ended: float | None = None
    worker: str | None = None


@dataclass(frozen=True)
class Failed:
    """Event: a trial ended without a value."""

    number: int
    reason: str
    started: float | None = None
    ended: float | None = None
    worker: str | None = None


Event = Asked | Done | Failed
