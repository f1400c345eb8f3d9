"""The field `fidelity` of a job file: the parameter by which evaluations are made cheaper."""

from collections.abc import Mapping
from typing import Any, Self

from ConfigSpace import ConfigurationSpace
from pydantic import model_validator

from runners.jobs.fields import Positive, Strict
from search.fidelity import Fidelity
from spaces.definition_parameters import hyperparameter
from spaces.replacing import with_parameter

ENGINE = "fidelity"
"""The engine of such jobs."""


class FidelitySpec(Strict):
    """A parameter that the objective gets with the others; only values at `target` can be the best."""

    name: str
    """Of the space, whose range is replaced, or a new one."""
    low: Positive
    target: Positive
    log: bool = True
    integer: bool = False
    cost: Positive = 1.0
    """An evaluation costs (value / target) ** cost whole ones."""

    @model_validator(mode="after")
    def _low_is_lower(self) -> Self:
        if self.low >= self.target:
            raise ValueError("low below target")
        if self.integer and not (self.low.is_integer() and self.target.is_integer()):
            raise ValueError("whole numbers low and target, where integer is true")
        return self

    @property
    def options(self) -> dict[str, Any]:
        """Of the engine."""
        return {"fidelity": self.name, "power": self.cost}

    def at_target(self, space: ConfigurationSpace) -> ConfigurationSpace:
        """The space with this parameter fixed there."""
        return Fidelity.of(space, **self.options).at_target(space)

    def of(self, space: ConfigurationSpace) -> ConfigurationSpace:
        """The space with this parameter, in place of one of its name; raises as `with_parameter`."""
        kind, read = ("integer", int) if self.integer else ("float", float)
        ends = {"lower": read(self.low), "upper": read(self.target), "default": read(self.target)}
        return with_parameter(space, hyperparameter(self.name, {"type": kind, "log": self.log, **ends}))


def with_engine(raw: Any) -> Any:
    """A raw description of a search in which a fidelity brings its engine, unless another is named."""
    if not isinstance(raw, Mapping) or raw.get("fidelity") is None:
        return raw
    engine = raw.get("engine", {})
    return {**raw, "engine": {"name": ENGINE, **engine}} if isinstance(engine, Mapping) else raw
