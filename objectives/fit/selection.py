"""Which law: families ranked by how they extrapolate, and turned away by name where they cannot be trusted.

Every family is fitted below the same compute cuts and predicts the same runs above them. Among those about as
good as the best, the one with the fewest coefficients is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from objectives.budget import Budget
from objectives.exact.optimum import Optimum, optimum
from objectives.fit.certificate import AGREE, at_bounds
from objectives.fit.cut import Cut
from objectives.fit.estimation import Estimation
from objectives.fit.fitting import Solution, solve
from objectives.fit.rolling import cuts, rolling_origin
from objectives.laws.law import Law
from objectives.runs import Runs
from spaces.errors import BadInput, Infeasible

DENSE = ("hoffmann", "coupled", "kaplan", "farseer")
SPARSE = ("generalized", "frantar", "abnar")
REACH = 100.0
"""How far beyond the largest run, in compute, a law must keep falling with N and D."""
NEAR = 0.15
GRID = 25
WORSE = 2.0
"""Held-out errors this many times the best family's are too much."""
MOST_SHARE, LEAST_SHARE = 1e4, 1e-4
"""Sizes beyond these multiples of the fitted ones are an edge: nobody would search there."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """One family on these runs."""

    family: str
    coefficients: int
    solution: Solution | None = None
    law: Law | None = None
    cuts: tuple[Cut, ...] = ()
    error: float | None = None
    """Mean absolute log error above the cuts, every cut counting the same; None without cuts."""
    rejected: str | None = None
    """Why it cannot be trusted; None for an acceptable law."""
    optimum: Optimum | None = None
    """Under the budget it is asked about."""

    @property
    def acceptable(self) -> bool:
        """Whether nothing speaks against it."""
        return self.rejected is None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "law": self.family,
            "free_coefficients": self.coefficients,
            "held_out_error": self.error,
            "cuts": [cut.to_dict() for cut in self.cuts],
            "objective": None if self.solution is None else self.solution.objective,
            "acceptable": self.acceptable,
            "rejected": self.rejected,
            "coefficients": None if self.solution is None else self.solution.coefficients,
            "optimum": None if self.optimum is None else _place(self.optimum),
        }


def _place(best: Optimum) -> dict[str, float]:
    return {name: getattr(best, name) for name in ("flops", "n", "tokens", "sparsity", "loss")}


def families_for(runs: Runs) -> tuple[str, ...]:
    """The families these runs can speak about."""
    if np.ptp(runs.tokens) == 0:
        return ("clark",)
    if np.any(runs.sparsity > 0):
        return SPARSE
    repeats = "unique_tokens" in runs.extra and bool(np.any(runs.tokens > runs.extra["unique_tokens"]))
    return ("data-constrained", *DENSE) if repeats else DENSE


def examine(templates: Sequence[Estimation], budget: Budget, *, seed: int = 0) -> list[Candidate]:
    """Fit and judge each family; ranked, the acceptable first, each group by held-out error.

    Args:
        templates: one estimation a family, on the same runs.
        budget: what each law is asked about.
        seed: of starts.
    """
    enough = [each for each in templates if len(each.runs) >= len(each.free)]
    masks = min((cuts(each) for each in enough), key=len, default=[])
    found = [_examined(each, masks, budget, seed) for each in templates]
    least = min((each.error for each in found if each.acceptable and each.error is not None), default=np.inf)
    found = [_compared(each, least) for each in found]
    return sorted(found, key=lambda each: (not each.acceptable, np.inf if each.error is None else each.error))


def _compared(candidate: Candidate, least: float) -> Candidate:
    """The candidate, turned away if it extrapolates far worse than the best acceptable one."""
    if not candidate.acceptable or candidate.error is None or candidate.error <= WORSE * least:
        return candidate
    reason = f"its held-out error is {candidate.error / least:.1f} times that of the best"
    return replace(candidate, rejected=reason)


def _examined(estimation: Estimation, masks: list[Any], budget: Budget, seed: int) -> Candidate:
    family, size = estimation.form.law.family, len(estimation.free)
    try:
        solution = solve(estimation, seed=seed)
    except BadInput as mistake:
        return Candidate(family, size, rejected=str(mistake))
    rolled = tuple(rolling_origin(solution, seed=seed, replicates=0, masks=masks)) if masks else ()
    error = float(np.mean([np.mean(np.abs(cut.error)) for cut in rolled])) if rolled else None
    law = solution.law()
    reason = why_not(solution, law, budget)
    best = None if reason else optimum(law, budget)
    return Candidate(family, size, solution, law, rolled, error, reason, best)


def choose(candidates: Sequence[Candidate]) -> Candidate:
    """The acceptable candidate with the fewest coefficients among those as good as the best.

    As good: the mean difference of its held-out error from the best, over the cuts, is within one standard
    error of that mean, or within `NEAR` of the error (cuts share runs, so the standard error is too small).

    Raises:
        BadInput: no family is acceptable; the message says why of each.
    """
    fit = [each for each in candidates if each.acceptable]
    if not fit:
        reasons = "; ".join(f"{each.family}: {each.rejected}" for each in candidates)
        raise BadInput.of("law", "runs that at least one family describes acceptably", reasons)
    best = fit[0]
    return min((each for each in fit if _as_good(each, best)), key=lambda each: each.coefficients)


def _as_good(candidate: Candidate, best: Candidate) -> bool:
    if candidate is best:
        return True
    if not best.cuts or not candidate.cuts:
        return False
    if (candidate.error or np.inf) <= (1.0 + NEAR) * (best.error or 0.0):
        return True
    pairs = zip(candidate.cuts, best.cuts, strict=True)
    worse = np.array([np.mean(np.abs(mine.error)) - np.mean(np.abs(its.error)) for mine, its in pairs])
    return bool(worse.mean() <= worse.std(ddof=1) / np.sqrt(len(worse))) if len(worse) > 1 else False


def why_not(solution: Solution, law: Law, budget: Budget) -> str | None:
    """What speaks against a fitted law; None if nothing does."""
    edges = at_bounds(solution)
    if edges:
        return f"the optimum lies at an edge of the search: {', '.join(edges)} at the bound"
    if solution.reached < AGREE:
        return f"not identified: no two of {len(solution.minima.value)} starts agree on an optimum"
    return _rises(solution, law) or _runs_away(solution, law, budget)


def _rises(solution: Solution, law: Law) -> str | None:
    """Where the law rises with N or D, among the runs or up to `REACH` times their compute."""
    runs, further = solution.estimation.runs, np.sqrt(REACH)
    n = np.geomspace(runs.n.min(), runs.n.max() * further, GRID)
    d = np.geomspace(runs.tokens.min(), runs.tokens.max() * further, GRID)
    s = np.unique(runs.sparsity)[:: max(1, len(np.unique(runs.sparsity)) // 5)]
    grid = np.meshgrid(n, d, s, indexing="ij")
    slopes = law.gradient(*grid)
    within = law.training_flops(*grid) <= REACH * runs.flops.max()
    for index, name in enumerate(("N", "D")):
        rising = within & (slopes[..., index] * grid[index] > 1e-9)
        if rising.any():
            at = tuple(np.argwhere(rising)[0])
            return f"the loss rises with {name}, as at N = {grid[0][at]:.2g}, D = {grid[1][at]:.2g}"
    return None


def _runs_away(solution: Solution, law: Law, budget: Budget) -> str | None:
    """Whether the best size under the budget lies where nobody would search."""
    try:
        best = optimum(law, budget)
    except Infeasible as clash:
        return str(clash)
    n = solution.estimation.runs.n
    if best.n > MOST_SHARE * n.max() or best.n < LEAST_SHARE * n.min():
        return f"its best size for {best.flops:.3g} FLOPs runs to an edge: N = {best.n:.2g}"
    return None
