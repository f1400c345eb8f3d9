"""What the programs are compared on: each case makes a problem for a seed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from experiments.benchmarks import problems_bbob, problems_tables
from experiments.benchmarks.problems import Problem, branin, hartmann, law_1e21
from experiments.benchmarks.problems_architecture import architecture_loss, architecture_mmlu
from experiments.benchmarks.problems_bbob import FUNCTIONS, bbob
from experiments.benchmarks.problems_conditional import recipe
from experiments.benchmarks.problems_continuous import (
    ackley,
    failing_branin,
    failing_hartmann,
    noisy,
    rosenbrock,
)

MARKS = (25, 50, 100)
"""Evaluations after which programs are compared."""
DIMENSIONS = (5, 10)


@dataclass(frozen=True)
class Case:
    """One row of the comparison."""

    name: str
    problem: Callable[[int], Problem]
    """The instance for a seed."""
    group: str = "named"
    smooth: bool = False
    """Whether a solver by finite differences applies."""
    evaluations: int = MARKS[-1]
    workers: int = 1

    @property
    def available(self) -> bool:
        """Whether the data and programs it needs are there."""
        if self.group.startswith("bbob"):
            return problems_bbob.available()
        return problems_tables.available() if self.group == "tables" else True


def every_case() -> list[Case]:
    """All of them, the named problems first."""
    return [*_named(), *_tables(), *_bbob(), CROWD, *COSTS]


CROWD = Case("8 workers, Hartmann-6", lambda seed: hartmann(), "crowd", workers=8)
COSTS = tuple(
    Case(f"cost at {n}, Hartmann-6", lambda seed: hartmann(), "cost", evaluations=n) for n in (300, 1000)
)


def _named() -> Iterator[Case]:
    yield Case("law 1e21", lambda seed: law_1e21(), smooth=True)
    yield Case("Branin", lambda seed: branin(), smooth=True)
    yield Case("Hartmann-6", lambda seed: hartmann(), smooth=True)
    yield Case("Ackley-10", lambda seed: ackley())
    yield Case("recipe (mixed, conditional)", lambda seed: recipe())
    yield Case("Rosenbrock-6, region barred", lambda seed: rosenbrock(), smooth=True)
    yield Case("architecture, loss", lambda seed: architecture_loss())
    yield Case("architecture, MMLU", lambda seed: architecture_mmlu())
    yield Case("Branin, noisy", lambda seed: noisy(branin()))
    yield Case("Hartmann-6, noisy", lambda seed: noisy(hartmann()))
    yield Case("Branin, failing", lambda seed: failing_branin())
    yield Case("Hartmann-6, failing", lambda seed: failing_hartmann())


def _tables() -> Iterator[Case]:
    yield Case("Step Law, dense", lambda seed: problems_tables.tuning("dense", seed), "tables")
    yield Case("Step Law, MoE, model too", lambda seed: problems_tables.model_and_recipe(), "tables")


def _bbob() -> Iterator[Case]:
    """Each function in each dimension; a seed is an instance."""
    for dimension in DIMENSIONS:
        for function in FUNCTIONS:
            yield _bbob_case(function, dimension)


def _bbob_case(function: int, dimension: int) -> Case:
    name = f"f{function:02d}, {dimension}-d"
    return Case(name, lambda seed: bbob(function, dimension, seed + 1), f"bbob-{dimension}")
