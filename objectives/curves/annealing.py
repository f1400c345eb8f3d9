"""The annealing law: L(s) = L0 + A S1^-alpha - C S2 (Tissue et al. 2024, arXiv 2408.11029).

S1 is the sum of the learning rates, S2 the sum of a momentum of their drops, m_i = lambda m_{i-1} +
(eta_{i-1} - eta_i) with lambda = .999; warm-up steps count as steps at the peak.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from objectives.curves.inputs import MEMORY, Inputs
from objectives.curves.schedule import Schedule
from objectives.laws.law import Array

NAMES = ("L0", "A", "alpha", "C")


@dataclass(frozen=True)
class AnnealingLaw:
    """The law in the units of the paper; time is counted in steps."""

    equation: ClassVar[str] = "L(s) = L0 + A S1(s)^-alpha - C S2(s)"
    source: ClassVar[str] = "Tissue et al. 2024, arXiv 2408.11029"

    L0: float
    A: float
    alpha: float
    C: float
    memory: float = MEMORY
    """1/(1 - lambda), in steps."""

    @property
    def theta(self) -> Array:
        """The coefficients in the order of `NAMES`."""
        return np.array([getattr(self, name) for name in NAMES])

    def loss(self, schedule: Schedule, step: npt.ArrayLike) -> Array:
        """Loss after some steps (counted from 0) of a schedule, nats per token; shape (R,)."""
        return np.asarray(annealing(self.theta[None], *sums(schedule, step, self.memory))[0][0])

    def coefficient_gradient(self, schedule: Schedule, step: npt.ArrayLike) -> Array:
        """Analytic dL/d(L0, A, alpha, C), shape (R, 4)."""
        return np.asarray(annealing(self.theta[None], *sums(schedule, step, self.memory))[1][0])


PUBLISHED = AnnealingLaw(2.62780, 0.42967, 0.54984, 0.41077)
"""Minimum of the authors' objective on the 40 losses of their script (peak 2e-4, 20,000 steps)."""


def sums(schedule: Schedule, step: npt.ArrayLike, memory: float = MEMORY) -> tuple[Array, Array]:
    """S1 and S2 as the paper counts them, at some steps; O(steps)."""
    time = np.atleast_1d(np.asarray(step, dtype=np.float64))
    inputs = Inputs(schedule, time, 1.0, memory, every_step=True)
    return inputs.flat_area * schedule.peak, inputs.annealed * schedule.peak * memory


def annealing(theta: Array, s1: Array, s2: Array) -> tuple[Array, Array]:
    """The formula for B sets of coefficients: values (B, R) and derivatives by them (B, R, 4)."""
    floor, amplitude, power, gain = (theta[:, j, None] for j in range(4))
    falling = s1 ** (-power)
    value = floor + amplitude * falling - gain * s2
    parts = (np.ones_like(falling), falling, -amplitude * falling * np.log(s1), -s2 + 0.0 * falling)
    return value, np.stack(parts, axis=-1)
