"""Optuna: the TPE and the Gaussian-process sampler, at their defaults, with Optuna's own constraints.

Its samplers learn a constraint from the amounts by which trials broke it; ordinals are given as integers.
"""

from __future__ import annotations

import warnings
from typing import Any

import optuna

from experiments.benchmarks.peers.inside.task import Config, Parameter, Peer, Task, level

EXCESS = "excess"


class OptunaPeer(Peer):
    """A study driven by ask and tell."""

    def __init__(self, task: Task, sampler: str) -> None:
        super().__init__(task)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore")
        constraints = (lambda trial: [trial.user_attrs.get(EXCESS, -1.0)]) if task.excess else None
        if sampler == "tpe":
            chosen: Any = optuna.samplers.TPESampler(seed=task.seed, constraints_func=constraints)
        else:
            chosen = optuna.samplers.GPSampler(
                seed=task.seed, constraints_func=constraints, deterministic_objective=not task.noisy
            )
        self._study = optuna.create_study(sampler=chosen)

    def ask(self) -> tuple[Any, Config]:
        """The next trial, its parameters suggested from the parents down."""
        trial = self._study.ask()
        config: Config = {}
        for one in self.task.parameters:
            if one.kind != "constant" and (one.parent is None or config.get(one.parent) in one.when):
                config[one.name] = _suggest(trial, one)
        return trial, config

    def tell(self, handle: Any, value: float) -> None:
        """A completed trial; what it left of the constraint is told with it."""
        if self.task.excess:
            handle.set_user_attr(EXCESS, -1.0)
        self._study.tell(handle, value)

    def tell_failure(self, handle: Any, excess: float) -> None:
        """A trial that broke the constraint is complete with a penalty; one that failed is failed."""
        if excess > 0:
            handle.set_user_attr(EXCESS, excess)
            self._study.tell(handle, self.penalty)
        else:
            self._study.tell(handle, state=optuna.trial.TrialState.FAIL)


def _suggest(trial: Any, one: Parameter) -> Any:
    if one.kind == "float":
        return trial.suggest_float(one.name, one.lower, one.upper, log=one.log)
    if one.kind == "integer":
        return trial.suggest_int(one.name, int(one.lower), int(one.upper), log=one.log)
    if one.kind == "categorical":
        return trial.suggest_categorical(one.name, list(one.values))
    return level(one, trial.suggest_int(one.name, 0, len(one.values) - 1))


def make(task: Task, sampler: str) -> Peer:
    """A study with the sampler `tpe` or `gp`."""
    return OptunaPeer(task, sampler)
