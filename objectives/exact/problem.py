"""A law, budgets and bounds as one vectorised problem, and the budget curve on which its optima lie.

Every law falls with n and with d. At fixed sparsity (and extra input) the optimum therefore spends the whole
budget, d = C / flops_per_token(n), unless caps stop n and d before it is spent. What remains is one variable,
u = log n, between two ends: below the lower one more tokens than allowed would be bought, above the upper one
a cap on n or the least number of tokens is passed. Where the caps leave budget over, both ends are the cap.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from objectives.budget import Budget
from objectives.exact.limits import Box, Limits, limits
from objectives.exact.roots import ULPS, crossing
from objectives.laws.law import Array, Law

SCAN = 129
"""Points along a budget curve that may have several minima, before the best one is refined."""
NEWTON_STEPS = 60
SNAP = 1e-13
"""Relative distance from a bound that is rounding."""


@dataclass(frozen=True, eq=False)
class Problem:
    """B budgets, each with X choices of the law's extra input; leading axes of any shape may come before.

    `flops` has shape (B, 1) and `x` shape (B, X): every method takes and returns arrays that broadcast with
    them, such as sparsities of shape (K, 1, 1) or (K, B, X).
    """

    law: Law
    flops: Array
    x: Array
    limits: Limits

    @classmethod
    def of(cls, law: Law, budgets: Sequence[Budget], box: Box) -> Self:
        """The problem of these budgets on this law.

        Raises:
            Infeasible: bounds on one quantity contradict each other.
        """
        bounds = limits(law, budgets, box)
        bounds.require_order()
        flops = np.array([[budget.flops] for budget in budgets])
        return cls(law, flops, _extra_inputs(law, budgets, box), bounds)

    def with_flops(self, share: float) -> Self:
        """The same bounds on a share of the compute."""
        return replace(self, flops=self.flops * share)

    def choose(self, choice: npt.NDArray[np.intp]) -> Self:
        """Only the chosen extra input of each budget; `choice` holds indices of shape (B, 1)."""
        return replace(self, x=np.take_along_axis(self.x, choice, axis=1))

    @property
    def extra(self) -> dict[str, Array]:
        """The extra input as the keyword the law takes."""
        return {self.law.extra.name: self.x} if self.law.extra else {}

    def loss(self, u: Array, s: Array) -> Array:
        """Loss on the budget curve at u = log n.

        Here and in `slopes` the law's formulas are used without its checks of the inputs, which are in the
        domain by construction: the checks would take longer than the formulas.
        """
        return self.law._loss(np.exp(u), self.tokens(u, s), s, self.x)

    def size(self, u: Array, s: Array) -> Array:
        """The n of u = log n; at a bound it is the bound, without the rounding of the logarithm."""
        high = np.minimum(self.limits.high("n"), self._n_within_total(s))
        return _snapped(np.exp(u), self.limits.low("n"), high)

    def bought(self, u: Array, s: Array) -> Array:
        """The tokens of `tokens`; at a bound they are the bound."""
        return _snapped(self.tokens(u, s), self.limits.low("tokens"), self._max_tokens)

    def tokens(self, u: Array, s: Array) -> Array:
        """Tokens the budget and the caps allow at u = log n."""
        return np.minimum(self.flops / self.cost(u, s), self._max_tokens)

    def cost(self, u: Array, s: Array) -> Array:
        """FLOPs per token at u = log n."""
        return self.law.flops_per_token(np.exp(u), s, **self.extra)

    def slopes(self, u: Array, s: Array, d: Array) -> tuple[Array, Array]:
        """(dL/dlog n, elasticity x dL/dlog d); along the budget curve the loss changes by the difference."""
        n = np.exp(u)
        by_n, by_d, *_ = self.law._gradient(n, d, s, self.x)
        return n * by_n, self.law.flops_elasticity(n, s, **self.extra) * d * by_d

    def balance(self, u: Array, s: Array) -> Array:
        """What parameters are worth against tokens, as a log ratio: 0 at the optimum, falling through it.

        For power laws it is a straight line in u.
        """
        by_n, by_d = self.slopes(u, s, self.tokens(u, s))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(np.maximum(-by_n, 0.0)) - np.log(np.maximum(-by_d, 0.0))
        return np.where(np.isnan(ratio), 0.0, ratio)  # both worthless to the last digit: a plateau

    def ends(self, s: Array) -> tuple[Array, Array]:
        """The stretch of the budget curve the bounds leave, as u = log n."""
        upper = np.minimum(np.log(self.limits.high("n")), self.largest_by_total(s))
        upper = np.minimum(upper, self.largest_by_flops(s))
        lower = np.log(self.limits.low("n"))
        if np.isfinite(self._max_tokens).any():
            lower = np.maximum(lower, self._log_n_at(self.flops / self._max_tokens, s))
        return np.minimum(lower, upper), upper + 0.0 * lower

    def largest_by_total(self, s: Array) -> Array:
        """Log of the largest n within the cap on stored parameters."""
        with np.errstate(divide="ignore"):
            return np.log(np.maximum(self._n_within_total(s), 0.0))

    def largest_by_flops(self, s: Array) -> Array:
        """Log of the largest n that can still be trained on the least number of tokens."""
        return self._log_n_at(self.flops / self.limits.low("tokens"), s)

    def best(self, s: Array) -> Array:
        """The u = log n of least loss at each sparsity, within the bounds."""
        lower, upper = self.ends(s)
        if not np.any(lower < upper):  # the caps leave one size
            return upper
        closed = self.closed_form(s)
        if closed is not None:
            return np.clip(closed, lower, upper)
        if not self.law.unimodal:
            lower, upper = self._bracket(s, lower, upper)
        return crossing(lambda u: self.balance(u, s), lower, upper)

    def closed_form(self, s: Array) -> Array | None:
        """The u of least loss if nothing but the budget binds; None without a formula or a value of it.

        n = G (C/k)^(beta/(alpha+beta)) with G = (alpha A/(beta B))^(1/(alpha+beta)), at k n FLOPs a token.
        """
        terms = self.law.power_terms(s, **self.extra)
        if terms is None:
            return None
        a, alpha, b, beta = (np.asarray(term) for term in terms)
        tokens_of_one = self.flops / self.cost(np.zeros(1), s)
        with np.errstate(divide="ignore", invalid="ignore"):
            u = (np.log(alpha * a / (beta * b)) + beta * np.log(tokens_of_one)) / (alpha + beta)
        return u if np.isfinite(u).all() else None

    def _n_within_total(self, s: Array) -> Array:
        cap = self.limits.high("total")
        if not np.isfinite(cap).any():
            return np.full(np.broadcast_shapes(cap.shape, np.shape(s)), np.inf)
        n = self.law.n_from_total(np.where(np.isfinite(cap), cap, 1.0), s)
        return np.where(np.isfinite(cap), n, np.inf)

    def _bracket(self, s: Array, lower: Array, upper: Array) -> tuple[Array, Array]:
        """The neighbours of the best of `SCAN` points along the curve."""
        share = np.linspace(0.0, 1.0, SCAN).reshape(-1, *(1,) * lower.ndim)
        grid = lower + share * (upper - lower)
        best = np.argmin(self.loss(grid, s), axis=0)[None]
        left, right = np.maximum(best - 1, 0), np.minimum(best + 1, SCAN - 1)
        return np.take_along_axis(grid, left, axis=0)[0], np.take_along_axis(grid, right, axis=0)[0]

    def _log_n_at(self, cost: Array, s: Array) -> Array:
        """The u at which a token costs this many FLOPs: Newton in logs, at once where the cost is k n."""
        with np.errstate(divide="ignore"):
            target = np.log(cost)  # -inf where tokens are unlimited
        finite = np.where(np.isfinite(target), target, 0.0)
        u = finite - np.log(self.cost(np.zeros(1), s))
        for _ in range(NEWTON_STEPS):
            error = finite - np.log(self.cost(u, s))
            u = u + error / self.law.flops_elasticity(np.exp(u), s, **self.extra)
            if np.all(np.abs(error) <= ULPS * np.maximum(np.abs(finite), 1.0)):
                break
        return np.where(np.isfinite(target), u, target)

    @cached_property
    def _max_tokens(self) -> Array:
        return self.limits.high("tokens")


def _snapped(values: Array, low: Array, high: Array) -> Array:
    values = np.where(values <= low * (1 + SNAP), low, values)
    return np.where(values >= high * (1 - SNAP), high, values)


def _extra_inputs(law: Law, budgets: Sequence[Budget], box: Box) -> Array:
    """Shape (B, X): values of the box, else the design choices, the fact a budget states, or the default."""
    if law.extra is None:
        return np.zeros((len(budgets), 1))
    choices = law.extra.choices if box.extra is None else box.extra
    if choices:
        return np.tile(np.asarray(choices, dtype=np.float64), (len(budgets), 1))
    stated = [getattr(budget, law.extra.name, None) for budget in budgets]
    return np.array([[law.extra.default if value is None else value] for value in stated])
