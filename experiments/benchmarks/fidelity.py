"""What cheaper evaluations save, and cost where they mislead: `python -m experiments.benchmarks fidelity`.

The engine `fidelity` beside the native engine at the target alone, in the same space and at equal cost.
"""

import numpy as np

from experiments.benchmarks.problems_fidelity import FUNCTIONS, Problem, tables
from runners.documents.document import Section, Table
from search.engine import Engine
from search.factory import make_engine
from search.fidelity import Fidelity
from search.stopping import ROUNDING

SEEDS, COSTS = 6, (5, 10, 20, 30)
FLOOR = 1e-6
"""Regrets below it are all equal."""


def sections() -> list[Section]:
    """The table of this benchmark."""
    rows = [row for problem in (*FUNCTIONS, *tables()) for row in _rows(problem)]
    columns = ("problem", "engine", *(f"after {cost}" for cost in COSTS), "evaluations")
    text = (
        f"Median regret at the target after the cost of so many whole evaluations, {SEEDS} seeds, and "
        f"in brackets the ratio to that of the native engine. Regrets below {FLOOR:g} are all equal."
    )
    return [Section("Multi-fidelity", (text,), Table.of(columns, rows))]


def _rows(problem: Problem) -> list[tuple[str, ...]]:
    native, fidelity = (
        [regrets(problem, engine, seed) for seed in range(SEEDS)] for engine in ("native", "fidelity")
    )
    alone, told = (
        np.maximum(np.median([run for run, _ in runs], axis=0), FLOOR) for runs in (native, fidelity)
    )
    cells = [f"{mine:.1e} ({mine / other:.2g})" for mine, other in zip(told, alone, strict=True)]
    asked = [f"{np.mean([count for _, count in runs]):.0f}" for runs in (native, fidelity)]
    return [
        (problem.name, "native", *(f"{each:.1e}" for each in alone), asked[0]),
        (problem.name, "fidelity", *cells, asked[1]),
    ]


def regrets(problem: Problem, name: str, seed: int) -> tuple[list[float], int]:
    """Regret at the target when each of `COSTS` was spent, and how many evaluations that took."""
    engine = _engine(problem, name, seed)
    found: list[float] = []
    while True:
        best = engine.best()
        regret = np.inf if best is None or best.value is None else best.value - problem.least
        found += [regret for limit in COSTS[len(found) :] if engine.history.cost >= limit - ROUNDING]
        if len(found) == len(COSTS):
            return found, len(engine.history)
        (suggestion,) = engine.ask()
        value = problem.value(suggestion.config)  # type: ignore[arg-type]
        engine.tell_failure(suggestion, "failed") if value is None else engine.tell(suggestion, value)


def _engine(problem: Problem, name: str, seed: int) -> Engine:
    space = problem.space()
    if name == "fidelity":
        return make_engine(name, space, seed=seed, fidelity="z")
    return make_engine(name, Fidelity.of(space, "z", 1.0).at_target(space), seed=seed)
