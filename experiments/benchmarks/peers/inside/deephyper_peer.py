"""DeepHyper: its centralised Bayesian optimisation at its defaults (extra trees, mixed genetic algorithm).

The known constraint is its problem's `constraint_fn`. It maximises, so values change their sign.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from typing import Any

import numpy as np
from deephyper.hpo import CBO, HpProblem

from experiments.benchmarks.peers.inside.configspace_spaces import configuration_space
from experiments.benchmarks.peers.inside.task import Config, Peer, Task


class DeephyperPeer(Peer):
    """A search driven by ask and tell."""

    knows_constraint = True

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        logging.disable(logging.CRITICAL)
        warnings.simplefilter("ignore")
        problem = HpProblem(configuration_space(task), seed=task.seed)
        if task.excess:
            problem.set_constraint_fn(self._allowed)
        self._search = CBO(problem, random_state=task.seed, log_dir=tempfile.mkdtemp(prefix="deephyper-"))

    def ask(self) -> tuple[Any, Config]:
        """The next configuration."""
        (config,) = self._search.ask(1)
        return config, dict(config)

    def tell(self, handle: Any, value: float) -> None:
        """One objective, to be maximised."""
        self._search.tell([(handle, -value)])

    def tell_failure(self, handle: Any, excess: float) -> None:
        """Its own mark of a failure."""
        self._search.tell([(handle, "F_failed")])

    def _allowed(self, table: Any) -> Any:
        assert self.task.excess is not None
        excess = self.task.excess(table.to_dict("records"))
        return np.array(excess) <= 0


def make(task: Task) -> Peer:
    """The search."""
    return DeephyperPeer(task)
