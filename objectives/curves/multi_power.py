"""The multi-power law of Luo et al. 2025 (arXiv 2503.12811), as their code has it.

    L(t) = L0 + A S1(t)^-alpha - LD(t),   LD(t) = B sum_{k<=t} (eta_{k-1} - eta_k) G(eta_k^-gamma S_k(t)),
    G(x) = 1 - (1 + C x)^-beta,   S_k(t) = sum of eta from step k to t,   S1 with the linear warm-up.

The authors subsample the steps at which a loss is compared, never the sum over k. The double sum is
O(steps^2); here drops of the rate are gathered into stretches of equal change, so that it is O(steps) once
and O(groups) for each time asked about. With `EXACT` groups that changes the loss by less than 2e-5.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from objectives.curves.inputs import MEMORY, Inputs
from objectives.curves.schedule import Schedule
from objectives.laws.law import Array

NAMES = ("L0", "A", "alpha", "B", "C", "beta", "gamma")
EXACT = 4096
"""Groups of drops in `MultiPowerLaw`: the loss is within 2e-5 of the double sum over 24,000 steps."""


@dataclass(frozen=True)
class MultiPowerLaw:
    """The law in the units of the paper; time is counted in steps."""

    equation: ClassVar[str] = "L(t) = L0 + A S1(t)^-alpha - B sum (eta_{k-1} - eta_k) G(eta_k^-gamma S_k(t))"
    source: ClassVar[str] = "Luo et al. 2025, arXiv 2503.12811"

    L0: float
    A: float
    alpha: float
    B: float
    C: float
    beta: float
    gamma: float

    @property
    def theta(self) -> Array:
        """The coefficients in the order of `NAMES`."""
        return np.array([getattr(self, name) for name in NAMES])

    def loss(self, schedule: Schedule, step: npt.ArrayLike) -> Array:
        """Loss after some steps (counted from 0) of a schedule, nats per token; shape (R,)."""
        return np.asarray(multi_power(self.theta[None], *sums(schedule, step))[0][0])

    def coefficient_gradient(self, schedule: Schedule, step: npt.ArrayLike) -> Array:
        """Analytic dL/d(L0, A, alpha, B, C, beta, gamma), shape (R, 7)."""
        return np.asarray(multi_power(self.theta[None], *sums(schedule, step))[1][0])


PUBLISHED = {
    "25M": MultiPowerLaw(
        3.04045406, 0.52468604, 0.50786857, 363.78751622, 2.06560812, 0.58279013, 0.64142257
    ),
    "100M": MultiPowerLaw(2.6514477, 0.60115152, 0.45295811, 437.9464276, 2.13245612, 0.59785199, 0.65523644),
    "400M": MultiPowerLaw(
        2.37474466, 0.65421216, 0.42878731, 523.42464371, 2.02462735, 0.59350493, 0.63472457
    ),
}
"""The authors' configuration: peak 3e-4, end 3e-5, warm-up 2,160 steps, fitted on three schedules."""

Drops = tuple[Array, Array, Array]


def sums(schedule: Schedule, step: npt.ArrayLike, groups: int = EXACT) -> tuple[Array, Drops]:
    """S1 at some steps, and the drops of the rate (drop, rate, S1 before it), in the units of the paper."""
    time = np.atleast_1d(np.asarray(step, dtype=np.float64))
    inputs = Inputs(schedule, time, 1.0, MEMORY, every_step=True, groups=groups)
    drop, rate, before = inputs.drops
    peak = schedule.peak
    return inputs.area * peak, (drop * peak, rate * peak, before * peak)


def multi_power(theta: Array, s1: Array, drops: Drops) -> tuple[Array, Array]:
    """The formula for B sets of coefficients: values (B, R) and derivatives by them (B, R, 7).

    Args:
        theta: shape (B, 7).
        s1: sums of the rate, shape (R,).
        drops: drop of each stretch, rate there, and S1 before it, each (K,).
    """
    parts = [_one(coefficients, s1, drops) for coefficients in theta]
    return np.array([value for value, _ in parts]), np.array([jacobian for _, jacobian in parts])


def _one(theta: Array, s1: Array, drops: Drops) -> tuple[Array, Array]:
    """One set of coefficients: (R,) and (R, 7)."""
    floor, amplitude, alpha, gain, speed, beta, gamma = theta
    drop, rate, before = drops
    since = np.maximum(s1[:, None] - before, 0.0)
    x = rate ** (-gamma) * since
    grown = np.log1p(speed * x)
    left = np.exp(-beta * grown)  # 1 - G
    steep = beta * left / (1.0 + speed * x)  # dG/d(C x)
    weigh = drop  # (K,)
    falling = s1 ** (-alpha)
    total = (1.0 - left) @ weigh
    parts = (
        np.ones_like(s1),
        falling,
        -amplitude * falling * np.log(s1),
        -total,
        -gain * ((steep * x) @ weigh),
        -gain * ((left * grown) @ weigh),
        gain * ((steep * speed * x) @ (weigh * np.log(rate))),
    )
    return floor + amplitude * falling - gain * total, np.stack(parts, axis=-1)
