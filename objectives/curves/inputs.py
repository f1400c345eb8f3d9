"""What the forms of a loss curve are functions of: time, and sums over the learning rate, all in own units.

Rates are in units of the peak, areas S1 in units of `peak x now`, so that a form's coefficients are of order
one whatever the schedule, and priors on them carry over from one run to another.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from objectives.curves.path import Path
from objectives.curves.schedule import Schedule
from objectives.laws.law import Array

GROUPS = 256
"""Stretches of equal change of the rate that stand for the single drops in a fit of the multi-power law."""
MEMORY = 1000.0
"""Steps over which a drop of the rate takes effect: 1/(1 - lambda), lambda = .999 (Tissue et al. 2024)."""
MEMORY_SHARE = 0.02
"""The same as a share of training, where time is not counted in steps. An assumption."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """A schedule seen from some times."""

    schedule: Schedule
    time: Array
    """The times asked about, positive, shape (R,)."""
    now: float
    """Unit of time: the end of what was measured."""
    memory: float
    every_step: bool
    groups: int = GROUPS

    @property
    def share(self) -> Array:
        """Time in units of `now`."""
        return self.time / self.now

    @cached_property
    def _flat(self) -> Path:
        return self._path(flat_warmup=True)

    @cached_property
    def _true(self) -> Path:
        return self._path(flat_warmup=False)

    def _path(self, *, flat_warmup: bool) -> Path:
        until = float(self.time.max())
        return Path.of(self.schedule, until, every_step=self.every_step, flat_warmup=flat_warmup)

    @cached_property
    def flat_area(self) -> Array:
        """S1 with the warm-up counted as spent at the peak, in units of peak x now."""
        path = self._flat
        return path.at(path.area(), self.time) / (self.schedule.peak * self.now)

    @cached_property
    def annealed(self) -> Array:
        """S2 (1 - lambda) in units of the peak: from 0 to the share of the peak that was taken away."""
        path = self._flat
        return path.at(path.annealed(self.memory), self.time) / self.schedule.peak

    @cached_property
    def area(self) -> Array:
        """S1 with the warm-up as it was, in units of peak x now."""
        path = self._true
        return path.at(path.area(), self.time) / (self.schedule.peak * self.now)

    @cached_property
    def drops(self) -> tuple[Array, Array, Array]:
        """Drops of the rate in at most `groups` stretches of equal change, each of shape (K,).

        Drop and rate in units of the peak, and the area before the drop in units of peak x now; the last two
        are means over a stretch, weighted by its drops. With as many groups as drops this is exact.
        """
        path, peak = self._true, self.schedule.peak
        drops = path.drops() / peak
        changed = np.flatnonzero(drops)
        if not len(changed):
            return np.zeros(1), np.ones(1), np.zeros(1)
        drops, rate = drops[changed], path.rate[changed] / peak
        before = path.area()[changed - 1] / (peak * self.now)
        size = np.abs(drops)
        passed = np.cumsum(size)
        group = np.minimum((self.groups * (passed - 0.5 * size) / passed[-1]).astype(int), self.groups - 1)
        _, group = np.unique(group, return_inverse=True)
        if len(changed) <= self.groups:
            group = np.arange(len(changed))
        weight = np.bincount(group, size)
        mean_rate = np.bincount(group, size * np.maximum(rate, 1e-12)) / weight
        total = np.bincount(group, drops).astype(np.float64)
        return total, mean_rate, np.bincount(group, size * before) / weight
