"""scikit-optimize: `Optimizer` with a random forest or a Gaussian process, otherwise at its defaults.

The known constraint is its `space_constraint`; parameters that are inactive stay in the space.
"""

from __future__ import annotations

import warnings
from typing import Any

from skopt import Optimizer
from skopt.space import Categorical, Integer, Real

from experiments.benchmarks.peers.inside.task import Config, Parameter, Peer, Task, level


class SkoptPeer(Peer):
    """An `Optimizer`; it has no pending trials, so that it serves one worker only."""

    def __init__(self, task: Task, learner: str) -> None:
        super().__init__(task)
        self.knows_constraint = task.by_rule  # it looks at ten thousand points one by one
        warnings.simplefilter("ignore")
        self._optimizer = Optimizer(
            [_dimension(one) for one in task.varying],
            base_estimator=learner,
            random_state=task.seed,
            n_jobs=1,
            space_constraint=self._allowed if task.excess and task.by_rule else None,
        )

    def ask(self) -> tuple[Any, Config]:
        """The next point."""
        point = self._optimizer.ask()
        return point, self._config(point)

    def tell(self, handle: Any, value: float) -> None:
        """One value; the model is fitted again."""
        self._optimizer.tell(handle, value)

    def _allowed(self, point: list[Any]) -> bool:
        assert self.task.excess is not None
        return self.task.excess([self._config(point)])[0] <= 0

    def _config(self, point: list[Any]) -> Config:
        pairs = zip(self.task.varying, point)  # noqa: B905 (Python 3.9)
        return {one.name: level(one, x) if one.kind == "ordinal" else x for one, x in pairs}


def _dimension(one: Parameter) -> Any:
    prior = "log-uniform" if one.log else "uniform"
    if one.kind == "float":
        return Real(one.lower, one.upper, prior=prior)
    if one.kind == "integer":
        return Integer(int(one.lower), int(one.upper), prior=prior)
    if one.kind == "categorical":
        return Categorical(list(one.values))
    return Integer(0, len(one.values) - 1)


def make(task: Task, learner: str) -> Peer:
    """The learner is `RF` or `GP`."""
    return SkoptPeer(task, learner)
