"""HEBO (input warping, power transform, an ensemble of acquisitions) at its defaults."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO

from experiments.benchmarks.peers.inside.task import Config, Parameter, Peer, Task, level


class HeboPeer(Peer):
    """An optimiser asked for one suggestion at a time; inactive parameters stay in the space."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        warnings.simplefilter("ignore")
        torch.set_num_threads(1)
        torch.manual_seed(task.seed)
        np.random.seed(task.seed)  # noqa: NPY002 (HEBO draws from it)
        space = DesignSpace().parse([_dimension(one) for one in task.varying])
        self._optimizer = HEBO(space, scramble_seed=task.seed)

    def ask(self) -> tuple[Any, Config]:
        """The next row of its table."""
        table = self._optimizer.suggest(n_suggestions=1)
        row = table.iloc[0]
        return table, {one.name: _value(one, row[one.name]) for one in self.task.varying}

    def tell(self, handle: Any, value: float) -> None:
        """One value."""
        self._optimizer.observe(handle, np.array([[value]]))


def _dimension(one: Parameter) -> dict[str, Any]:
    if one.kind == "categorical":
        return {"name": one.name, "type": "cat", "categories": list(one.values)}
    if one.kind == "ordinal":
        return {"name": one.name, "type": "int", "lb": 0, "ub": len(one.values) - 1}
    kind = {("float", True): "pow", ("float", False): "num", ("integer", True): "pow_int"}
    return {
        "name": one.name,
        "type": kind.get((one.kind, one.log), "int"),
        "lb": one.lower,
        "ub": one.upper,
        **({"base": 10} if one.log else {}),
    }


def _value(one: Parameter, x: Any) -> Any:
    if one.kind == "ordinal":
        return level(one, x)
    return x if one.kind == "categorical" else {"integer": int, "float": float}[one.kind](x)


def make(task: Task) -> Peer:
    """The optimiser."""
    return HeboPeer(task)
