"""What a crowd costs: regret after as many evaluations, one hundred workers beside one.

`python -m experiments.benchmarks crowd_regret` takes about twenty minutes of one core. The bar: a median
regret of at most 1.5 times that of the sequential search, once each worker has had ten evaluations. Regrets
below `SOLVED` of the problem's range are taken as equal: what is left there is rounding.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from experiments.benchmarks.problems import Problem, branin, dense_or_moe, hartmann, law_1e21
from experiments.benchmarks.simulation import simulate
from runners.backends.simulated import Workload
from runners.documents.document import Section, Table

SEEDS = 5
WORKERS = 100
MARKS = (200, 300, 500, 1000)
SOLVED = 1e-8
"""Of the range of the first hundred values."""


def sections() -> list[Section]:
    """The table of this benchmark."""
    text = (
        f"Simple regret after equal numbers of evaluations, median of {SEEDS} seeds; log-normal durations. A "
        f"ratio counts regrets below {SOLVED:g} of the problem's range as that.",
    )
    columns = ("problem", "workers", *(f"after {mark}" for mark in MARKS))
    return [Section("Regret of a crowd", text, Table.of(columns, rows()))]


def rows() -> Iterator[tuple[str, ...]]:
    """Three rows per problem: the two searches and their ratio."""
    for problem in (law_1e21(), branin(), hartmann(), dense_or_moe()):
        alone, crowd = (medians(problem, workers) for workers in (1, WORKERS))
        floor = SOLVED * value_range(problem)
        ratio = [max(b, floor) / max(a, floor) for a, b in zip(alone, crowd, strict=True)]
        yield problem.name, "1", *(f"{each:.1e}" for each in alone)
        yield problem.name, str(WORKERS), *(f"{each:.1e}" for each in crowd)
        yield problem.name, "ratio", *(f"{each:.2g}" for each in ratio)


def medians(problem: Problem, workers: int) -> Sequence[float]:
    """Median regret at the marks."""
    regrets = []
    for seed in range(SEEDS):
        found = simulate(problem, workers, MARKS[-1], Workload(seed=seed), seed=seed)
        regrets.append([found.regret[mark - 1] for mark in MARKS])
    return [float(each) for each in np.median(regrets, axis=0)]


def value_range(problem: Problem) -> float:
    """Largest minus least of a hundred random values."""
    space = problem.space()
    space.seed(0)
    values = [problem.value(dict(config)) for config in space.sample_configuration(100)]
    return max(values) - min(values)
