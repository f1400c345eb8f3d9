"""A space written out as data, in a job file or by one of our builders -> a ConfigSpace space.

parameters:                                    # see spaces.definition_parameters
  kind: {type: categorical, values: [dense, moe]}
  experts: {type: ordinal, values: [8, 64]}
  lr: {type: float, lower: 1e-5, upper: 1e-2, log: true}
conditions:                                    # see spaces.definition_clauses
  - {child: experts, parent: kind, equals: moe}
forbidden:
  - {parameter: lr, greater_than: 5e-3}
"""

import contextlib
import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.exceptions import ForbiddenValueError
from ConfigSpace.hyperparameters import Hyperparameter

from spaces.definition_clauses import condition, forbidden
from spaces.definition_parameters import check_keys, hyperparameter
from spaces.encoding import Encoder
from spaces.errors import BadInput, Mistakes

Definition = Mapping[str, Any]


def build(definition: Definition) -> ConfigurationSpace:
    """The space of a definition.

    ConfigSpace wants a default configuration that is not forbidden. Where the first values are, parameters
    without a `default` get one from a legal configuration.

    Raises:
        BadInput: every mistake in the definition, named by its field.
        Infeasible: the forbidden clauses leave no configuration.
    """
    check_keys(definition, {"parameters"}, {"conditions", "forbidden"})
    parameters = _parameters(definition["parameters"])
    space = _conditioned(definition, parameters)
    clauses = _entries(definition, "forbidden", lambda entry: forbidden(entry, parameters))
    if try_add(space, clauses):
        return space
    rows = Encoder(space, forbidden=clauses).random(1, np.random.default_rng(0))
    legal = Encoder(space).decode(rows[0])
    described = {
        name: entry if name not in legal or entry["type"] == "constant" else {"default": legal[name], **entry}
        for name, entry in definition["parameters"].items()
    }
    parameters = _parameters(described)
    space = _conditioned(definition, parameters)
    if not try_add(space, _entries(definition, "forbidden", lambda entry: forbidden(entry, parameters))):
        raise BadInput.of("parameters", "defaults that together are not forbidden", "a forbidden combination")
    return space


def try_add(space: ConfigurationSpace, clauses: list[Any]) -> bool:
    """Add forbidden clauses; False where they forbid the space's default configuration."""
    try:
        # ConfigSpace 1.2.2 prints while it checks one kind of clause; stdout belongs to the answer.
        with contextlib.redirect_stdout(io.StringIO()):
            space.add(clauses)
    except ForbiddenValueError:
        return False
    return True


def _parameters(entries: Any) -> dict[str, Hyperparameter[Any, Any]]:
    if not isinstance(entries, Mapping) or not entries:
        raise BadInput.of("parameters", "a mapping of at least one name to its type and range", entries)
    found, made = Mistakes(), {}
    for name, entry in entries.items():
        with found.within(f"parameters.{name}"):
            made[str(name)] = hyperparameter(str(name), entry)
    found.settle()
    return made


def _conditioned(
    definition: Definition, parameters: dict[str, Hyperparameter[Any, Any]]
) -> ConfigurationSpace:
    """Parameters and conditions, nothing forbidden yet."""
    conditions = _entries(definition, "conditions", lambda entry: condition(entry, parameters))
    space = ConfigurationSpace()
    space.add(list(parameters.values()))
    try:
        space.add(conditions)
    except ValueError as error:  # two conditions on one child, or a circle
        expected = "one entry for each child (join several by all or any), and no circle"
        raise BadInput.of("conditions", expected, str(error)) from error
    return space


def _entries(definition: Definition, key: str, read: Callable[[Any], Any]) -> list[Any]:
    entries = definition.get(key) or []
    if not isinstance(entries, list):
        raise BadInput.of(key, "a list", entries)
    found, made = Mistakes(), []
    for position, entry in enumerate(entries):
        with found.within(f"{key}[{position}]"):
            made.append(read(entry))
    found.settle()
    return made
