"""One chosen configuration for each budget: its numbers, the bounds it reaches, and what they cost.

The shadow price of a constraint is d loss / d log(bound), by the envelope theorem: the change of the best
loss when the bound alone moves. Negative: raising it helps. With S at its best or at a bound, only the direct
effects at fixed S count.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from objectives.exact.limits import Limit
from objectives.exact.problem import Problem
from objectives.exact.sparsity import Mask, envelope
from objectives.laws.law import Array

REACHED = 1e-9
"""Relative distance at which a bound counts as reached."""
STEP = 1e-4
"""Step in v = -log(1-S) of the numeric derivative of the envelope; fourth order, so good to about 1e-11."""
CENTRAL = np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / 12.0
"""Weights of the five-point derivative at offsets -2 to 2."""
FORWARD = np.array([-25.0, 48.0, -36.0, 16.0, -3.0]) / 12.0
"""The same at offsets 0 to 4."""


@dataclass(frozen=True)
class ActiveConstraint:
    """A bound the optimum reaches."""

    name: str
    quantity: str
    """What it bounds: flops, n_total, n, tokens or sparsity."""
    bound: float
    shadow_price: float | None
    """d loss / d log(bound); None where it has no value (a bound of 0, or more bounds met than variables)."""


@dataclass(frozen=True, eq=False)
class Point:
    """B configurations; `problem` holds one extra input per budget, all arrays have shape (B, 1)."""

    problem: Problem
    s: Array
    u: Array
    """Log n."""

    @cached_property
    def n(self) -> Array:
        """Parameters in the law's count."""
        return self.problem.size(self.u, self.s)

    @cached_property
    def tokens(self) -> Array:
        """Training tokens."""
        return self.problem.bought(self.u, self.s)

    @cached_property
    def n_total(self) -> Array:
        """Stored parameters."""
        return self.problem.law.n_total(self.n, self.s)

    @cached_property
    def flops(self) -> Array:
        """Training FLOPs spent."""
        return self.problem.cost(self.u, self.s) * self.tokens

    @cached_property
    def loss(self) -> Array:
        """The law's prediction."""
        return self.problem.law.loss(self.n, self.tokens, self.s, **self.problem.extra)

    @cached_property
    def spent(self) -> Mask:
        """Whether the whole budget is spent."""
        return self.flops >= self.problem.flops * (1 - REACHED)

    @cached_property
    def n_is_pinned(self) -> Mask:
        """Whether n stands at an end of the budget curve (also where the budget is not spent)."""
        lower, upper = self.problem.ends(self.s)
        return np.asarray((self.u - lower <= REACHED) | (upper - self.u <= REACHED))

    @cached_property
    def s_is_pinned(self) -> Mask:
        """Whether S stands at a bound, or where three other constraints meet."""
        n_met = self._met("n_lower") | self._met("n_upper")
        met = np.stack([n_met, self._met("total_upper"), self._tokens_met, self.spent])
        at_bound = self._met("sparsity_lower") | self._met("sparsity_upper")
        return np.asarray(at_bound | (met.sum(axis=0) >= 3))

    @cached_property
    def slopes(self) -> tuple[Array, Array]:
        """(dL/dlog n, dL/dlog d)."""
        by_n, by_d = self.problem.slopes(self.u, self.s, self.tokens)
        return by_n, by_d / self._elasticity

    @cached_property
    def scale(self) -> Array:
        """Slope of the loss by which residuals are relative."""
        by_n, by_d = self.slopes
        return np.abs(by_n) + np.abs(self._elasticity * by_d)

    @cached_property
    def n_residual(self) -> Array:
        """Relative slope along the budget curve; 0 at a stationary point."""
        by_n, by_d = self.slopes
        return np.abs(by_n - self._elasticity * by_d) / np.maximum(self.scale, np.finfo(np.float64).tiny)

    @cached_property
    def envelope_slope(self) -> Array:
        """dF/dv of the best loss at given v: central where S is free, else into the allowed range."""
        v = -np.log1p(-self.s)
        central = ~self.s_is_pinned & (v >= 2 * STEP)
        step = np.where(self._met("sparsity_upper") & (v >= 4 * STEP), -STEP, STEP)
        offsets = np.arange(5.0).reshape(-1, 1, 1) - np.where(central, 2.0, 0.0)
        weights = np.where(central, CENTRAL.reshape(-1, 1, 1), FORWARD.reshape(-1, 1, 1))
        values = envelope(self.problem, v + step * offsets)
        return np.asarray((weights * values).sum(axis=0) / step)

    def active(self) -> list[tuple[ActiveConstraint, ...]]:
        """The constraints each configuration reaches, the budget first."""
        found: list[dict[str, ActiveConstraint]] = [{} for _ in self.n]
        for quantity, limit, value, price in self._constraints():
            for row in np.flatnonzero(_reached(limit, value)).tolist():
                bound, worth = float(limit.values[row, 0]), float(price[row, 0])
                constraint = ActiveConstraint(
                    limit.name, quantity, bound, worth if np.isfinite(worth) else None
                )
                found[row].setdefault(limit.name, constraint)
        return [tuple(constraints.values()) for constraints in found]

    def _constraints(self) -> list[tuple[str, Limit, Array, Array]]:
        """Every bound with what it bounds, the value of that, and its shadow price."""
        limits, law = self.problem.limits, self.problem.law
        by_flops, by_n, by_tokens = self._prices()
        groups = [
            ("flops", (Limit("budget", self.problem.flops),), self.flops, by_flops),
            ("n_total", limits.total_upper, self.n_total, by_n / self._total_elasticity),
            ("n", limits.n_lower + limits.n_upper, self.n, by_n),
            ("tokens", limits.tokens_lower + limits.tokens_upper, self.tokens, by_tokens),
        ]
        if law.max_sparsity > 0:
            with np.errstate(divide="ignore", invalid="ignore"):
                by_s = np.where(self.s > 0, self.envelope_slope * self.s / (1 - self.s), np.nan)
            groups.append(("sparsity", limits.sparsity_lower + limits.sparsity_upper, self.s, by_s))
        return [
            (quantity, limit, value, price) for quantity, bounds, value, price in groups for limit in bounds
        ]

    def _prices(self) -> tuple[Array, Array, Array]:
        """Of the budget, of a bound on n, and of a bound on tokens; NaN where all three meet."""
        by_n, by_d = self.slopes
        along = by_n - self._elasticity * by_d
        vertex = self.spent & self._n_met & self._tokens_met
        by_flops = np.where(self._tokens_met, by_n / self._elasticity, by_d)
        by_n_bound = np.where(self.spent, along, by_n)
        by_tokens = np.where(self.spent, -along / self._elasticity, by_d)
        return (
            np.where(vertex, np.nan, by_flops),
            np.where(vertex, np.nan, by_n_bound),
            np.where(vertex, np.nan, by_tokens),
        )

    def _met(self, bounds: str) -> Mask:
        """Whether any bound of this field of `Limits` is reached."""
        values = {"n": self.n, "total": self.n_total, "tokens": self.tokens, "sparsity": self.s}
        value = values[bounds.split("_")[0]]
        limits: tuple[Limit, ...] = getattr(self.problem.limits, bounds)
        return np.asarray(np.any([_reached(limit, value) for limit in limits], axis=0))

    @cached_property
    def _tokens_met(self) -> Mask:
        return self._met("tokens_lower") | self._met("tokens_upper")

    @cached_property
    def _n_met(self) -> Mask:
        return self._met("n_lower") | self._met("n_upper") | self._met("total_upper")

    @cached_property
    def _elasticity(self) -> Array:
        """D log(FLOPs per token) / d log n."""
        return self.problem.law.flops_elasticity(self.n, self.s, **self.problem.extra)

    @cached_property
    def _total_elasticity(self) -> Array:
        """D log(n_total) / d log n: 1 where they are proportional."""
        up, down = np.exp(STEP), np.exp(-STEP)
        total = self.problem.law.n_total
        return np.log(total(self.n * up, self.s) / total(self.n * down, self.s)) / (2 * STEP)


def _reached(limit: Limit, value: Array) -> Mask:
    tolerance = REACHED * np.maximum(np.abs(limit.values), REACHED)
    return np.isfinite(limit.values) & (np.abs(value - limit.values) <= tolerance)
