"""What a prior mean saves, and that a wrong one costs nothing: `python -m experiments.benchmarks prior_mean`.

The native engine searches with what somebody believes of the values: the function itself in other units, with
a bend, without half of its parameters, moved, upside down, another function, and nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.benchmarks.problems import Problem, branin, hartmann, law_1e21
from objectives import laws
from runners.documents.document import Section, Table
from search import make_engine
from search.prior import PriorMean
from spaces.configs import Configs
from spaces.encoding import Encoder

Array = npt.NDArray[np.float64]

SEEDS = 10
EVALUATIONS = 30
MARKS = (10, 20, 30)
TARGETS = (1e-2, 1e-4)
"""Regrets; the table says after how many evaluations the median search is below."""
FLOOR = 1e-6
MOVED = 0.15
"""Of each parameter's range, by which a moved prior is off."""


def sections() -> list[Section]:
    """The table of this benchmark."""
    columns = ("problem", "prior", *(f"evaluations to {target:g}" for target in TARGETS))
    marks = tuple(f"median at {mark}" for mark in MARKS)
    text = (
        f"Simple regret of the native engine, {SEEDS} seeds; in brackets, how many got there within "
        f"{EVALUATIONS} evaluations. Better and worse: seeds whose last regret is a tenth, or ten times, the "
        f"one without a prior; below {FLOOR:g} all are equal.",
    )
    return [Section("Prior mean", text, Table.of((*columns, *marks, "better", "worse"), rows()))]


def rows() -> Iterator[tuple[object, ...]]:
    """One row for each problem and prior."""
    for problem in (branin(), hartmann(), law_1e21()):
        plain = _regrets(problem, None)
        yield (problem.name, "none", *_row(plain, plain))
        for name, prior in priors(problem).items():
            yield (problem.name, name, *_row(_regrets(problem, prior), plain))


def priors(problem: Problem) -> Mapping[str, PriorMean]:
    """Right and wrong beliefs about a problem, by name."""
    right = tabled(problem)
    encoder = Encoder(problem.space())

    def moved(rows: Configs) -> Array:
        there = encoder.encode_many(rows) + MOVED
        return right(encoder.decode_many(np.where(there > 1.0, 2.0 - there, there)))

    def half(rows: Configs) -> Array:
        there = encoder.encode_many(rows)
        there[:, there.shape[1] // 2 :] = 0.5
        return right(encoder.decode_many(there))

    def another(rows: Configs) -> Array:
        there = encoder.encode_many(rows)
        return np.sin(9.0 * there @ np.linspace(1.0, 2.0, there.shape[1])) + there[:, 0] ** 2

    found: dict[str, PriorMean] = {
        "right, other units": lambda rows: 7.0 + 40.0 * right(rows),
        "right, bent": lambda rows: np.arcsinh(right(rows)),
        "half of it": half,
        "moved by 15 %": moved,
        "upside down": lambda rows: -right(rows),
        "another function": another,
    }
    if problem.name == "law-1e21":
        chinchilla = laws.get("hoffmann", "epoch")
        found["hoffmann (epoch)"] = lambda rows: chinchilla.loss(rows["n_active"], rows["tokens"])
    return found


def tabled(problem: Problem) -> Callable[[Configs], Array]:
    """The problem's value over a table."""
    return problem.table or (lambda rows: np.array([problem.value(dict(row)) for row in rows]))


def _regrets(problem: Problem, prior: PriorMean | None) -> Array:
    """Regret after every evaluation, shape (SEEDS, EVALUATIONS)."""
    return np.stack([_regret(problem, prior, seed) for seed in range(SEEDS)])


def _regret(problem: Problem, prior: PriorMean | None, seed: int) -> Array:
    engine = make_engine("native", problem.space(), seed=seed, constraint=problem.constraint, prior=prior)
    values = []
    for _ in range(EVALUATIONS):
        (suggestion,) = engine.ask()
        values.append(problem.value(suggestion.config))
        engine.tell(suggestion, values[-1])
    return np.maximum(np.minimum.accumulate(values) - problem.optimum, 1e-12)


def _row(regret: Array, plain: Array) -> tuple[Any, ...]:
    """The cells of a row from regrets with and without a prior."""
    medians = np.median(regret, axis=0)
    ratio = np.maximum(regret[:, -1], FLOOR) / np.maximum(plain[:, -1], FLOOR)
    return (
        *(_when(regret, target) for target in TARGETS),
        *(f"{medians[mark - 1]:.1e}" for mark in MARKS),
        int(np.sum(ratio <= 0.1)),
        int(np.sum(ratio >= 10.0)),
    )


def _when(regret: Array, target: float) -> str:
    """The median count of evaluations to a regret, those that never get there last; and how many do."""
    below = regret <= target
    counts = np.where(below.any(axis=1), below.argmax(axis=1) + 1.0, np.inf)
    median = float(np.median(counts))
    return f"{'never' if np.isinf(median) else round(median)} ({int(below.any(axis=1).sum())})"
