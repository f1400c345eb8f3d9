"""Evidence that a fit is the optimum, and which of its coefficients the runs determine at all.

No flag of the solver is believed. Counted: how many independent starts ended at the same objective. Measured
at the optimum: the decrease a Newton step still promises, the condition of the problem, coefficients at their
bounds. And for the irreducible loss, which extrapolations lean on, its profile likelihood: the values it may
have with everything else refitted.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from objectives.fit.fitting import Solution
from objectives.fit.losses import MAD_SIGMA
from objectives.fit.solver import minimise
from objectives.laws.law import Array

CHI_SQUARED_95 = 3.841458820694124
"""95 % quantile of chi squared with one degree of freedom."""
POINTS = 41
GRADIENT = 1e-10
"""Decrease still promised, relative to the objective, that is rounding."""
AGREE = 2
"""Starts that must end at the optimum for it to be called found."""
AT_BOUND = 1e-6
VAGUE = 0.5
"""Relative width of the profile interval beyond which a coefficient is called not identified."""
STEPS = 60
TINY = 1e-12


@dataclass(frozen=True)
class Profile:
    """The values a coefficient may have: those at which refitting the others costs little."""

    coefficient: str
    value: float
    interval: tuple[float, float]
    """95 %, by the likelihood ratio of M-estimators; an end of the range looked at says it may lie beyond."""
    identified: bool
    """Whether the interval is closed on both sides and narrower than half the value."""
    grid: tuple[tuple[float, float], ...]
    """(value, objective) pairs."""

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        low, high = self.interval
        verdict = "identified" if self.identified else "not identified"
        return f"{self.coefficient} is {verdict}: [{low:.4g}, {high:.4g}]"


@dataclass(frozen=True)
class FitCertificate:
    """What was checked of a fit."""

    starts: int
    reached: int
    decrease: float
    """What a Newton step from the optimum still promises, relative to the objective."""
    condition: float
    """Condition number of the Jacobian with columns of unit length: 1 if the coefficients are independent."""
    at_bounds: tuple[str, ...]
    profile: Profile | None

    @property
    def holds(self) -> bool:
        """Whether enough starts agree, the gradient has vanished, and no coefficient is at a bound."""
        return self.reached >= AGREE and self.decrease <= GRADIENT and not self.at_bounds

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        record = asdict(self) | {"share": self.reached / self.starts, "holds": self.holds}
        if self.profile:
            record["profile"]["sentence"] = self.profile.sentence
        return record


def certify(solution: Solution) -> FitCertificate:
    """The certificate of a fit."""
    minima = solution.minima
    return FitCertificate(
        starts=len(minima.value),
        reached=solution.reached,
        decrease=solution.decrease,
        condition=_condition(solution),
        at_bounds=at_bounds(solution),
        profile=profile(solution, "e") if "e" in solution.estimation.free else None,
    )


def at_bounds(solution: Solution) -> tuple[str, ...]:
    """Coefficients whose fitted value lies on a bound: the data wanted to go further."""
    lower, upper = solution.estimation.bounds
    slack = AT_BOUND * np.maximum(np.abs(solution.theta), 1.0)
    ranges = solution.estimation.form.ranges
    harmless = np.array([name in ranges and ranges[name].harmless for name in solution.estimation.free])
    touching = (solution.theta <= lower + slack) | ((solution.theta >= upper - slack) & ~harmless)
    return tuple(name for name, there in zip(solution.estimation.free, touching, strict=True) if there)


def _condition(solution: Solution) -> float:
    """Of the Jacobian of the residuals, columns scaled to unit length; infinite if one has no effect."""
    jacobian = solution.estimation(solution.theta[None])[1][0]
    size = np.linalg.norm(jacobian, axis=0)
    if not np.all(size > 0):
        return float("inf")
    singular = np.linalg.svd(jacobian / size, compute_uv=False)
    return float(singular[0] / max(singular[-1], 1e-300))


def profile(solution: Solution, name: str) -> Profile:
    """The profile of one positive coefficient, between nothing and the least loss measured.

    The objective may rise above its minimum by chi^2/2 times sum(psi^2) / sum(psi'), which is the residual
    variance where the loss is a square.
    """
    value = solution.coefficients[name]
    least = float(solution.estimation.runs.loss.min())
    around = value + value * np.concatenate(
        [-np.geomspace(1.0, 1e-3, POINTS // 4), np.geomspace(1e-3, 0.5, POINTS // 4)]
    )
    grid = np.unique(np.concatenate([np.linspace(1e-3 * least, least * (1 - 1e-6), POINTS), around, [value]]))
    grid = grid[(grid > 0) & (grid < least)] if value < least else np.append(grid[grid > 0], value)
    objective = _profiled(solution, name, grid)
    rise = objective - solution.objective
    allowed = grid[rise <= 0.5 * CHI_SQUARED_95 * _dispersion(solution)]
    if not len(allowed):
        allowed = np.array([value])
    low, high = _crossing(grid, rise, allowed, solution)
    closed = allowed.min() > grid[0] and allowed.max() < grid[-1]
    pairs = tuple((float(x), float(y)) for x, y in zip(grid, objective, strict=True) if np.isfinite(y))
    return Profile(name, value, (low, high), bool(closed and high - low <= VAGUE * value), pairs)


def _crossing(grid: Array, rise: Array, allowed: Array, solution: Solution) -> tuple[float, float]:
    """Ends of the allowed values, interpolated to where the rise crosses the limit."""
    limit = 0.5 * CHI_SQUARED_95 * _dispersion(solution)
    ends = []
    for end, step in ((allowed.min(), -1), (allowed.max(), 1)):
        at = int(np.searchsorted(grid, end))
        beyond = at + step
        if not 0 <= beyond < len(grid) or not np.isfinite(rise[beyond]):
            ends.append(float(end))
            continue
        share = (limit - rise[at]) / max(rise[beyond] - rise[at], 1e-300)
        ends.append(float(end + np.clip(share, 0.0, 1.0) * (grid[beyond] - end)))
    return ends[0], ends[1]


def _profiled(solution: Solution, name: str, grid: Array) -> Array:
    """The objective with the coefficient held at each value of the grid and the others refitted.

    After a first round from the optimum, every value is tried again from where its neighbours ended.
    """
    estimation = solution.estimation
    column = estimation.free.index(name)
    held = estimation.coordinates(dict.fromkeys(estimation.free, 1.0) | {name: grid})[:, column]
    lower, upper = (np.tile(bound, (len(grid), 1)) for bound in estimation.bounds)
    lower[:, column] = upper[:, column] = held
    weights = np.ones(len(estimation.runs))
    theta, value = np.tile(solution.theta, (len(grid), 1)), np.full(len(grid), np.inf)
    for neighbour in (0, 1, -1):
        start = np.roll(theta, neighbour, axis=0)
        start[:, column] = held
        minima = minimise(estimation, start, estimation.loss, weights, lower=lower, upper=upper, steps=STEPS)
        better = minima.value < value
        theta[better], value[better] = minima.theta[better], minima.value[better]
    return value


def _dispersion(solution: Solution) -> float:
    """Sum of psi^2 over sum of psi', per degree of freedom: what one unit of chi^2 is worth in objective.

    With a small delta few residuals are inside it, so psi' is taken over a window that narrows with the
    number of runs, as is usual for a density at a point.
    """
    r, loss = solution.residuals, solution.estimation.loss
    degrees = max(len(r) - len(solution.estimation.free), 1)
    reach = max(MAD_SIGMA * float(np.median(np.abs(r))) * len(r) ** -0.2, TINY)
    bent = float(np.sum(loss.slope(r + reach) - loss.slope(r - reach))) / (2.0 * reach)
    return float(float(np.sum(loss.slope(r) ** 2)) / bent * len(r) / degrees)
