"""The real ytopt: its `Optimizer` with a random forest and `gp_hedge`, asked and told as its search does.

It is not on PyPI: the variable YTOPT_PYTHON names a Python that has it, its own scikit-optimize and an old
ConfigSpace.
"""

from __future__ import annotations

import warnings
from typing import Any

import ConfigSpace.hyperparameters as hp
from ConfigSpace import ConfigurationSpace, ForbiddenAndConjunction, ForbiddenInClause, InCondition
from ytopt.search.optimizer import Optimizer

from experiments.benchmarks.peers.inside.task import Config, Parameter, Peer, Task


class YtoptPeer(Peer):
    """One worker; the first ten points are random, as by its flag NI."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        warnings.simplefilter("ignore")
        self._optimizer = Optimizer(
            num_workers=1,
            space=_space(task),
            learner="RF",
            acq_func="gp_hedge",
            liar_strategy="cl_max",
            set_KAPPA=1.96,
            set_SEED=task.seed,
            set_NI=10,
        )
        self._next = self._optimizer.ask_initial(n_points=1)

    def ask(self) -> tuple[Any, Config]:
        """The next point; the first is the default."""
        points = self._next or next(self._optimizer.ask(n_points=1))
        self._next = []
        return points[0], dict(points[0])

    def tell(self, handle: Any, value: float) -> None:
        """One value."""
        self._optimizer.tell([(handle, value)])


def _space(task: Task) -> Any:
    space = ConfigurationSpace(seed=task.seed)
    made = {one.name: _hyperparameter(one) for one in task.varying}
    space.add_hyperparameters(list(made.values()))
    for one in task.parameters:
        if one.parent is not None:
            space.add_condition(InCondition(made[one.name], made[one.parent], list(one.when)))
    for clause in task.forbidden:
        parts = [ForbiddenInClause(made[name], list(values)) for name, values in clause.items()]
        space.add_forbidden_clause(ForbiddenAndConjunction(*parts))
    return space


def _hyperparameter(one: Parameter) -> Any:
    if one.kind == "float":
        return hp.UniformFloatHyperparameter(one.name, one.lower, one.upper, log=one.log)
    if one.kind == "integer":
        return hp.UniformIntegerHyperparameter(one.name, int(one.lower), int(one.upper), log=one.log)
    if one.kind == "categorical":
        return hp.CategoricalHyperparameter(one.name, list(one.values))
    return hp.OrdinalHyperparameter(one.name, list(one.values))


def make(task: Task) -> Peer:
    """The optimiser."""
    return YtoptPeer(task)
