"""A fitted law against the isoFLOP profiles of its runs: the same budgets, two answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from objectives.budget import Budget
from objectives.exact.limits import Box
from objectives.exact.optimum import Optimum, optima
from objectives.fit.finding import Finding, Severity
from objectives.fit.isoflop import SAME_SIZE, Exponents, Profile, Shape, exponents, profiles, slopes
from objectives.laws.law import Law
from objectives.run_groups import name_rows, rounded
from objectives.runs import Runs

FAR = 1.5
"""Factor between the law's N* and the profiles' from which the law is said to disagree."""


@dataclass(frozen=True)
class Comparison:
    """One budget: where the profile has its minimum, and where the law puts it at the same cost."""

    profile: Profile
    n: float
    """The law's N*, in the table's count."""
    tokens: float
    loss: float

    @property
    def factor(self) -> float:
        """The law's N* over the profile's."""
        return self.n / self.profile.n

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        law = {"n": self.n, "tokens": self.tokens, "loss": self.loss, "n_factor": self.factor}
        return {**self.profile.to_dict(), "law": law}


@dataclass(frozen=True)
class IsoflopCheck:
    """All profiles of a table, and the law's answers; empty where the table has no sweeps."""

    comparisons: tuple[Comparison, ...]
    measured: Exponents | None
    """From the profiles that have an optimum."""
    predicted: Exponents | None
    """The law's, over the same budgets."""

    @property
    def usable(self) -> tuple[Comparison, ...]:
        """Without the one-sided sweeps, which have no optimum to compare with."""
        return tuple(each for each in self.comparisons if not each.profile.one_sided)

    @property
    def factor(self) -> float | None:
        """Typical factor between the two N*, at least 1; None without a usable profile."""
        logs = [abs(float(np.log(each.factor))) for each in self.usable]
        return float(np.exp(np.median(logs))) if logs else None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "profiles": [each.to_dict() for each in self.comparisons],
            "measured": self.measured and self.measured.to_dict(),
            "predicted": self.predicted and self.predicted.to_dict(),
            "factor": self.factor,
        }


def isoflop_check(runs: Runs, law: Law) -> IsoflopCheck:
    """Profiles of the runs beside the optima of a law fitted on them, at the same S and extra input.

    The law's budget is what the profile's own minimum costs by the law's count of FLOPs, so that a table
    whose FLOPs are not 6 N D is compared at equal N D.
    """
    return _checked(law, profiles(runs))


def _checked(law: Law, found: Sequence[Profile]) -> IsoflopCheck:
    found = () if law.fixed_tokens else found
    comparisons = tuple(_compared(law, found))
    usable = [each for each in comparisons if not each.profile.one_sided]
    return IsoflopCheck(comparisons, exponents(found), _predicted(usable))


def _predicted(usable: Sequence[Comparison]) -> Exponents | None:
    profile = [each.profile for each in usable]
    return slopes(
        np.array([each.flops for each in profile]),
        np.array([each.n for each in usable]),
        np.array([each.tokens for each in usable]),
        [(each.sparsity, *each.extra.values()) for each in profile],
    )


def _compared(law: Law, found: Sequence[Profile]) -> Iterator[Comparison]:
    """One exact solve for all profiles of the same extra input."""
    for extra in dict.fromkeys(tuple(profile.extra.items()) for profile in found):
        group = [profile for profile in found if tuple(profile.extra.items()) == extra]
        for profile, best in zip(group, _optima(law, group, dict(extra)), strict=True):
            yield Comparison(profile, best.n, best.tokens, best.loss)


def _optima(law: Law, group: Sequence[Profile], extra: dict[str, float]) -> list[Optimum]:
    taken = {name: value for name, value in extra.items() if law.extra and law.extra.name == name}
    budgets = [
        Budget(
            float(law.training_flops(profile.n, profile.tokens, profile.sparsity, **taken)),
            sparsity=profile.sparsity if law.max_sparsity > 0 else None,
            unique_tokens=taken.get("unique_tokens"),
        )
        for profile in group
    ]
    chosen = tuple(value for name, value in taken.items() if name != "unique_tokens")
    return optima(law, budgets, Box(extra=chosen) if chosen else None)


def isoflop_findings(runs: Runs, law: Law | None) -> Iterator[Finding]:
    """Sweeps whose minimum is not inside, and what all profiles say beside the law."""
    found = profiles(runs)
    if _designed(runs, found):
        bounds = "have their least loss at an end and only bound the optimum"
        yield from _of_shape(found, Shape.ONE_SIDED, Severity.WARNING, bounds)
        uncertain = "have one size or none beyond their minimum, so it is uncertain"
        yield from _of_shape(found, Shape.OFF_CENTRE, Severity.NOTE, uncertain)
    if law is not None:
        yield from _agreement(_checked(law, found), law)


def _of_shape(found: Sequence[Profile], shape: Shape, severity: Severity, why: str) -> Iterator[Finding]:
    chosen = [profile for profile in found if profile.shape is shape]
    if chosen:
        rows = [row for profile in chosen for row in profile.rows]
        budgets = ", ".join(f"{profile.flops:.3g}" for profile in chosen[:5])
        text = f"{len(chosen)} of {len(found)} isoFLOP sweeps {why}: {budgets} FLOPs ({name_rows(rows)})"
        yield Finding.of(f"isoflop-{shape}", severity, rows, text)


def _designed(runs: Runs, found: Sequence[Profile]) -> bool:
    """Whether the sweeps were meant as such: their tokens follow from cost and size, so few are the same.

    The diagonals of a grid of sizes and tokens cost alike too, and those at its corners are one-sided.
    """
    rows = {row for profile in found for row in profile.rows}
    swept = np.flatnonzero(np.isin(runs.rows, list(rows)))
    return len(np.unique(rounded(runs.tokens[swept], SAME_SIZE))) > len(swept) / 2


def _agreement(check: IsoflopCheck, law: Law) -> Iterator[Finding]:
    if check.factor is None:
        return
    off = check.factor > FAR
    text = (
        f"at {len(check.usable)} isoFLOP budgets the {law.family} law puts N* a typical factor of"
        f" {check.factor:.2f} from the profile's minimum"
    )
    if check.measured and check.predicted:
        error = check.measured.n_error
        text += (
            f"; N* grows as C^{check.predicted.n:.3f} by the law and C^{check.measured.n:.3f} by the profiles"
        )
        text += f" (standard error {error:.2g})" if error is not None else ""
    yield Finding.of("isoflop-law", Severity.WARNING if off else Severity.NOTE, (), text)
