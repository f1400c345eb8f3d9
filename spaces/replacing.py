"""A space with one of its parameters exchanged for another of the same name, or with one more."""

from typing import Any

from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import Hyperparameter

from spaces.definition import try_add
from spaces.errors import BadInput


def with_parameter(space: ConfigurationSpace, parameter: Hyperparameter[Any, Any]) -> ConfigurationSpace:
    """A new space, with `parameter` in place of one of its name; conditions and forbidden clauses stay.

    Raises:
        BadInput: with its default, all other parameters at theirs are forbidden.
    """
    made = ConfigurationSpace()
    made.add([*(space[name] for name in space if name != parameter.name), parameter])
    made.add(list(space.conditions))
    if not try_add(made, list(space.forbidden_clauses)):
        expected = "a value that is not forbidden beside the defaults of the others"
        raise BadInput.of(parameter.name, expected, str(parameter.default_value))
    return made
