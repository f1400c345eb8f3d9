"""What the laws of a loss curve sum over its schedule: learning rates on a grid of times, and their sums.

Up to `MOST` steps the grid has every step and the sums are those of the papers to the last term; beyond, or
where time is counted in tokens, it has `COARSE` equal intervals, each standing for the steps within it.
"""

from dataclasses import dataclass

import numpy as np

from objectives.curves.schedule import Schedule
from objectives.laws.law import Array

MOST = 200_000
COARSE = 8_000
BLOCK = 512
"""Terms summed at once in a first-order recursion: few enough that no power of the decay underflows."""


@dataclass(frozen=True, eq=False)
class Path:
    """Learning rates at equally spaced times from 0."""

    width: float
    """Time between two points."""
    rate: Array

    @classmethod
    def of(cls, schedule: Schedule, until: float, *, every_step: bool, flat_warmup: bool = False) -> "Path":
        """The path of a schedule.

        Args:
            schedule: its times in the unit of `until`.
            until: the last time anything is asked about.
            every_step: time is counted in steps, so that a grid of them is exact.
            flat_warmup: count the warm-up as spent at the peak.
        """
        if every_step and until <= MOST:
            times = np.arange(np.ceil(until) + 1.0)
        else:
            times = np.linspace(0.0, until, COARSE + 1)
        return cls(float(times[1]), schedule.rate(times, flat_warmup=flat_warmup))

    def at(self, values: Array, time: Array) -> Array:
        """Values on the grid, at other times."""
        return np.interp(time, self.width * np.arange(len(self.rate)), values)

    def area(self) -> Array:
        """S1: the learning rates summed up to each time, that of the time itself included."""
        return np.asarray(np.cumsum(self.rate) * self.width)

    def drops(self) -> Array:
        """How much lower the rate is than one point before; 0 at the start."""
        return np.concatenate([[0.0], self.rate[:-1] - self.rate[1:]])

    def annealed(self, memory: float) -> Array:
        """S2 (1 - lambda): drops of the rate, each counting as its momentum builds up.

        A drop counts fully once many times `memory` have passed, lambda = 1 - 1/memory per unit of time; so
        that S2 itself is `memory` times this (Tissue et al. 2024).
        """
        keep = (1.0 - 1.0 / memory) ** self.width if memory > 1 else np.exp(-self.width / memory)
        return np.asarray(np.cumsum(recursion(self.drops(), float(keep))) * (1.0 - keep))


def recursion(inputs: Array, keep: float) -> Array:
    """m_i = keep m_{i-1} + inputs_i with m_{-1} = 0, in O(n): blocks of a scaled sum, carried over."""
    if keep < 1e-12:
        return inputs.copy()
    block = int(np.clip(-230.0 / np.log(min(keep, 1 - 1e-12)), 1, BLOCK))  # keep^-block stays below 1e100
    rows = -(-len(inputs) // block)
    padded = np.zeros(rows * block)
    padded[: len(inputs)] = inputs
    powers = keep ** np.arange(block)
    within = powers * np.cumsum(padded.reshape(rows, block) / powers, axis=1)
    carry = 0.0
    for row in within:
        row += carry * keep * powers
        carry = row[-1]
    return np.asarray(within.ravel()[: len(inputs)])
