"""Whether one program was better than another beyond noise."""

from collections.abc import Mapping, Sequence
from enum import Enum

import numpy as np
import numpy.typing as npt
from scipy.stats import mannwhitneyu, wilcoxon

SOLVED = 1e-9
"""Regrets below it are equal: what is left there is rounding."""
LARGEST = 1e12
"""Stands for the regret of a search that never had a value."""
PAIRS = 6
"""Fewest common seeds for the paired test; five pairs cannot differ at 5 %, whatever they are."""
LEVEL = 0.05


class Verdict(Enum):
    """Of the first program against the second."""

    WIN = "won"
    TIE = "tied"
    LOSS = "lost"


def logs(regrets: Sequence[float]) -> npt.NDArray[np.float64]:
    """Regrets on the scale on which they are compared.

    >>> logs([1e-3, 1e-15, float("inf")]).tolist()
    [-3.0, -9.0, 12.0]
    """
    return np.log10(np.clip(np.asarray(regrets, dtype=np.float64), SOLVED, LARGEST))


def p_value(ours: Mapping[int, float], theirs: Mapping[int, float]) -> float:
    """Two-sided, of equal regrets by seed: Wilcoxon's signed ranks over common seeds, if there are enough.

    With fewer, as for programs that take minutes a search, Mann and Whitney's test of all searches.
    """
    common = sorted(set(ours) & set(theirs))
    if len(common) < PAIRS:
        return _unpaired(logs(list(ours.values())), logs(list(theirs.values())))
    difference = logs([ours[seed] for seed in common]) - logs([theirs[seed] for seed in common])
    return float(wilcoxon(difference).pvalue) if np.any(difference) else 1.0


def _unpaired(ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64]) -> float:
    if not len(ours) or not len(theirs) or len(np.unique(np.concatenate([ours, theirs]))) == 1:
        return 1.0
    return float(mannwhitneyu(ours, theirs).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted for the number of them (Holm 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.minimum(np.maximum.accumulate(np.asarray(p_values)[order] * factors), 1.0)
    return [float(each) for each in adjusted[np.argsort(order)]]


def verdicts(ours: Mapping[int, float], others: Mapping[str, Mapping[int, float]]) -> dict[str, Verdict]:
    """Ours against each of the others, corrected for their number."""
    adjusted = holm([p_value(ours, theirs) for theirs in others.values()])
    return {
        name: _verdict(p, _middle(ours), _middle(theirs))
        for p, (name, theirs) in zip(adjusted, others.items(), strict=True)
    }


def rank(name: str, medians: Mapping[str, float]) -> int:
    """Place by median regret; programs that solved the problem share the first.

    >>> rank("c", {"a": 1e-12, "b": 1e-15, "c": 0.5, "d": 0.7})
    3
    """
    place = dict(zip(medians, logs(list(medians.values())), strict=True))
    return 1 + sum(bool(other < place[name]) for other in place.values())


def _middle(regrets: Mapping[int, float]) -> tuple[float, float]:
    """The median, and the mean to tell equal medians apart."""
    each = logs(list(regrets.values()))
    return float(np.median(each)), float(np.mean(each))


def _verdict(p: float, ours: tuple[float, float], theirs: tuple[float, float]) -> Verdict:
    if p >= LEVEL:
        return Verdict.TIE
    return Verdict.WIN if ours < theirs else Verdict.LOSS
