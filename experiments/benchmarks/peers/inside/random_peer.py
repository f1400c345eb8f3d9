"""The smallest peer: random legal points. It shows what an adapter is, and tests of the protocol use it."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.benchmarks.peers.inside.task import Config, Peer, Task
from experiments.benchmarks.peers.inside.unit_cube import Cube


class RandomPeer(Peer):
    """Draws until the barrier lets a point through, if it was told to look."""

    def __init__(self, task: Task, knows_constraint: bool) -> None:
        super().__init__(task)
        self.knows_constraint = knows_constraint
        self._cube, self._rng = Cube(task), np.random.default_rng(task.seed)

    def ask(self) -> tuple[Any, Config]:
        """A point; what became of the others does not matter."""
        if self.knows_constraint:
            row = self._cube.random(1, self._rng)[0]
        else:
            row = self._rng.random(self._cube.dimension)
        return row, self._cube.config(row)

    def tell(self, handle: Any, value: float) -> None:
        """Nothing is learned."""


def make(task: Task, knows_constraint: bool = True) -> Peer:
    """Random points, legal ones if it knows the constraint."""
    return RandomPeer(task, knows_constraint)
