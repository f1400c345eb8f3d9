"""What cheaper evaluations save, and cost where they mislead: `python -m experiments.benchmarks fidelity`.

Functions with a known least value at the target fidelity, searched at equal cost by the engine `fidelity` and
by the native engine at the target alone. Branin and Hartmann-6 are those of Kandasamy et al. 2017; below the
target others have values that know nothing of it, or say the opposite, or have their least elsewhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from ConfigSpace import ConfigurationSpace, Float

from runners.documents.document import Section, Table
from search.factory import make_engine

SEEDS, COSTS = 10, (5, 10, 20, 30)
FLOOR = 1e-6
"""Regrets below it are all equal."""

Point = Mapping[str, float]


@dataclass(frozen=True)
class Problem:
    """A function of a configuration and a fidelity named `z`, whose target is 1."""

    name: str
    value: Callable[[Point], float]
    bounds: Mapping[str, tuple[float, float]]
    least: float
    cheapest: float = 0.1
    """The lowest fidelity."""

    def space(self, *, whole: bool) -> ConfigurationSpace:
        """Of the configuration, with the fidelity unless evaluations are `whole`."""
        own = [Float(name, ends) for name, ends in self.bounds.items()]
        return ConfigurationSpace(space=own if whole else [*own, Float("z", (self.cheapest, 1.0), log=True)])


def branin(point: Point) -> float:
    """Branin, shifted where the fidelity is low."""
    x, y, z = point["x"], point["y"], point["z"]
    b = 5.1 / (4 * np.pi**2) - 0.01 * (1 - z)
    c, t = 5 / np.pi - 0.1 * (1 - z), 1 / (8 * np.pi) + 0.05 * (1 - z)
    return float((y - b * x**2 + c * x - 6) ** 2 + 10 * (1 - t) * np.cos(x) + 10)


WELLS = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
PLACES = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def hartmann(point: Point) -> float:
    """Hartmann-6, its four wells less deep where the fidelity is low."""
    x = np.array([point[f"x{n}"] for n in range(6)])
    alpha = np.array([1.0, 1.2, 3.0, 3.2]) - 0.1 * (1 - point["z"])
    return float(-alpha @ np.exp(-np.sum(WELLS * (x - PLACES) ** 2, axis=1)))


def training(point: Point) -> float:
    """A loss after a share of the tokens: the best learning rate falls with them, the best width rises."""
    rate, width, z = point["rate"], point["width"], point["z"]
    shift = 0.15 * np.log10(z)
    return float(2.0 + 2 * (rate - 0.5 + shift) ** 2 + (width - 0.6 - shift) ** 2 + 0.3 * (z**-0.3 - 1))


def opposite(function: Callable[[Point], float], point: Point) -> float:
    """The function at the target; below, more and more of it upside down."""
    whole = function({**point, "z": 1.0})
    return (2 * point["z"] - 1) * whole


def mirrored(
    function: Callable[[Point], float], bounds: Mapping[str, tuple[float, float]], point: Point
) -> float:
    """The function at the target; below, more and more of its mirror image upside down."""
    image = {name: sum(ends) - point[name] for name, ends in bounds.items()}
    z = point["z"]
    return z * function({**point, "z": 1.0}) - (1 - z) * function({**image, "z": 1.0})


def unrelated(function: Callable[[Point], float], scale: float, point: Point) -> float:
    """The function at the target; below, waves that have nothing to do with it."""
    if point["z"] >= 1.0:
        return function(point)
    phases = [k + 5.0 * value for k, value in enumerate(point.values())]
    return scale * float(np.sum(np.sin(phases)))


def shifted(
    function: Callable[[Point], float], bounds: Mapping[str, tuple[float, float]], point: Point
) -> float:
    """The function at the target; below, the same function moved by up to a fifth of the box."""
    moved = {
        name: upper - abs(upper - (point[name] + 0.2 * (upper - lower) * (1 - point["z"])))
        for name, (lower, upper) in bounds.items()
    }
    return function({**moved, "z": 1.0})


BOX = {"x": (-5.0, 10.0), "y": (0.0, 15.0)}
CUBE = {f"x{n}": (0.0, 1.0) for n in range(6)}
B, H = 0.39788735772973816, -3.3223680114155147
PROBLEMS = (
    Problem("Branin", branin, BOX, B),
    Problem("Hartmann-6", hartmann, CUBE, H),
    Problem("training", training, {"rate": (0.0, 1.0), "width": (0.0, 1.0)}, 2.0, 0.01),
    Problem("Branin, moved", partial(shifted, branin, BOX), BOX, B),
    Problem("Branin, opposite", partial(opposite, branin), BOX, B),
    Problem("Branin, mirrored", partial(mirrored, branin, BOX), BOX, B),
    Problem("Branin, unrelated", partial(unrelated, branin, 50.0), BOX, B),
    Problem("Hartmann-6, moved", partial(shifted, hartmann, CUBE), CUBE, H),
    Problem("Hartmann-6, opposite", partial(opposite, hartmann), CUBE, H),
    Problem("Hartmann-6, mirrored", partial(mirrored, hartmann, CUBE), CUBE, H),
    Problem("Hartmann-6, unrelated", partial(unrelated, hartmann, 0.5), CUBE, H),
)


def sections() -> list[Section]:
    """The table of this benchmark."""
    rows = [row for problem in PROBLEMS for row in _rows(problem)]
    columns = ("problem", "engine", *(f"after {cost}" for cost in COSTS), "evaluations")
    text = (
        f"Median regret at the target after the cost of so many whole evaluations, {SEEDS} seeds; in "
        "brackets its ratio to that of the native engine."
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
    if name == "fidelity":
        engine = make_engine(name, problem.space(whole=False), seed=seed, fidelity="z")
    else:
        engine = make_engine(name, problem.space(whole=True), seed=seed)
    found: list[float] = []
    while True:
        best = engine.best()
        spent = engine.history.cost
        regret = np.inf if best is None or best.value is None else best.value - problem.least
        found += [regret for limit in COSTS[len(found) :] if spent >= limit - 1e-9]
        if len(found) == len(COSTS):
            return found, len(engine.history)
        (suggestion,) = engine.ask()
        engine.tell(suggestion, problem.value({"z": 1.0, **suggestion.config}))  # type: ignore[dict-item]
