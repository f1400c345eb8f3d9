"""The `conditions` and `forbidden` entries of a written-out space -> ConfigSpace's clauses.

conditions:
  - {child: experts, parent: kind, equals: moe}
  - {child: width, all: [{parent: kind, equals: dense}, {parent: layers, greater_than: 8}]}
forbidden:
  - {parameter: kv_heads, greater_than: {parameter: heads}}
  - {any: [{parameter: lr, at_least: 0.5}, {all: [{parameter: a, equals: 1}, {parameter: b, in: [2, 3]}]}]}
"""

from collections.abc import Callable, Mapping
from typing import Any

from ConfigSpace import (
    AndConjunction,
    EqualsCondition,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    ForbiddenEqualsRelation,
    ForbiddenInClause,
    GreaterThanCondition,
    InCondition,
    LessThanCondition,
    NotEqualsCondition,
    OrConjunction,
)
from ConfigSpace import forbidden as clauses
from ConfigSpace.conditions import ConditionLike
from ConfigSpace.forbidden import ForbiddenLike
from ConfigSpace.hyperparameters import Hyperparameter

from spaces.bounds import number
from spaces.columns import ChoiceColumn, Kind, column_of
from spaces.errors import BadInput, Mistakes, one_of

Parameters = Mapping[str, Hyperparameter[Any, Any]]

_CONDITIONS: dict[str, Any] = {
    "equals": EqualsCondition,
    "not_equals": NotEqualsCondition,
    "in": InCondition,
    "less_than": LessThanCondition,
    "greater_than": GreaterThanCondition,
}
_CLAUSES: dict[str, Any] = {
    "equals": ForbiddenEqualsClause,
    "in": ForbiddenInClause,
    "less_than": clauses.ForbiddenLessThanClause,
    "at_most": clauses.ForbiddenLessThanEqualsClause,
    "greater_than": clauses.ForbiddenGreaterThanClause,
    "at_least": clauses.ForbiddenGreaterThanEqualsClause,
}
_RELATIONS: dict[str, Any] = {
    "equals": ForbiddenEqualsRelation,
    "less_than": clauses.ForbiddenLessThanRelation,
    "at_most": clauses.ForbiddenLessThanEqualsRelation,
    "greater_than": clauses.ForbiddenGreaterThanRelation,
    "at_least": clauses.ForbiddenGreaterThanEqualsRelation,
}
_UNORDERED = {"equals", "not_equals", "in"}


def condition(entry: Any, parameters: Parameters) -> ConditionLike:
    """One entry of `conditions`; raises `BadInput` with every mistake in it."""
    _require_mapping(entry, "a mapping with child, parent and a comparison")
    child = _parameter(entry, "child", parameters)
    rest = {key: value for key, value in entry.items() if key != "child"}

    def literal(part: Mapping[str, Any]) -> ConditionLike:
        parent = _parameter(part, "parent", parameters)
        if parent is child:
            raise BadInput.of("parent", "another parameter than the child", parent.name)
        operator = _operator(part, {"parent"}, _CONDITIONS)
        made: ConditionLike = _CONDITIONS[operator](child, parent, _operand(parent, operator, part[operator]))
        return made

    joined: ConditionLike = _joined(rest, {"all": AndConjunction, "any": OrConjunction}, literal)
    return joined


def forbidden(entry: Any, parameters: Parameters) -> ForbiddenLike:
    """One entry of `forbidden`; raises `BadInput` with every mistake in it."""
    _require_mapping(entry, "a mapping with parameter and a comparison, or with all or any")

    def literal(part: Mapping[str, Any]) -> ForbiddenLike:
        subject = _parameter(part, "parameter", parameters)
        operator = _operator(part, {"parameter"}, _CLAUSES)
        operand = part[operator]
        made: ForbiddenLike
        if isinstance(operand, Mapping):
            made = _relation(subject, operator, _parameter(operand, "parameter", parameters))
        else:
            made = _CLAUSES[operator](subject, _operand(subject, operator, operand))
        return made

    junctions = {"all": ForbiddenAndConjunction, "any": clauses.ForbiddenOrConjunction}
    joined: ForbiddenLike = _joined(entry, junctions, literal)
    return joined


def _joined(entry: Any, junctions: Mapping[str, Any], literal: Callable[[Mapping[str, Any]], Any]) -> Any:
    """A comparison, or `all` or `any` of several entries, to any depth."""
    _require_mapping(entry, "a mapping")
    joint = next((key for key in junctions if key in entry), None)
    if joint is None:
        return literal(entry)
    parts = entry[joint]
    if len(entry) > 1 or not isinstance(parts, list) or not parts:
        raise BadInput.of(joint, "a list of at least one entry, and nothing beside it", entry)
    found, made = Mistakes(), []
    for position, part in enumerate(parts):
        with found.within(f"{joint}[{position}]"):
            made.append(_joined(part, junctions, literal))
    found.settle()
    return made[0] if len(made) == 1 else junctions[joint](*made)


def _require_mapping(entry: Any, expected: str) -> None:
    if not isinstance(entry, Mapping):
        raise BadInput.of("entry", expected, entry)


def _parameter(entry: Mapping[str, Any], key: str, parameters: Parameters) -> Hyperparameter[Any, Any]:
    name = str(entry.get(key, "nothing"))
    if name not in parameters:
        raise BadInput.of(key, f"a parameter: {one_of(parameters, name)}", name)
    return parameters[name]


def _operator(entry: Mapping[str, Any], beside: set[str], known: Mapping[str, Any]) -> str:
    """The one comparison in an entry."""
    given = [key for key in entry if key not in beside]
    if len(given) != 1 or given[0] not in known:
        expected = "one comparison" if len(given) != 1 else "a comparison"
        raise BadInput.of("comparison", f"{expected}: {one_of(known, given[0] if given else '')}", given)
    return given[0]


def _operand(subject: Hyperparameter[Any, Any], operator: str, value: Any) -> Any:
    """The value compared with, in the domain of the parameter."""
    column = column_of(subject)
    if operator not in _UNORDERED and column.kind in (Kind.CATEGORICAL, Kind.CONSTANT):
        raise BadInput.of(
            operator, f"an order among the values of {subject.name}: make it ordinal", column.kind
        )
    listed = value if operator == "in" else [value]
    if not isinstance(listed, list | tuple) or not listed:
        raise BadInput.of("in", "a list of values", value)
    found, operands = Mistakes(), []
    for item in listed:
        with found.within(""):
            operand = item if isinstance(column, ChoiceColumn) else number(item, operator)
            if column.code_of(operand) != column.code_of(operand):  # NaN: not in the domain
                raise BadInput.of(operator, f"for {subject.name} {column.domain}", item)
            operands.append(operand)
    found.settle()
    return operands if operator == "in" else operands[0]


def _relation(
    left: Hyperparameter[Any, Any], operator: str, right: Hyperparameter[Any, Any]
) -> ForbiddenLike:
    """Two parameters compared by value."""
    if operator not in _RELATIONS:
        raise BadInput.of(operator, "a value or a list of values", right.name)
    if operator != "equals":
        for side in (left, right):
            column = column_of(side)
            values = column.values if isinstance(column, ChoiceColumn) else ()
            if any(isinstance(value, bool | str | None) for value in values):
                raise BadInput.of(operator, "two parameters whose values are numbers", side.name)
    made: ForbiddenLike = _RELATIONS[operator](left, right)
    return made
