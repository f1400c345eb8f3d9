"""Problems with a fidelity: a function of a configuration and of `z`, the share of a whole evaluation.

Branin and Hartmann-6 are those of Kandasamy et al. 2017. Below the target some of the others have values that
know nothing of it, or say the opposite, or have their least elsewhere. Step Law's are real trainings
(arXiv:2503.04715), which lie beside the repository, in the folder `shared`.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from ConfigSpace import ConfigurationSpace, Float, OrdinalHyperparameter

from experiments.benchmarks.problems import HARTMANN_A, HARTMANN_ALPHA, HARTMANN_P
from experiments.benchmarks.problems_tables import FILES, FOLDER, available

LEVELS = 4
"""Token counts of a model whose trainings make a problem."""

Point = Mapping[str, float]


@dataclass(frozen=True)
class Problem:
    """A function of a configuration and a fidelity named `z`, whose target is 1."""

    name: str
    value: Callable[[Point], float | None]
    """`None` where a trial fails."""
    parameters: Mapping[str, tuple[float, float] | list[float]]
    """Ranges, and lists of ordered values."""
    least: float
    cheapest: float = 0.1
    """The lowest fidelity."""

    def space(self) -> ConfigurationSpace:
        """Of the configuration and the fidelity."""
        space = ConfigurationSpace({"z": Float("z", (self.cheapest, 1.0), log=True)})
        for name, values in self.parameters.items():
            listed = isinstance(values, list)
            space.add(OrdinalHyperparameter(name, values) if listed else Float(name, values))  # type: ignore[arg-type]
        return space


def branin(point: Point) -> float:
    """Branin, shifted where the fidelity is low."""
    x, y, z = point["x"], point["y"], point["z"]
    b = 5.1 / (4 * np.pi**2) - 0.01 * (1 - z)
    c, t = 5 / np.pi - 0.1 * (1 - z), 1 / (8 * np.pi) + 0.05 * (1 - z)
    return float((y - b * x**2 + c * x - 6) ** 2 + 10 * (1 - t) * np.cos(x) + 10)


def hartmann(point: Point) -> float:
    """Hartmann-6, its four wells less deep where the fidelity is low."""
    x = np.array([point[f"x{n}"] for n in range(6)])
    alpha = HARTMANN_ALPHA - 0.1 * (1 - point["z"])
    return float(-alpha @ np.exp(-np.sum(HARTMANN_A * (x - HARTMANN_P) ** 2, axis=1)))


def training(point: Point) -> float:
    """A loss after a share of the tokens: the best learning rate falls with them, the best width rises."""
    rate, width, z = point["rate"], point["width"], point["z"]
    shift = 0.15 * np.log10(z)
    return float(2.0 + 2 * (rate - 0.5 + shift) ** 2 + (width - 0.6 - shift) ** 2 + 0.3 * (z**-0.3 - 1))


EIGENVALUES = np.geomspace(1.0, 30.0, 6)
TURN = np.linalg.qr(np.random.default_rng(6).standard_normal((6, 6)))[0]


def recipe(point: Point) -> float:
    """A loss over six hyperparameters that depend on each other; the best values move with the tokens."""
    x = np.array([point[f"x{n}"] for n in range(6)])
    aside = TURN @ (x - np.linspace(0.3, 0.7, 6) - 0.03 * np.log10(point["z"]))
    return float(2.0 + np.log1p(EIGENVALUES @ aside**2) + 0.3 * (point["z"] ** -0.3 - 1))


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
FUNCTIONS = (
    Problem("Branin", branin, BOX, B),
    Problem("Hartmann-6", hartmann, CUBE, H),
    Problem("training", training, {"rate": (0.0, 1.0), "width": (0.0, 1.0)}, 2.0, 0.01),
    Problem("recipe", recipe, CUBE, 2.0, 0.02),
    Problem("Branin, moved", partial(shifted, branin, BOX), BOX, B),
    Problem("Branin, opposite", partial(opposite, branin), BOX, B),
    Problem("Branin, mirrored", partial(mirrored, branin, BOX), BOX, B),
    Problem("Branin, unrelated", partial(unrelated, branin, 50.0), BOX, B),
    Problem("Hartmann-6, moved", partial(shifted, hartmann, CUBE), CUBE, H),
    Problem("Hartmann-6, opposite", partial(opposite, hartmann), CUBE, H),
    Problem("Hartmann-6, mirrored", partial(mirrored, hartmann, CUBE), CUBE, H),
    Problem("Hartmann-6, unrelated", partial(unrelated, hartmann, 0.5), CUBE, H),
)


def tables(folder: Path = FOLDER) -> list[Problem]:
    """Learning rate and batch size of real trainings, a problem for each model; none without the data."""
    if not available(folder):
        return []
    runs = pd.read_csv(folder / FILES["dense"])
    return [_table(table) for _, table in runs.groupby("N") if table["D"].nunique() >= LEVELS]


def _table(runs: pd.DataFrame) -> Problem:
    """The trainings of one model; a fidelity between two token counts is the lower one."""
    shares = sorted(runs["D"] / runs["D"].max())
    keys = zip(runs["lr"], runs["bs"], runs["D"] / runs["D"].max(), strict=True)
    losses = dict(zip(keys, runs["smooth loss"], strict=True))

    def value(point: Point) -> float | None:
        share = shares[bisect_right(shares, point["z"] * (1 + 1e-9)) - 1]
        return losses.get((point["lr"], point["bs"], share))

    levels = {name: sorted(runs[name].unique().tolist()) for name in ("lr", "bs")}
    least = min(loss for (*_, share), loss in losses.items() if share == 1.0)
    return Problem(f"Step Law, {runs['N'].iloc[0] / 1e6:.0f}M", value, levels, least, shares[0])
