"""A task as a ConfigSpace, for the peers that take one (SMAC3, DeepHyper)."""

from __future__ import annotations

from typing import Any

import ConfigSpace as CS  # noqa: N817

from experiments.benchmarks.peers.inside.task import Parameter, Task


def configuration_space(task: Task) -> CS.ConfigurationSpace:
    """Parameters, conditions and forbidden clauses; the known constraint has no place in it."""
    space = CS.ConfigurationSpace(seed=task.seed)
    made = {one.name: _hyperparameter(one) for one in task.parameters}
    space.add(*made.values())
    children = [one for one in task.parameters if one.parent is not None]
    space.add(*(CS.InCondition(made[one.name], made[str(one.parent)], list(one.when)) for one in children))
    space.add(*(_forbidden(clause, made) for clause in task.forbidden))
    return space


def _hyperparameter(one: Parameter) -> Any:
    if one.kind == "float":
        return CS.UniformFloatHyperparameter(one.name, one.lower, one.upper, log=one.log)
    if one.kind == "integer":
        return CS.UniformIntegerHyperparameter(one.name, int(one.lower), int(one.upper), log=one.log)
    if one.kind == "categorical":
        return CS.CategoricalHyperparameter(one.name, list(one.values))
    if one.kind == "constant":
        return CS.Constant(one.name, one.values[0])
    return CS.OrdinalHyperparameter(one.name, list(one.values))


def _forbidden(clause: Any, made: Any) -> Any:
    parts = [CS.ForbiddenInClause(made[name], list(values)) for name, values in clause.items()]
    return CS.ForbiddenAndConjunction(*parts)
