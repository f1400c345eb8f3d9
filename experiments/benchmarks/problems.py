"""Problems with known optima, small enough to search thousands of times.

Further ones: `problems_continuous` (Ackley, Rosenbrock, noise and failures), `problems_conditional`,
`problems_architecture`, `problems_tables` (real runs) and `problems_bbob`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer

from objectives import laws
from objectives.budget import Budget
from objectives.exact import optimum
from objectives.law_objectives import LawObjective
from search.engine import Constraint
from spaces.configs import Configs
from spaces.law import law_space

HARTMANN_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
HARTMANN_A = np.array(
    [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ]
)
HARTMANN_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


@dataclass(frozen=True)
class Problem:
    """What is searched, and the least value there is."""

    name: str
    space: Callable[[], ConfigurationSpace]
    value: Callable[[dict[str, Any]], float]
    """Without noise."""
    optimum: float
    constraint: Constraint | None = None
    noise: float = 0.0
    """Standard deviation of the Gaussian noise of an observation."""
    fails: Callable[[dict[str, Any]], bool] | None = None
    """Which configurations have no value; a search learns it only by asking for one."""
    table: Callable[[Configs], npt.NDArray[np.float64]] | None = None
    """`value` of many rows at once, where that is quicker."""
    excess: str | None = None
    """The constraint as an expression that is at most 0 where it is kept, for programs in other processes."""

    def observe(self, config: dict[str, Any], seed: int, number: int) -> float | None:
        """What evaluation `number` of a search returns, the same for every program; None where it fails."""
        if self.fails is not None and self.fails(config):
            return None
        error = np.random.default_rng([seed, number]).standard_normal() if self.noise else 0.0
        return self.value(config) + self.noise * float(error)


def law_1e21() -> Problem:
    """The generalised law at 1e21 FLOPs, its certified optimum inside the box of the job `law-1e21`."""
    law = laws.custom("generalized", e=1.69, a=406.4, b=410.7, alpha=0.34, beta=0.28, c=300.0, gamma=0.05)
    budget = Budget(1e21, max_sparsity=0.98)
    objective = LawObjective(law, budget)
    return Problem(
        "law-1e21",
        lambda: law_space([1e7, 1e12], [1e8, 1e13], [0, 0.98]),
        lambda config: objective.evaluate(config, seed=0)["loss"],
        optimum(law, budget).loss,
        objective.feasible,
        table=lambda rows: objective.evaluate_many(rows)["loss"],
        excess=f"log10(6 * n_active * tokens / {budget.flops})",
    )


def branin() -> Problem:
    """Two dimensions, three global optima (Dixon and Szego 1978)."""

    def value(c: dict[str, Any]) -> float:
        x, y = c["x"], c["y"]
        parabola = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
        return float(parabola**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)

    return Problem(
        "Branin",
        lambda: ConfigurationSpace({"x": (-5.0, 10.0), "y": (0.0, 15.0)}),
        value,
        0.39788735772973816,
    )


def hartmann() -> Problem:
    """Six dimensions, a second basin that is worse by 0.119 (Dixon and Szego 1978)."""

    def value(c: dict[str, Any]) -> float:
        x = np.array([c[f"x{j}"] for j in range(6)])
        return -float(HARTMANN_ALPHA @ np.exp(-(HARTMANN_A * (x - HARTMANN_P) ** 2).sum(axis=1)))

    return Problem(
        "Hartmann-6",
        lambda: ConfigurationSpace({f"x{j}": (0.0, 1.0) for j in range(6)}),
        value,
        -3.3223680114155147,
    )


def dense_or_moe() -> Problem:
    """Mixed and conditional: only mixtures have experts and capacity; the optimum is 0 by construction."""

    def space() -> ConfigurationSpace:
        space = ConfigurationSpace()
        kind = Categorical("kind", ["dense", "moe"])
        experts = Integer("experts", (2, 256), log=True)
        capacity = Float("capacity", (1.0, 2.0))
        space.add(kind, Float("width", (1.0, 1e3), log=True), Integer("depth", (2, 64), log=True))
        space.add(experts, capacity)
        space.add(EqualsCondition(experts, kind, "moe"), EqualsCondition(capacity, kind, "moe"))
        return space

    def value(c: dict[str, Any]) -> float:
        trunk = (math.log10(c["width"]) - 1.7) ** 2 + 0.1 * (math.log2(c["depth"]) - 4) ** 2
        if c["kind"] == "dense":
            return float(trunk + 0.5)
        return float(trunk + 0.05 * (math.log2(c["experts"]) - 5) ** 2 + (c["capacity"] - 1.3) ** 2)

    return Problem("dense or MoE (conditional)", space, value, 0.0)
