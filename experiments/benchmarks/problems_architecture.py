"""Architecture search under a FLOP budget over discrete shapes; optima by looking at every shape."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace

from experiments.benchmarks.problems import Problem
from objectives import laws
from objectives.architecture_objective import ArchitectureObjective
from objectives.budget import Budget
from objectives.capability.objective import PerformanceObjective
from objectives.laws.performance import Performance
from spaces.architecture_space import CHOICES, KINDS, architecture_space
from spaces.configs import Configs
from spaces.encoding import Encoder

MIXTURES = {
    "n_kv_heads": [4, 8],
    "experts": [8, 32, 128, 256],
    "top_k": [1, 2, 4, 8],
    "shared_experts": [0, 1],
}
"""Fewer choices than the space has, so that every one of them can be looked at in seconds."""


@lru_cache
def architecture_loss() -> Problem:
    """Least predicted loss, dense or mixture of experts, for 1e22 FLOPs and at most 5e10 parameters."""
    objective = ArchitectureObjective(
        laws.get("generalized", "moe"), Budget(1e22, max_total_params=5e10, max_sparsity=0.98)
    )
    return _problem("architecture, loss", objective, KINDS, MIXTURES)


@lru_cache
def architecture_mmlu() -> Problem:
    """Highest MMLU of a dense model for 1e23 FLOPs and at most 15e12 tokens, as 100 - MMLU."""
    law = laws.get("performance")
    assert isinstance(law, Performance)
    objective = PerformanceObjective(law, Budget(1e23, max_tokens=15e12))
    return _problem("architecture, MMLU", objective, ("dense",), {})


def _problem(
    name: str,
    objective: ArchitectureObjective | PerformanceObjective,
    kinds: tuple[str, ...],
    choices: dict[str, Any],
) -> Problem:
    def space() -> ConfigurationSpace:
        return architecture_space(list(kinds), **choices)

    best = np.inf
    for table in every_shape(kinds, choices):
        values = np.where(objective.feasible(table), objective.evaluate_many(table)[objective.metric], np.inf)
        best = min(best, float(np.nanmin(values)))
    return Problem(
        name, space, lambda c: objective.evaluate(c, seed=0)[objective.metric], best, objective.feasible
    )


def every_shape(kinds: tuple[str, ...], choices: dict[str, Any]) -> Iterator[Configs]:
    """All legal shapes of such a space, kind by kind and width by width to bound the memory."""
    for kind in kinds:
        for width in choices.get("d_model", CHOICES["d_model"]):
            encoder = Encoder(architecture_space(kind, **{**choices, "d_model": width}))
            yield encoder.decode_many(encoder.every())
