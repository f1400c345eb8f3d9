"""The `parameters` of a written-out space: one mapping each -> one hyperparameter of ConfigSpace.

| type        | fields                                   |
|-------------|------------------------------------------|
| float       | lower, upper; optional log, default      |
| integer     | lower, upper; optional log, default      |
| ordinal     | values, in order; optional default       |
| categorical | values; optional weights, default        |
| constant    | value                                    |
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ConfigSpace import (
    CategoricalHyperparameter,
    Constant,
    OrdinalHyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from ConfigSpace.hyperparameters import Hyperparameter

from spaces.bounds import number, whole
from spaces.configs import Value
from spaces.errors import BadInput, Mistake, Mistakes, one_of

Entry = Mapping[str, Any]
Number = TypeVar("Number", int, float)


def hyperparameter(name: str, entry: Any) -> Hyperparameter[Any, Any]:
    """One parameter of a definition.

    Raises:
        BadInput: every mistake in the entry, named by its field.
    """
    kind = str(entry.get("type", "nothing")) if isinstance(entry, Mapping) else repr(entry)
    if kind not in _TYPES:
        raise BadInput.of("type", one_of(_TYPES, kind), kind)
    required, optional, make = _TYPES[kind]
    check_keys(entry, {"type", *required}, optional)
    return make(name, entry)


def check_keys(entry: Entry, required: set[str], optional: set[str]) -> None:
    """Raise `BadInput` for every field that is missing and every one that is not known."""
    missing = [Mistake(key, "a value (it is required)", "nothing") for key in sorted(required - set(entry))]
    known = sorted(required | optional)
    unknown = [Mistake(str(key), one_of(known, key), "this name") for key in entry if key not in known]
    if missing or unknown:
        raise BadInput(missing + unknown)


def _float(name: str, entry: Entry) -> Hyperparameter[Any, Any]:
    lower, upper, log, default = _range(entry, number)
    made = UniformFloatHyperparameter(name, lower, upper, default_value=default, log=log)
    kept = {"lower": made.lower, "upper": made.upper}
    coarse = [
        key for key, end in kept.items() if not math.isclose(end, number(entry[key], key), rel_tol=1e-6)
    ]
    if coarse:
        expected = "a bound that 13 decimals describe, as ConfigSpace rounds it (rescale the parameter)"
        raise BadInput([Mistake(key, expected, str(entry[key])) for key in coarse])
    restore_bounds(made, lower, upper)
    return made


def restore_bounds(made: Any, lower: float, upper: float) -> None:
    """Give a float its bounds to the last bit: rounding to 13 decimals turns 1e12 into 1000000000000.0001."""
    made.lower, made.upper = lower, upper


def _integer(name: str, entry: Entry) -> Hyperparameter[Any, Any]:
    lower, upper, log, default = _range(entry, whole)
    return UniformIntegerHyperparameter(name, lower, upper, default_value=default, log=log)


def _ordinal(name: str, entry: Entry) -> Hyperparameter[Any, Any]:
    values = _values(entry)
    return OrdinalHyperparameter(name, values, default_value=_choice(entry, values))


def _categorical(name: str, entry: Entry) -> Hyperparameter[Any, Any]:
    values = _values(entry)
    return CategoricalHyperparameter(
        name, values, default_value=_choice(entry, values), weights=_weights(entry, len(values))
    )


def _constant(name: str, entry: Entry) -> Hyperparameter[Any, Any]:
    return Constant(name, _scalar(entry["value"], "value"))


_TYPES: dict[str, tuple[set[str], set[str], Callable[[str, Entry], Hyperparameter[Any, Any]]]] = {
    "float": ({"lower", "upper"}, {"log", "default"}, _float),
    "integer": ({"lower", "upper"}, {"log", "default"}, _integer),
    "ordinal": ({"values"}, {"default"}, _ordinal),
    "categorical": ({"values"}, {"weights", "default"}, _categorical),
    "constant": ({"value"}, set(), _constant),
}


def _range(entry: Entry, read: Callable[[Any, str], Number]) -> tuple[Number, Number, bool, Number | None]:
    """Bounds, scale and default of a numeric parameter."""
    found = Mistakes()
    ends: dict[str, Number] = {}
    for key in ("lower", "upper", "default"):
        with found.within(""):
            if key in entry:
                ends[key] = read(entry[key], key)
    log = entry.get("log", False)
    if not isinstance(log, bool):
        found.all.append(Mistake("log", "true or false", repr(log)))
    found.settle()
    lower, upper, default = ends["lower"], ends["upper"], ends.get("default")
    if lower >= upper:
        found.all.append(Mistake("upper", f"more than lower ({lower})", str(upper)))
    if log and lower <= 0:
        found.all.append(Mistake("lower", "a positive number on a log scale", str(lower)))
    if default is not None and not lower <= default <= upper:
        found.all.append(Mistake("default", f"a value from {lower} to {upper}", str(default)))
    found.settle()
    return lower, upper, log, default


def _values(entry: Entry) -> list[Value]:
    """The distinct scalars of a list of choices."""
    given = entry["values"]
    if not isinstance(given, list | tuple) or not given:
        raise BadInput.of("values", "a list of at least one value", given)
    found = Mistakes()
    for position, value in enumerate(given):
        with found.within(""):
            _scalar(value, f"values[{position}]")
            if value in given[:position]:
                raise BadInput.of(f"values[{position}]", "a value not listed before", value)
    found.settle()
    return list(given)


def _scalar(value: Any, field: str) -> Value:
    if isinstance(value, float) and not math.isfinite(value):
        raise BadInput.of(field, "a finite number", value)
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    raise BadInput.of(field, "a number, text, true, false or null", value)


def _choice(entry: Entry, values: list[Value]) -> Value:
    default: Value = entry.get("default", values[0])
    if default not in values:
        raise BadInput.of("default", one_of(map(str, values), default), default)
    return default


def _weights(entry: Entry, n: int) -> list[float] | None:
    if "weights" not in entry:
        return None
    given = entry["weights"]
    if not isinstance(given, list | tuple) or len(given) != n:
        raise BadInput.of("weights", f"a list of {n} numbers, one for each value", given)
    weights = [number(weight, f"weights[{i}]") for i, weight in enumerate(given)]
    if min(weights) < 0 or max(weights) == 0:
        raise BadInput.of("weights", "no negative weight and at least one positive", given)
    return weights
