"""Between our configurations and what ytopt calls a point: a dictionary of all parameters, in order.

An inactive parameter is left out of a configuration; in a point it holds NaN, or "NA" where its values are
listed. That is how ytopt's objectives know it, and how it stands in its results.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ConfigSpace import (
    CategoricalHyperparameter,
    ConfigurationSpace,
    Constant,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)

from runners.ytopt.old_configspace import holds_names, quantised
from spaces.configs import Config, Value
from spaces.definition_parameters import restore_bounds
from spaces.encoding import Encoder
from spaces.errors import BadInput, Mistake

FIELD = "input_space"


@dataclass(frozen=True, eq=False)
class Points:
    """Makes points of the configurations of a space.

    Args:
        space: of the problem.
        order: names of its parameters, as the problem gives them.
    """

    space: ConfigurationSpace
    order: tuple[str, ...]

    def of(self, config: Mapping[str, Value]) -> dict[str, Any]:
        """The point of a configuration."""
        return {name: self._value(name, config) for name in self.order}

    def _value(self, name: str, config: Mapping[str, Value]) -> Any:
        if name in config:
            return quantised(self.space[name], config[name])
        return "NA" if holds_names(self.space[name]) else math.nan


def space_of(input_space: Any) -> tuple[ConfigurationSpace, Points]:
    """A problem's space as ours: a ConfigSpace as it is, dimensions of skopt's one by one.

    Raises:
        BadInput: it is neither, or holds something no search can handle.
    """
    if isinstance(input_space, ConfigurationSpace):
        space, order = input_space, tuple(input_space)
    else:
        space = _from_dimensions(input_space)
        order = tuple(dimension.name for dimension in input_space.dimensions)
    if not order:
        raise BadInput.of(FIELD, "at least one parameter", "none")
    Encoder(space)  # raises where it cannot be searched
    return space, Points(space, order)


def default_of(input_space: Any) -> Config | None:
    """The configuration of the parameters' defaults, which ytopt evaluates first; dimensions have none."""
    if not isinstance(input_space, ConfigurationSpace):
        return None
    encoder = Encoder(input_space)
    return encoder.decode(encoder.encode(dict(input_space.get_default_configuration())))


def _from_dimensions(input_space: Any) -> ConfigurationSpace:
    dimensions = getattr(input_space, "dimensions", None)
    if dimensions is None:
        expected = "a ConfigurationSpace, or a Space of dimensions"
        raise BadInput.of(FIELD, expected, type(input_space).__name__)
    names = [getattr(dimension, "name", None) for dimension in dimensions]
    mistakes = [
        Mistake(f"{FIELD}[{position}]", "a dimension with a name of its own", repr(dimension))
        for position, (dimension, name) in enumerate(zip(dimensions, names, strict=True))
        if name is None or name in names[:position]
    ]
    if mistakes:
        raise BadInput(mistakes)
    space = ConfigurationSpace()
    for dimension in dimensions:
        space.add(_parameter(dimension))
    return space


def _parameter(dimension: Any) -> Any:
    """A dimension of skopt's as a hyperparameter; told by what it has, for the class is skopt's business."""
    name = dimension.name
    if hasattr(dimension, "categories"):
        return CategoricalHyperparameter(name, list(dimension.categories), weights=dimension.prior)
    log = dimension.prior == "log-uniform"
    lower, upper = dimension.low, dimension.high
    if not (math.isfinite(lower) and math.isfinite(upper)):
        raise BadInput.of(f"{FIELD}.{name}", "finite bounds", f"{lower} to {upper}")
    if lower == upper:
        return Constant(name, lower)
    whole = type(dimension).__name__ == "Integer"
    if whole:
        return UniformIntegerHyperparameter(name, lower, upper, log=log)
    made = UniformFloatHyperparameter(name, lower, upper, log=log)
    restore_bounds(made, lower, upper)
    return made
