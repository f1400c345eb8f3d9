"""Plain nonlinear programming: SciPy's SLSQP, or L-BFGS-B, by finite differences, started again until spent.

No model of the objective, no learning across starts: what a smooth problem needs less than a search. The
constraint is SLSQP's own inequality; L-BFGS-B knows none.
"""

from __future__ import annotations

import threading
from queue import Queue
from typing import Any

import numpy as np
from scipy.optimize import minimize

from experiments.benchmarks.peers.inside.task import Config, Peer, Task
from experiments.benchmarks.peers.inside.unit_cube import Cube

STEP = 1e-6
"""Of the finite differences, in the unit cube; each gradient costs d evaluations."""


class ScipyPeer(Peer):
    """A solver in a thread of its own, whose every function call is an evaluation."""

    knows_constraint = True

    def __init__(self, task: Task, method: str) -> None:
        super().__init__(task)
        self._cube, self._method = Cube(task), method
        self._points: Queue[Any] = Queue()
        self._values: Queue[float] = Queue()
        threading.Thread(target=self._solve, daemon=True).start()
        self._next = self._points.get()

    def ask(self) -> tuple[Any, Config]:
        """The point the solver wants to know next."""
        return self._next, self._cube.config(self._next)

    def tell(self, handle: Any, value: float) -> None:
        """The answer to the solver, and what it asks then: it never runs while the host does."""
        self._values.put(value)
        self._next = self._points.get()

    def _solve(self) -> None:
        rng = np.random.default_rng(self.task.seed)
        while True:
            start = self._cube.random(1, rng)[0]
            minimize(
                self._value,
                start,
                method=self._method,
                bounds=[(0.0, 1.0)] * self._cube.dimension,
                constraints=self._constraints(),
                options={"eps": STEP, "ftol": 1e-13},
            )

    def _constraints(self) -> Any:
        if self.task.excess is None or self._method != "SLSQP":
            return ()
        return {"type": "ineq", "fun": lambda row: -self._cube.excess([row])[0]}

    def _value(self, row: Any) -> float:
        self._points.put(np.clip(row, 0.0, 1.0))
        return self._values.get()


def make(task: Task, method: str) -> Peer:
    """The method `SLSQP` or `L-BFGS-B`."""
    return ScipyPeer(task, method)
