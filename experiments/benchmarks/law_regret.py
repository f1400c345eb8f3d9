"""Simple regret of the native engine: `python -m experiments.benchmarks law_regret`.

The bar is on law-1e21: a median over ten seeds of at most 1e-5 after 25 evaluations and 1e-6 after 50, and no
infeasible evaluation. The other problems and random search are there for orientation.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.benchmarks.measure import median
from experiments.benchmarks.problems import Problem, branin, dense_or_moe, hartmann, law_1e21
from runners.documents.document import Section, Table
from search import make_engine
from spaces.configs import Configs

SEEDS = 10
MARKS = (10, 25, 50, 100)
CONTESTANTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("native", "native", {}),
    ("native, forest", "native", {"surrogate": "forest"}),
    ("random", "random", {}),
)


@dataclass(frozen=True)
class Search:
    """One search: the regret after every evaluation, and what it took."""

    regret: npt.NDArray[np.float64]
    infeasible: int
    last_ask: float
    """Median wall seconds of ask and tell over the last ten trials."""
    cpu: float
    """Processor seconds of the whole search."""


def sections() -> list[Section]:
    """The table of this benchmark."""
    columns = ("problem", "engine", *(f"median at {mark}" for mark in MARKS), f"worst at {MARKS[-1]}")
    costs = ("infeasible", f"ask + tell at {MARKS[-1]}", "CPU per search")
    text = (f"Simple regret, median of {SEEDS} seeds.",)
    return [Section("Regret", text, Table.of((*columns, *costs), rows()))]


def rows() -> Iterator[tuple[str, ...]]:
    """One row per problem and engine; the forest only where parameters are conditional."""
    for problem in (law_1e21(), branin(), hartmann(), dense_or_moe()):
        for label, name, options in CONTESTANTS:
            if options and "conditional" not in problem.name:
                continue
            searches = [search(problem, name, seed, MARKS[-1], **options) for seed in range(SEEDS)]
            regret = np.stack([one.regret for one in searches])
            yield (
                problem.name,
                label,
                *(f"{np.median(regret[:, mark - 1]):.1e}" for mark in MARKS),
                f"{regret[:, -1].max():.1e}",
                str(sum(one.infeasible for one in searches)),
                f"{1e3 * median([one.last_ask for one in searches]):.1f} ms",
                f"{median([one.cpu for one in searches]):.1f} s",
            )


def search(problem: Problem, name: str, seed: int, evaluations: int, **options: Any) -> Search:
    """One search of so many evaluations, one at a time."""
    engine = make_engine(name, problem.space(), seed=seed, constraint=problem.constraint, **options)
    values, spent, infeasible, begun = [], [], 0, time.process_time()
    for _ in range(evaluations):
        start = time.perf_counter()
        (suggestion,) = engine.ask()
        asked = time.perf_counter() - start
        values.append(problem.value(suggestion.config))
        if problem.constraint is not None:
            infeasible += not np.all(problem.constraint(Configs.from_rows([suggestion.config])))
        start = time.perf_counter()
        engine.tell(suggestion, values[-1])
        spent.append(asked + time.perf_counter() - start)
    regret = np.minimum.accumulate(values) - problem.optimum
    return Search(regret, infeasible, median(spent[-10:]), time.process_time() - begun)
