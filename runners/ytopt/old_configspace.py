"""ConfigSpace as problem files for ytopt know it: version 0, whose parameters take a quantisation q.

ConfigSpace 1 still has version 0's methods (`add_hyperparameters`, `get_hyperparameter_names`, ...), but no
`q`, and it refuses a default of `None`. The modules made here differ from the real ones in that alone.

A quantised parameter notes its q and becomes an ordinal, whose values are lower, lower + q, ... With a
logarithmic scale, or too many values to list, it stays what it is: `quantised` rounds its values.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import ModuleType
from typing import Any

import ConfigSpace
from ConfigSpace import hyperparameters

from spaces.configs import Value

MAX_LISTED = 5_000
"""ConfigSpace takes quadratic time to make an ordinal: 10,000 values cost it a third of a second."""

_STEP = "q"
"""The key under which a parameter notes its quantisation."""


def modules() -> dict[str, ModuleType]:
    """Name -> module, to stand in for the real ones."""
    changed = {
        "UniformFloatHyperparameter": _uniform(hyperparameters.UniformFloatHyperparameter, float),
        "UniformIntegerHyperparameter": _uniform(hyperparameters.UniformIntegerHyperparameter, int),
        "CategoricalHyperparameter": _without_none(hyperparameters.CategoricalHyperparameter),
        "OrdinalHyperparameter": _without_none(hyperparameters.OrdinalHyperparameter),
    }
    top = _like(ConfigSpace, changed | {"Float": _bounded(float), "Integer": _bounded(int)})
    top.hyperparameters = _like(hyperparameters, changed)  # type: ignore[attr-defined]
    return {"ConfigSpace": top, "ConfigSpace.hyperparameters": top.hyperparameters}


def quantised(parameter: Any, value: Value) -> Value:
    """The value on the grid of a parameter that notes its q; any other value as it is."""
    step = _step(parameter)
    listed = isinstance(parameter, hyperparameters.OrdinalHyperparameter)
    if step is None or listed or not isinstance(value, int | float):
        return value
    kind = int if isinstance(value, int) else float
    return _grid_value(parameter.lower, step, round((value - parameter.lower) / step), kind)


def holds_names(parameter: Any) -> bool:
    """Whether the values of a parameter are a list of ytopt's, so that "NA" and not NaN stands for none."""
    kinds = hyperparameters.CategoricalHyperparameter | hyperparameters.OrdinalHyperparameter
    return isinstance(parameter, kinds) and _step(parameter) is None


def _step(parameter: Any) -> Any:
    """The q a parameter notes, `None` without one."""
    return (getattr(parameter, "meta", None) or {}).get(_STEP)


def _like(real: ModuleType, changed: Mapping[str, Any]) -> ModuleType:
    """A module with the names of another, but for those changed."""
    made = ModuleType(real.__name__, real.__doc__)
    made.__dict__.update(real.__dict__)
    made.__dict__.update(changed)
    return made


def _without_none(real: Callable[..., Any]) -> Callable[..., Any]:
    """The same class, for which a default of `None` means none, unless `None` is a value of it."""

    @functools.wraps(real, updated=())
    def make(name: str, values: Any = None, *others: Any, **named: Any) -> Any:
        bound = inspect.signature(real).bind(name, *([] if values is None else [values]), *others, **named)
        listed = bound.arguments.get("choices", bound.arguments.get("sequence", ()))
        if bound.arguments.get("default_value", ...) is None and None not in listed:
            del bound.arguments["default_value"]
        return real(**bound.arguments)

    return make


def _uniform(real: Callable[..., Any], kind: type[int] | type[float]) -> Callable[..., Any]:
    """A uniform parameter with the arguments of version 0, in their order."""

    @functools.wraps(real, updated=())
    def make(
        name: str,
        lower: float,
        upper: float,
        default_value: float | None = None,
        q: float | bool | None = None,
        log: bool = False,
        meta: Mapping[Any, Any] | None = None,
    ) -> Any:
        if isinstance(q, bool):  # version 1 has log in its place
            log, q = q, None
        if lower == upper:
            return hyperparameters.Constant(name, kind(lower), meta=meta)
        if q is None or (kind is int and q <= 1):
            return real(name, lower, upper, default_value=default_value, log=log, meta=meta)
        if not q > 0:
            raise ValueError(f"q of {name} must be above 0, got {q}")
        steps = int((Decimal(str(upper)) - Decimal(str(lower))) // Decimal(str(q)))
        noted = {**(meta or {}), _STEP: q}
        if log or steps >= MAX_LISTED:
            return real(name, lower, upper, default_value=default_value, log=log, meta=noted)
        values = [_grid_value(lower, q, k, kind) for k in range(steps + 1)]
        middle = (lower + upper) / 2 if default_value is None else default_value
        nearest = min(values, key=lambda value: abs(value - middle))
        return hyperparameters.OrdinalHyperparameter(name, values, default_value=nearest, meta=noted)

    return make


def _grid_value(lower: float, step: float, k: int, kind: type[int] | type[float]) -> int | float:
    """The value k steps above the lower bound, free of binary rounding: .1 + 2 * .1 is .3."""
    return kind(Decimal(str(lower)) + k * Decimal(str(step)))


def _bounded(kind: type[int] | type[float]) -> Callable[..., Any]:
    """`Float` or `Integer`, with a q."""
    real: Callable[..., Any] = ConfigSpace.Float if kind is float else ConfigSpace.Integer
    plain = "UniformFloatHyperparameter" if kind is float else "UniformIntegerHyperparameter"
    uniform = _uniform(getattr(hyperparameters, plain), kind)

    @functools.wraps(real)
    def make(name: str, bounds: tuple[float, float], *, q: float | None = None, **named: Any) -> Any:
        if q is None:
            return real(name, bounds, **named)
        if named.pop("distribution", None) not in (None, ConfigSpace.Uniform()):
            raise ValueError(f"q of {name} needs a uniform distribution")
        return uniform(name, *bounds, named.pop("default", None), q, **named)

    return make
