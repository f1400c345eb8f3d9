"""A space with one of its parameters exchanged for another of the same name, or with one more."""

import contextlib
import io
from typing import Any

from ConfigSpace import ConfigurationSpace
from ConfigSpace.exceptions import ForbiddenValueError
from ConfigSpace.hyperparameters import Hyperparameter

from spaces.errors import BadInput


def with_parameter(space: ConfigurationSpace, parameter: Hyperparameter[Any, Any]) -> ConfigurationSpace:
    """A new space, with `parameter` in place of one of its name; conditions and forbidden clauses stay.

    Raises:
        BadInput: with its default, all other parameters at theirs are forbidden.
    """
    made = ConfigurationSpace()
    made.add([*(space[name] for name in space if name != parameter.name), parameter])
    made.add(list(space.conditions))
    try:
        with contextlib.redirect_stdout(
            io.StringIO()
        ):  # ConfigSpace prints while it checks one kind of clause
            made.add(list(space.forbidden_clauses))
    except ForbiddenValueError:
        expected = "a value that is not forbidden beside the defaults of the others"
        raise BadInput.of(parameter.name, expected, str(parameter.default_value)) from None
    return made
