"""The two published laws fitted to finished curves, in the units of their papers.

Huber's loss of log residuals (delta 1e-3, summed), as both papers have it, over all curves at once; all
coefficients are positive and fitted by their logarithms, from several starts.
"""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from objectives.curves.annealing import NAMES, AnnealingLaw, annealing
from objectives.curves.annealing import sums as annealing_sums
from objectives.curves.inputs import GROUPS, MEMORY
from objectives.curves.multi_power import MultiPowerLaw, multi_power
from objectives.curves.multi_power import sums as multi_power_sums
from objectives.curves.schedule import Schedule
from objectives.fit.losses import Huber
from objectives.fit.solver import minimise
from objectives.laws.law import Array

Run = tuple[Schedule, Array, Array]
"""Schedule, steps and losses of one finished curve."""
Formula = Callable[[Array], tuple[Array, Array]]

FLOORS, POWERS = (0.6, 0.8, 0.92), (0.35, 0.55)
"""Irreducible loss as a share of the least loss, and exponents, at the starts."""


def fit_annealing(runs: Sequence[Run], memory: float = MEMORY) -> tuple[AnnealingLaw, float]:
    """The annealing law of some curves, and the summed objective."""
    parts = [annealing_sums(schedule, step, memory) for schedule, step, _ in runs]
    s1, s2 = (np.concatenate([part[j] for part in parts]) for j in range(2))
    peak = max(schedule.peak for schedule, _, _ in runs)
    rest = [[0.04 * _least(runs) / (peak * memory)]]
    theta, value = _minimum(lambda theta: annealing(theta, s1, s2), runs, float(s1.max()), rest)
    found = dict(zip(NAMES, map(float, theta), strict=True))
    return AnnealingLaw(**found, memory=memory), value


def fit_multi_power(runs: Sequence[Run], groups: int = GROUPS) -> tuple[MultiPowerLaw, float]:
    """The multi-power law of some curves, and the summed objective."""
    parts = [multi_power_sums(schedule, step, groups) for schedule, step, _ in runs]

    def formula(theta: Array) -> tuple[Array, Array]:
        found = [multi_power(theta, s1, drops) for s1, drops in parts]
        return tuple(np.concatenate([each[j] for each in found], axis=1) for j in range(2))  # type: ignore[return-value]

    peak = max(schedule.peak for schedule, _, _ in runs)
    furthest = max(float(s1.max()) for s1, _ in parts)
    theta, value = _minimum(formula, runs, furthest, [[0.044 * _least(runs) / peak, 2.0, 0.6, 0.6]])
    return MultiPowerLaw(*map(float, theta)), value


def _minimum(
    formula: Formula, runs: Sequence[Run], furthest: float, rest: list[list[float]]
) -> tuple[Array, float]:
    """Coefficients of the least objective over all starts."""
    loss = np.concatenate([loss for _, _, loss in runs])
    observed, least = np.log(loss), float(loss.min())
    starts = [
        [share * least, (1 - share) * least * furthest**power, power, *more]
        for share, power, more in product(FLOORS, POWERS, rest)
    ]

    def residuals(logs: Array) -> tuple[Array, Array]:
        natural = np.exp(logs)
        value, jacobian = formula(natural)
        return np.log(value) - observed, jacobian * natural[:, None, :] / value[..., None]

    minima = minimise(residuals, np.log(np.array(starts)), Huber(), np.ones(len(loss)))
    return np.exp(minima.theta[minima.best]), float(minima.value[minima.best])


def _least(runs: Sequence[Run]) -> float:
    return float(min(loss.min() for _, _, loss in runs))
