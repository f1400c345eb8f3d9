"""Boxes of floats: Ackley-10, Rosenbrock-6 with a region barred, noisy and failing Branin and Hartmann-6."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from ConfigSpace import ConfigurationSpace

from experiments.benchmarks.problems import Problem, branin, hartmann
from spaces.configs import Configs

BARRED_RADIUS = 2.0
"""Of the ball about the origin that `rosenbrock` bars; the valley runs through it to the optimum."""
NOISE = 0.05
"""Standard deviation of the noisy variants, as a share of that of the values over the box."""
SPREAD = {"Branin": 51.7, "Hartmann-6": 0.381}
"""Standard deviation of each function over its box, from 20,000 random points."""


def ackley(dimension: int = 10) -> Problem:
    """Many shallow optima about one deep hole at the origin, off the middle of the box (Ackley 1987)."""

    def value(c: dict[str, Any]) -> float:
        x = _point(c, dimension)
        hole = -20 * math.exp(-0.2 * math.sqrt(float(np.mean(x**2))))
        return float(hole - math.exp(float(np.mean(np.cos(2 * np.pi * x)))) + 20 + math.e)

    return Problem(f"Ackley-{dimension}", lambda: _box(dimension, -20.0, 32.8), value, 0.0)


def rosenbrock(dimension: int = 6) -> Problem:
    """A curved valley (Rosenbrock 1960), a ball barred across it; the optimum (1, ..., 1) is outside."""

    def value(c: dict[str, Any]) -> float:
        x = _point(c, dimension)
        return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())

    def allowed(rows: Configs) -> npt.NDArray[np.bool_]:
        x = np.stack([rows[f"x{j}"] for j in range(dimension)], axis=1)
        return np.asarray((x**2).sum(axis=1) >= BARRED_RADIUS**2)

    return Problem(
        f"Rosenbrock-{dimension}, region barred",
        lambda: _box(dimension, -2.048, 2.048),
        value,
        0.0,
        allowed,
        excess=f"{BARRED_RADIUS} - sqrt({' + '.join(f'x{j}**2' for j in range(dimension))})",
    )


def noisy(problem: Problem) -> Problem:
    """The problem with Gaussian noise on every observation."""
    return replace(problem, name=f"{problem.name}, noisy", noise=NOISE * SPREAD[problem.name])


def failing_branin() -> Problem:
    """Branin without values where x + y > 12: an edge close to one of the three optima."""
    return replace(branin(), name="Branin, failing", fails=lambda c: bool(c["x"] + c["y"] > 12))


def failing_hartmann() -> Problem:
    """Hartmann-6 without values where the first three coordinates sum to over 1.5 (0.83 at the optimum)."""

    def fails(c: dict[str, Any]) -> bool:
        return bool(c["x0"] + c["x1"] + c["x2"] > 1.5)

    return replace(hartmann(), name="Hartmann-6, failing", fails=fails)


def _box(dimension: int, lower: float, upper: float) -> ConfigurationSpace:
    return ConfigurationSpace({f"x{j}": (lower, upper) for j in range(dimension)})


def _point(c: dict[str, Any], dimension: int) -> npt.NDArray[np.float64]:
    return np.array([c[f"x{j}"] for j in range(dimension)])
