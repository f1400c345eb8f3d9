"""SMAC3: the facade for hyperparameters (random forest) or the one for black boxes (Gaussian process).

Conditions and forbidden clauses are in its ConfigSpace; a known constraint has no place there.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

from smac import BlackBoxFacade, HyperparameterOptimizationFacade, Scenario
from smac.runhistory.dataclasses import TrialValue
from smac.runhistory.enumerations import StatusType

from experiments.benchmarks.peers.inside.configspace_spaces import configuration_space
from experiments.benchmarks.peers.inside.task import Config, Peer, Task

FACADES = {"hpo": HyperparameterOptimizationFacade, "blackbox": BlackBoxFacade}


class SmacPeer(Peer):
    """A facade driven by ask and tell."""

    def __init__(self, task: Task, facade: str) -> None:
        super().__init__(task)
        logging.disable(logging.CRITICAL)
        scenario = Scenario(
            configuration_space(task),
            n_trials=100 * task.evaluations,
            deterministic=True,
            seed=task.seed,
            output_directory=Path(tempfile.mkdtemp(prefix="smac-")),
        )
        kind = FACADES[facade]
        first = kind.get_initial_design(scenario, n_configs=min(10, task.evaluations // 4))
        self._smac = kind(scenario, lambda config, seed=0: 0.0, initial_design=first, logging_level=False)

    def ask(self) -> tuple[Any, Config]:
        """The next trial."""
        trial = self._smac.ask()
        return trial, dict(trial.config)

    def tell(self, handle: Any, value: float) -> None:
        """A successful trial."""
        self._smac.tell(handle, TrialValue(cost=value), save=False)

    def tell_failure(self, handle: Any, excess: float) -> None:
        """A crashed trial, with a penalty for its cost."""
        self._smac.tell(handle, TrialValue(cost=self.penalty, status=StatusType.CRASHED), save=False)


def make(task: Task, facade: str) -> Peer:
    """The facade `hpo` or `blackbox`."""
    return SmacPeer(task, facade)
