"""The fields of a job file that say how trials are run: limits, second attempts, resources, time."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ByteSize, Field, model_validator

from runners.jobs.fields import NotNegative, Positive, Strict, Times, no_bool
from runners.jobs.resources import Bundle, Resources
from runners.walltime import parse_walltime
from spaces.errors import BadInput


def _bytes(value: Any) -> Any:
    """Numbers as YAML writes them (it reads 2e9 as text); what has a unit is left to pydantic."""
    no_bool(value)
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return value


def _seconds(value: Any) -> Any:
    """A wall time; YAML reads an unquoted 12:00:00 as a number to the base of 60, which is its seconds."""
    try:
        return parse_walltime(str(no_bool(value)))
    except BadInput as error:
        raise ValueError(error.mistakes[0].expected) from error


def _retries(value: Any) -> Any:
    """A plain number is for the ends that may be bad luck."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"crashed": value, "temporary": value}
    return value


class RetriesSpec(Strict):
    """How often a trial may end like this and be tried again; what is left out keeps its default."""

    crashed: Times | None = None
    lost: Times | None = None
    temporary: Times | None = None
    timeout: Times | None = None
    memory: Times | None = None
    failed: Times | None = None


Seconds = Annotated[float, BeforeValidator(_seconds)]
"""A number of them, or HH:MM:SS."""
Memory = Annotated[ByteSize, BeforeValidator(_bytes), Field(gt=0)]
Retries = Annotated[RetriesSpec, BeforeValidator(_retries)]
Ending = Literal["crashed", "lost", "timeout", "memory", "temporary", "failed"]
"""How a trial may end without a value."""


class BundleSpec(Strict):
    """What one process of a trial needs of a cluster."""

    cpus: NotNegative = 1.0
    gpus: NotNegative = 0.0
    custom: dict[str, Positive] = Field(default_factory=dict)
    """Resources a cluster gives names of its own."""

    def bundle(self) -> Bundle:
        """The same as a value."""
        return Bundle(self.cpus, self.gpus, dict(self.custom))


class ResourcesSpec(BundleSpec):
    """What a trial needs of a cluster: in one place, or in bundles that a placement group keeps together."""

    bundles: Annotated[list[BundleSpec], Field(min_length=1)] | None = None
    strategy: Literal["PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD"] = "PACK"

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        alone = {"cpus", "gpus", "custom"} & self.model_fields_set
        if self.bundles and alone:
            raise ValueError(f"either bundles or {', '.join(sorted(alone))}")
        return self

    def resources(self) -> Resources:
        """The same as a value."""
        return Resources(tuple(each.bundle() for each in self.bundles or [self]), self.strategy)


class RunSpec(Strict):
    """The part of the file about how its searches are run, all of them alike."""

    walltime: Seconds | None = None
    priority: Annotated[int, BeforeValidator(no_bool)] = 0
    """In a queue of jobs, the greatest runs first."""
    resources: ResourcesSpec | None = None
    runtime_env: dict[str, Any] | None = None
