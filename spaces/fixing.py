"""Some parameters of a space at fixed values, its conditions and forbidden clauses kept as they are.

ConfigSpace has constants, but refuses a condition on a parent that became one if it names another value. So
the parameter stays what it is, and its `meta` holds the value; the encoder makes it a constant column.
"""

import math
from collections.abc import Mapping
from typing import Any

from ConfigSpace import ConfigurationSpace

from spaces.columns import FIXED, varying_column_of
from spaces.errors import BadInput, Mistake, one_of


def fix(space: ConfigurationSpace, values: Mapping[str, Any]) -> None:
    """Fix parameters of a space, in place.

    Raises:
        BadInput: every unknown name and every value that is not one of its parameter.
    """
    mistakes, read = [], {}
    for name, value in values.items():
        if name not in space:
            mistakes.append(Mistake(name, one_of(list(space), name), "this name"))
            continue
        column = varying_column_of(space[name])
        read[name] = column.read(value)
        if math.isnan(column.code_of(read[name])):
            mistakes.append(Mistake(name, column.domain, repr(value)))
    if mistakes:
        raise BadInput(mistakes)
    for name, value in read.items():
        parameter: Any = space[name]
        parameter.meta = {**(parameter.meta or {}), FIXED: {"value": value}}


def fixed_value(parameter: Any) -> Any:
    """The value a hyperparameter is fixed at; `None` where it varies."""
    fixed = (parameter.meta or {}).get(FIXED)
    return None if fixed is None else fixed["value"]
