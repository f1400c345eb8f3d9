"""Problems of several objectives with known fronts: ZDT1, ZDT2, DTLZ2 and the shapes of language models."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ConfigSpace import ConfigurationSpace

from objectives import laws
from objectives.architecture_objective import ArchitectureObjective
from objectives.budget import Budget
from search.engine import Constraint
from search.pareto import hypervolume
from spaces.architecture_space import architecture_space
from spaces.configs import Config, Configs
from spaces.encoding import Encoder

Array = npt.NDArray[np.float64]

DIMENSIONS = 6
CURVE = 100_001
"""Points on a curve whose volume is a sum of rectangles: exact to five digits."""


@dataclass(frozen=True)
class FrontProblem:
    """What is searched, and the hypervolume of the true front."""

    name: str
    space: Callable[[], ConfigurationSpace]
    values: Callable[[Config], list[float]]
    reference: tuple[float, ...]
    ideal: float
    constraint: Constraint | None = None

    def gap(self, values: Array) -> float:
        """The share of the ideal hypervolume that points of shape (n, k) leave out."""
        return 1.0 - hypervolume(values, np.array(self.reference)) / self.ideal


def cube() -> ConfigurationSpace:
    """Six numbers between 0 and 1."""
    return ConfigurationSpace({f"x{j}": (0.0, 1.0) for j in range(DIMENSIONS)})


def zdt(number: int) -> FrontProblem:
    """ZDT1 (convex front) or ZDT2 (concave) of Zitzler, Deb and Thiele (2000), in six dimensions."""
    power = {1: 0.5, 2: 2.0}[number]

    def values(config: Config) -> list[float]:
        x = _vector(config)
        g = 1.0 + 9.0 * float(np.mean(x[1:]))
        return [float(x[0]), g * (1.0 - float(x[0] / g) ** power)]

    first = np.linspace(0.0, 1.0, CURVE)
    reference = (1.1, 1.1)
    ideal = hypervolume(np.column_stack([first, 1.0 - first**power]), np.array(reference))
    return FrontProblem(f"ZDT{number}", cube, values, reference, ideal)


def dtlz2(objectives: int) -> FrontProblem:
    """DTLZ2 of Deb et al. (2002) in six dimensions: the front is a part of the unit sphere."""

    def values(config: Config) -> list[float]:
        x = _vector(config)
        angles = 0.5 * math.pi * x[: objectives - 1]
        distance = 1.0 + float(np.sum((x[objectives - 1 :] - 0.5) ** 2))
        sines = np.append(1.0, np.sin(angles[::-1]))
        cosines = np.append(np.cumprod(np.cos(angles))[::-1], 1.0)
        return [distance * float(c * s) for c, s in zip(cosines, sines, strict=True)]

    ball = {2: math.pi / 4.0, 3: math.pi / 6.0}[objectives]
    reference = (1.1,) * objectives
    return FrontProblem(f"DTLZ2, {objectives} objectives", cube, values, reference, 1.1**objectives - ball)


def shapes() -> FrontProblem:
    """Dense language models at 1e21 FLOPs: predicted loss against the decades of FLOPs to serve a token.

    Every shape can be counted, so the front is known.
    """
    objective = ArchitectureObjective(laws.get("hoffmann"), Budget(1e21))

    def columns(configs: Configs) -> Array:
        found = objective.evaluate_many(configs)
        return np.column_stack([found["loss"], np.log10(found["inference_flops"])])

    def space() -> ConfigurationSpace:
        return architecture_space("dense")

    encoder = Encoder(space())
    rows = encoder.every()
    every = encoder.decode_many(rows[encoder.legal(rows)])
    every = every.select(objective.feasible(every))
    reference = (3.0, 10.5)
    ideal = hypervolume(columns(every), np.array(reference))

    def values(config: Config) -> list[float]:
        return [float(cell) for cell in columns(Configs.from_rows([config]))[0]]

    return FrontProblem("model shapes", space, values, reference, ideal, objective.feasible)


def _vector(config: Config) -> Array:
    return np.array([config[f"x{j}"] for j in range(DIMENSIONS)], dtype=np.float64)
