"""Conditions and forbidden clauses, evaluated on whole tables of codes.

ConfigSpace has array versions of its own, but those of 1.2.2 print to stdout in one clause, compare the wrong
way round in another (`ForbiddenLessThanEqualsClause`), and have no meaning for our encoding. Here a clause
becomes a function of the code table, shape (n, d), in which an inactive cell is NaN. As in ConfigSpace, an
inactive parent equals nothing, is in no list, and stands in no order: only `!=` holds for it.
"""

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
from ConfigSpace.conditions import Condition

from spaces.columns import Array, Column
from spaces.errors import BadInput

Mask = npt.NDArray[np.bool_]
Test = Callable[[Array], Mask]
"""Code table of shape (n, d), NaN where inactive -> which rows satisfy the clause, shape (n,)."""

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "EqualsCondition": operator.eq,
    "NotEqualsCondition": operator.ne,
    "LessThanCondition": operator.lt,
    "GreaterThanCondition": operator.gt,
    "ForbiddenEqualsClause": operator.eq,
    "ForbiddenLessThanClause": operator.lt,
    "ForbiddenLessThanEqualsClause": operator.le,
    "ForbiddenGreaterThanClause": operator.gt,
    "ForbiddenGreaterThanEqualsClause": operator.ge,
}
_RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "ForbiddenEqualsRelation": operator.eq,
    "ForbiddenLessThanRelation": operator.lt,
    "ForbiddenLessThanEqualsRelation": operator.le,
    "ForbiddenGreaterThanRelation": operator.gt,
    "ForbiddenGreaterThanEqualsRelation": operator.ge,
}
_MEMBERSHIPS = {"InCondition", "ForbiddenInClause"}
_JUNCTIONS: dict[str, Callable[[Mask, Mask], Mask]] = {
    "AndConjunction": operator.and_,
    "OrConjunction": operator.or_,
    "ForbiddenAndConjunction": operator.and_,
    "ForbiddenOrConjunction": operator.or_,
}


def compiled(clause: Any, columns: Mapping[str, Column]) -> Test:
    """The test behind a condition, forbidden clause, relation or conjunction.

    Args:
        clause: an object of one of ConfigSpace's classes.
        columns: every column of the space by name, in the order of the code table.

    Raises:
        BadInput: a class that is none of ConfigSpace's own.
    """
    kind = type(clause).__name__
    if kind in _JUNCTIONS:
        return _junction(_JUNCTIONS[kind], [compiled(part, columns) for part in clause.components])
    if kind in _RELATIONS:
        return _relation(_RELATIONS[kind], clause.left.name, clause.right.name, columns)
    if kind in _COMPARISONS or kind in _MEMBERSHIPS:
        subject = clause.parent if isinstance(clause, Condition) else clause.hyperparameter
        column, index = columns[subject.name], list(columns).index(subject.name)
        if kind in _MEMBERSHIPS:
            return _membership([column.code_of(value) for value in clause.values], index)
        return _comparison(_COMPARISONS[kind], column.code_of(clause.value), index)
    raise BadInput.of(kind, "a condition or forbidden clause of ConfigSpace", str(clause))


def _junction(join: Callable[[Mask, Mask], Mask], parts: list[Test]) -> Test:
    return lambda codes: reduce(join, (part(codes) for part in parts))


def _comparison(compare: Callable[[Any, Any], Any], code: float, index: int) -> Test:
    return lambda codes: np.asarray(compare(codes[:, index], code), dtype=np.bool_)


def _membership(wanted: list[float], index: int) -> Test:
    return lambda codes: np.isin(codes[:, index], wanted)


def _relation(
    compare: Callable[[Any, Any], Any], left: str, right: str, columns: Mapping[str, Column]
) -> Test:
    """Two parameters against each other, by value (ordinals too, as in ConfigSpace); both must be active."""
    names = list(columns)
    at = names.index(left), names.index(right)

    def test(codes: Array) -> Mask:
        both = ~np.isnan(codes[:, at]).any(axis=1)
        answer = np.zeros(len(codes), dtype=np.bool_)
        answer[both] = compare(
            columns[left].values_at(codes[both, at[0]]), columns[right].values_at(codes[both, at[1]])
        )
        return answer

    return test
