"""The fields of a job file that guide a search: what is known before it, and when it has done enough."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from runners.jobs.fields import Count, NotNegative, Number, Positive, Strict
from runners.jobs.run_spec import Seconds
from search.stopping import NoChange, StoppingRules

ASKED_FIRST = 5
"""Configurations of an earlier job that are asked first, where its values do not count."""


class NoChangeSpec(Strict):
    """An end without improvement."""

    evaluations: Count
    tolerance: NotNegative = 0.0


class StopSpec(Strict):
    """Rules, any one of which ends a search."""

    value: Number | None = None
    no_change: NoChangeSpec | None = None
    expected_improvement: Positive | None = None
    time: Seconds | None = None
    cost: Positive | None = None
    """Whole evaluations that all trials together cost."""

    def rules(self) -> StoppingRules:
        """The same as a value."""
        change = None if self.no_change is None else NoChange(**self.no_change.model_dump())
        return StoppingRules(self.value, change, self.expected_improvement, self.time, self.cost)


class PointSpec(Strict):
    """A configuration known to be good."""

    config: dict[str, Any]
    value: Number | None = None
    """What it is worth; without it, it is asked first."""


class EarlierJobSpec(Strict):
    """The trials of another job."""

    job: str
    """Its folder."""
    search: str | None = None
    """One of its searches; left out, all those of the same objective and budget."""
    values: bool = True
    """Whether its values are ours; if not, its best configurations are asked first."""
    best: Count | None = None
    """Its best trials that are used, of each search; if left out all, or `ASKED_FIRST` without values."""
    assume: dict[str, Any] = Field(default_factory=dict)
    """Values it had of parameters that are not among its own."""

    @property
    def most(self) -> int | None:
        """How many trials of each search are used; `None` for all."""
        return self.best if self.values else self.best or ASKED_FIRST


def _earlier(value: Any) -> Any:
    return {"job": value} if isinstance(value, str) else value


class WarmStartSpec(Strict):
    """What is known before the search."""

    points: list[PointSpec] = Field(default_factory=list)
    jobs: list[Annotated[EarlierJobSpec, BeforeValidator(_earlier)]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.points and not self.jobs:
            raise ValueError("points or jobs")
        return self
