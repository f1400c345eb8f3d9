"""A space from a job file: one of our own by name, written out inline, or a file of ConfigSpace's.

{kind: law, n: [1e7, 1e12], tokens: [1e8, 1e13], sparsity: [0, 0.98]}      see spaces.catalogue
{parameters: {...}, conditions: [...], forbidden: [...]}                   see spaces.definition
{configspace: space.json}                                                  or .yaml
"""

import contextlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ConfigSpace import ConfigurationSpace

from spaces.catalogue import KINDS
from spaces.definition import build
from spaces.definition_parameters import check_keys, restore_bounds
from spaces.encoding import Encoder
from spaces.errors import BadInput, one_of

SUFFIXES = (".json", ".yaml", ".yml")


class _Loader(yaml.SafeLoader):
    """Plain YAML, and the tuples that ConfigSpace writes."""


def _tuple(loader: _Loader, node: yaml.SequenceNode) -> list[Any]:
    return list(loader.construct_sequence(node))


_Loader.add_constructor("tag:yaml.org,2002:python/tuple", _tuple)


def space_from(spec: Mapping[str, Any], folder: Path = Path()) -> ConfigurationSpace:
    """The space a job file describes, known to be encodable.

    Args:
        spec: one of the three forms above.
        folder: where a relative file name starts.

    Raises:
        BadInput: every mistake, named by its field.
        Infeasible: the forbidden clauses leave no configuration.
    """
    if "kind" in spec:
        return _of_kind(spec)
    if "configspace" in spec:
        check_keys(spec, {"configspace"}, set())
        return read_space(folder / str(spec["configspace"]))
    if "parameters" not in spec:
        given = ", ".join(map(str, spec)) or "nothing"
        raise BadInput.of("space", "one of the fields kind, parameters, configspace", given)
    space = build(spec)
    Encoder(space)
    return space


def _of_kind(spec: Mapping[str, Any]) -> ConfigurationSpace:
    kind = KINDS.get(str(spec["kind"]))
    if kind is None:
        raise BadInput.of("kind", one_of(KINDS, spec["kind"]), spec["kind"])
    fields = {key: value for key, value in spec.items() if key != "kind"}
    check_keys(fields, set(kind.required), set(kind.optional))
    return kind.build(**fields)


def read_space(path: Path) -> ConfigurationSpace:
    """A space from ConfigSpace's own JSON or YAML.

    Raises:
        BadInput: not a readable file, not such a space, or one that cannot be encoded.
    """
    expected = f"a space that ConfigSpace wrote ({' | '.join(SUFFIXES)})"
    if path.suffix not in SUFFIXES:
        raise BadInput.of("configspace", expected, path.name)
    try:
        text = path.read_text()
        data = json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=_Loader)
        floats = [entry for entry in data["hyperparameters"] if entry["type"] == "uniform_float"]
        bounds = {entry["name"]: (float(entry["lower"]), float(entry["upper"])) for entry in floats}
        with contextlib.redirect_stdout(io.StringIO()):  # see definition.build
            space = ConfigurationSpace.from_serialized_dict(data)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
        raise BadInput.of("configspace", expected, f"{path.name}: {error}") from error
    for name, (lower, upper) in bounds.items():
        restore_bounds(space[name], lower, upper)
    Encoder(space)
    return space


def write_space(space: ConfigurationSpace, path: Path) -> None:
    """Write a space so that `read_space` and ConfigSpace itself read it back as an equal one.

    Raises:
        BadInput: a file name that ends in none of `SUFFIXES`.
    """
    if path.suffix not in SUFFIXES:
        raise BadInput.of("path", f"a file name ending in {' | '.join(SUFFIXES)}", path.name)
    # Through JSON for YAML too: ConfigSpace's own YAML holds tuples that it cannot read again.
    text = json.dumps(space.to_serialized_dict(), indent=2)
    path.write_text(text if path.suffix == ".json" else yaml.safe_dump(json.loads(text), sort_keys=False))
