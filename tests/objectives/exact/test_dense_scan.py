"""A million points for every law and coefficient set: none beats the exact optimum."""

from dataclasses import dataclass

import numpy as np
import pytest

from objectives import laws
from objectives.budget import Budget
from objectives.exact import Box, Optimum, optimum
from objectives.laws.law import Array, Law

EVERY_SET = [law for family in laws.FAMILIES for law in family.published()]
SCENARIOS = {
    "no caps": (Budget(1e21), Box()),
    "a cap on total parameters": (Budget(3e22, max_total_params=3e9), Box()),
    "caps on total parameters and tokens": (Budget(1e21, max_total_params=1e10, max_tokens=1.5e11), Box()),
    "few unique tokens": (Budget(1e24, unique_tokens=2e11), Box()),
    "a space's own bounds": (
        Budget(1e23),
        Box(n=(5e9, 2e10), tokens=(1e10, 1e12), sparsity=(0.0, 0.8)),
    ),
}


@dataclass
class Grid:
    """Points to try: sizes relative to a centre, sparsities, and the share of the tokens paid for."""

    log_n: Array
    v: Array
    shares: tuple[float, ...] = (1.0,)

    @property
    def points(self) -> int:
        return self.log_n.size * self.v.size * len(self.shares)


def least_loss(law: Law, budget: Budget, box: Box, grid: Grid, x: float | None) -> float:
    """The least loss over the grid's feasible points, every constraint checked as it is stated."""
    s = -np.expm1(-grid.v)[:, None]
    s_low, s_high = box.sparsity or (0.0, np.inf)
    s = np.clip(s, s_low, min(s_high, law.max_sparsity))
    extra = {law.extra.name: x} if law.extra and x is not None else {}
    n = np.broadcast_to(np.exp(grid.log_n)[None, :], (s.size, grid.log_n.size))
    if budget.max_total_params:
        n = np.concatenate([n, law.n_from_total(budget.max_total_params, s)], axis=1)
    d_low, d_high = box.tokens or (1.0, np.inf)
    d_high = min(d_high, budget.max_tokens or np.inf)
    if not (law.extra and law.extra.name == "unique_tokens"):
        d_high = min(d_high, budget.unique_tokens or np.inf)
    if law.fixed_tokens:
        d_low = d_high = law.fixed_tokens
    affordable = np.minimum(budget.flops / law.flops_per_token(n, s, **extra), d_high)
    least = np.inf
    for share in grid.shares:
        d = share * affordable
        feasible = (d >= d_low) & (n >= (box.n or (1.0, 0.0))[0]) & (n <= (box.n or (0.0, np.inf))[1])
        feasible &= law.n_total(n, s) <= (budget.max_total_params or np.inf) * (1 + 1e-12)
        losses = law.loss(n, d, s, **extra)
        least = min(least, float(losses[feasible].min(initial=np.inf)))
    return least


def grids(law: Law, best: Optimum, s_high: float) -> list[Grid]:
    """Everywhere; then half a decade and a hair around the optimum: over a million points together."""
    v, top = -np.log1p(-best.sparsity), -np.log1p(-s_high)
    dense = law.max_sparsity == 0 or s_high == 0
    sizes, sparsities = (200_001, 1) if dense else (2_001, 101)

    def near(width: float) -> Grid:
        across = (
            np.linspace(max(v - width, 0.0), min(v + width, top), sparsities) if not dense else np.zeros(1)
        )
        return Grid(np.log(best.n) + np.linspace(-width, width, sizes), np.append(across, v))

    everywhere = np.zeros(1) if dense else np.linspace(0.0, top, sparsities)
    wide = Grid(np.linspace(0.0, np.log(1e16), sizes), everywhere, (1.0, 0.9, 0.3))
    return [wide, near(1.0), near(1e-3)]


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("law", EVERY_SET, ids=lambda law: f"{law.family}-{law.name}")
def test_no_point_of_a_dense_scan_beats_the_optimum(law: Law, scenario: str) -> None:
    budget, box = SCENARIOS[scenario]
    best = optimum(law, budget, box)
    s_high = min(law.max_sparsity, (box.sparsity or (0.0, 0.98))[1])
    if law.fitted.sparsity and not box.sparsity:
        s_high = law.fitted.sparsity[1]
    choices = (law.extra.choices or (best.extra[law.extra.name],)) if law.extra else (None,)
    scans = grids(law, best, s_high)
    assert sum(grid.points for grid in scans) * len(choices) >= 1_000_000
    least = min(least_loss(law, budget, box, grid, x) for grid in scans for x in choices)
    assert best.loss <= least * (1 + 1e-10)
    assert best.loss >= least * (1 - 1e-5), "the scan did not look where the optimum is"
    assert best.certificate.holds
