"""A ConfigSpace as plain values, for a peer that may not have ConfigSpace."""

from collections.abc import Mapping
from typing import Any

from ConfigSpace import ConfigurationSpace
from ConfigSpace.conditions import EqualsCondition, InCondition
from ConfigSpace.forbidden import ForbiddenAndConjunction, ForbiddenEqualsClause, ForbiddenInClause
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    OrdinalHyperparameter,
    UniformIntegerHyperparameter,
)


def parameters(space: ConfigurationSpace) -> list[dict[str, Any]]:
    """Every parameter as the fields of `inside.task.Parameter`, parents before their children."""
    conditions = {one.child.name: _condition(one) for one in space.conditions}
    return [{**_parameter(space[name]), **conditions.get(name, {})} for name in _ordered(space)]


def forbidden(space: ConfigurationSpace) -> list[dict[str, list[Any]]]:
    """Every forbidden clause as parameter -> values that cannot stand together."""
    return [_clause(one) for one in space.forbidden_clauses]


def _ordered(space: ConfigurationSpace) -> list[str]:
    """Names, those without a parent first; one level of conditions is all there is here."""
    children = {one.child.name for one in space.conditions}
    return sorted(space, key=lambda name: (name in children, name))


def _parameter(one: Any) -> dict[str, Any]:
    if isinstance(one, Constant):
        return {"name": one.name, "kind": "constant", "values": [one.value]}
    if isinstance(one, CategoricalHyperparameter):
        return {"name": one.name, "kind": "categorical", "values": _plain(one.choices)}
    if isinstance(one, OrdinalHyperparameter):
        return {"name": one.name, "kind": "ordinal", "values": _plain(one.sequence)}
    kind = "integer" if isinstance(one, UniformIntegerHyperparameter) else "float"
    bounds = {"lower": float(one.lower), "upper": float(one.upper)}
    return {"name": one.name, "kind": kind, **bounds, "log": bool(one.log)}


def _condition(one: Any) -> Mapping[str, Any]:
    if isinstance(one, EqualsCondition):
        return {"parent": one.parent.name, "when": _plain([one.value])}
    assert isinstance(one, InCondition), f"a condition the peers are not told: {one}"
    return {"parent": one.parent.name, "when": _plain(one.values)}


def _clause(one: Any) -> dict[str, list[Any]]:
    if isinstance(one, ForbiddenAndConjunction):
        return {name: values for part in one.components for name, values in _clause(part).items()}
    if isinstance(one, ForbiddenEqualsClause):
        return {one.hyperparameter.name: _plain([one.value])}
    assert isinstance(one, ForbiddenInClause), f"a clause the peers are not told: {one}"
    return {one.hyperparameter.name: _plain(one.values)}


def _plain(values: Any) -> list[Any]:
    return [value.item() if hasattr(value, "item") else value for value in values]
