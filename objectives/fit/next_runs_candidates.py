"""Runs that could be trained next: sizes, tokens and sparsities, and what each costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from objectives.laws.law import Array, Law
from objectives.runs import Runs
from spaces.errors import BadInput, Infeasible, Mistake

STEP = np.sqrt(2.0)
"""Between neighbouring sizes, and tokens, of the usual lattice."""
BEYOND = 2.0
"""How far the usual lattice leaves the range of the runs: sizes and tokens upwards, tokens per parameter both
ways."""
LEVELS = 8
"""Sparsities of the usual lattice at most."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """M runs; n in the law's own count."""

    n: Array
    tokens: Array
    sparsity: Array
    cost: Array
    """Training FLOPs, by the law's own account."""

    def __len__(self) -> int:
        return len(self.n)


def candidates(
    law: Law,
    runs: Runs,
    allowance: float,
    *,
    sizes: Sequence[float] = (),
    tokens: Sequence[float] = (),
    sparsities: Sequence[float] = (),
) -> Candidates:
    """All combinations that the allowance can pay for once.

    What is not given comes from the runs: sizes and tokens in steps of sqrt(2) from the least to twice the
    most, and the sparsities there are. Only then are tokens per parameter kept within a factor of two of
    theirs: a law is not asked where nothing like it was trained.

    Raises:
        BadInput: a size or number of tokens that is not positive, a sparsity outside the law's domain.
        Infeasible: the allowance does not pay for one of them.
    """
    _check(law, sizes, tokens, sparsities)
    axes = (
        np.array(sizes or _steps(runs.n)),
        np.array(tokens or _steps(runs.tokens)),
        np.array(sparsities or _levels(runs.sparsity)),
    )
    n, d, s = (grid.ravel() for grid in np.meshgrid(*axes, indexing="ij"))
    kept = np.ones(len(n), dtype=bool)
    if not sizes and not tokens:
        ratio = runs.tokens / runs.n
        kept = (d / n >= ratio.min() / BEYOND) & (d / n <= ratio.max() * BEYOND)
    cost = law.training_flops(n, d, s)
    affordable = kept & (cost <= allowance)
    if not affordable.any():
        raise Infeasible(
            f"no run: the cheapest candidate costs {cost[kept].min():.3g} FLOPs, "
            f"the allowance is {allowance:.3g}"
        )
    return Candidates(*(column[affordable] for column in (n, d, s, cost)))


def _check(law: Law, sizes: Sequence[float], tokens: Sequence[float], sparsities: Sequence[float]) -> None:
    mistakes = [
        Mistake(name, "positive finite numbers", f"{value:g}")
        for name, values in (("sizes", sizes), ("tokens", tokens))
        for value in values
        if not 0 < value < np.inf
    ]
    domain = (
        f"0 <= S <= {law.max_sparsity:g}, below 1"
        if law.max_sparsity
        else f"0: the {law.family} law is dense"
    )
    mistakes += [
        Mistake("sparsities", domain, f"{value:g}")
        for value in sparsities
        if not (0 <= value <= law.max_sparsity and value < 1)
    ]
    if mistakes:
        raise BadInput(mistakes)


def _steps(column: Array) -> list[float]:
    low, high = float(column.min()), BEYOND * float(column.max())
    count = int(np.floor(np.log(high / low) / np.log(STEP) + 1e-9)) + 1
    return [float(low * STEP**step) for step in range(count)]


def _levels(sparsity: Array) -> list[float]:
    levels = np.unique(sparsity)
    picked = np.linspace(0, len(levels) - 1, min(LEVELS, len(levels))).round().astype(int)
    return [float(level) for level in levels[picked]]
