"""OpenBox: its advisor with everything chosen automatically; a known constraint is told as an outcome."""

from __future__ import annotations

import warnings
from typing import Any

from openbox import Advisor, Observation, space

from experiments.benchmarks.peers.inside.task import Config, Parameter, Peer, Task

FAILED = 1


class OpenboxPeer(Peer):
    """An advisor; constraints are learned from the amounts by which they were broken."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        warnings.simplefilter("ignore")
        self._advisor = Advisor(
            _space(task),
            num_constraints=1 if task.excess else 0,
            output_dir=None,
            random_state=task.seed,
            logger_kwargs={"level": "ERROR", "stream": False, "logdir": None},
        )

    def ask(self) -> tuple[Any, Config]:
        """The next configuration."""
        config = self._advisor.get_suggestion()
        return config, dict(config.get_dictionary())

    def tell(self, handle: Any, value: float) -> None:
        """A successful observation."""
        self._observe(handle, value, -1.0)

    def tell_failure(self, handle: Any, excess: float) -> None:
        """A penalty, and by how much the constraint was broken."""
        self._observe(handle, self.penalty, excess or -1.0)

    def _observe(self, handle: Any, value: float, excess: float) -> None:
        constraints = [excess] if self.task.excess else None
        self._advisor.update_observation(Observation(handle, [value], constraints))


def _space(task: Task) -> Any:
    made = {one.name: _variable(one) for one in task.parameters}
    built = space.Space(seed=task.seed)
    built.add_variables(list(made.values()))
    for one in task.parameters:
        if one.parent is not None:
            built.add_condition(space.InCondition(made[one.name], made[one.parent], list(one.when)))
    return built


def _variable(one: Parameter) -> Any:
    if one.kind == "float":
        return space.Real(one.name, one.lower, one.upper, log=one.log)
    if one.kind == "integer":
        return space.Int(one.name, int(one.lower), int(one.upper), log=one.log)
    if one.kind == "categorical":
        return space.Categorical(one.name, list(one.values))
    if one.kind == "constant":
        return space.Constant(one.name, one.values[0])
    return space.Ordinal(one.name, list(one.values))


def make(task: Task) -> Peer:
    """The advisor."""
    return OpenboxPeer(task)
