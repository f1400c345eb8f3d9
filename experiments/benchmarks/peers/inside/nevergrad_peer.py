"""Nevergrad: NGOpt from a random start, with the known constraint registered as a cheap one.

NGOpt's first points ignore its seed when it starts from the middle of the box, so it starts elsewhere.
"""

from __future__ import annotations

import random
import warnings
from typing import Any

import nevergrad as ng
import numpy as np

from experiments.benchmarks.peers.inside.task import Config, Parameter, Peer, Task


class NevergradPeer(Peer):
    """NGOpt, told the number of evaluations and workers beforehand."""

    knows_constraint = True

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        warnings.simplefilter("ignore")
        rng = random.Random(task.seed)
        space = ng.p.Dict(**{one.name: _parameter(one, rng) for one in task.varying})
        space.random_state = np.random.RandomState(task.seed)
        excess = task.excess
        if excess is not None:
            space.register_cheap_constraint(lambda config: excess([config])[0] <= 0)
        self._optimizer = ng.optimizers.NGOpt(space, budget=task.evaluations, num_workers=task.workers)

    def ask(self) -> tuple[Any, Config]:
        """The next candidate."""
        candidate = self._optimizer.ask()
        return candidate, candidate.value

    def tell(self, handle: Any, value: float) -> None:
        """One value."""
        self._optimizer.tell(handle, value)


def _parameter(one: Parameter, rng: random.Random) -> Any:
    u = rng.uniform(0.1, 0.9)
    if one.kind in ("categorical", "ordinal"):
        kind = ng.p.Choice if one.kind == "categorical" else ng.p.TransitionChoice
        return kind(list(one.values))
    if one.log:
        start = one.lower ** (1 - u) * one.upper**u
        made = ng.p.Log(init=start, lower=one.lower, upper=one.upper)
    else:
        made = ng.p.Scalar(init=one.lower + u * (one.upper - one.lower), lower=one.lower, upper=one.upper)
    return made.set_integer_casting() if one.kind == "integer" else made


def make(task: Task) -> Peer:
    """The optimiser."""
    return NevergradPeer(task)
