"""The account of a search at several fidelities: how many evaluations each had, and what they cost."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from search.fidelity import value_of
from search.history import History
from search.trial import Trial


@dataclass(frozen=True)
class Level:
    """The trials at one fidelity."""

    value: float
    """Of the fidelity."""
    asked: int
    failed: int
    cost: float
    """In whole evaluations."""
    least: float | None
    """The least value at this fidelity."""


@dataclass(frozen=True)
class FidelityAccount:
    """All fidelities of a search, the lowest first."""

    name: str
    cost: float
    """Of all its trials, in whole evaluations."""
    levels: tuple[Level, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def fidelity_account(history: History, name: str) -> FidelityAccount:
    """The account of the trials that a search asked for.

    Args:
        history: of the search.
        name: of its fidelity.
    """
    together: defaultdict[float, list[Trial]] = defaultdict(list)
    for trial in history.trials:
        if not trial.given:
            together[float(f"{float(str(trial.config[name])):.9g}")].append(trial)
    levels = tuple(_level(value, trials) for value, trials in sorted(together.items()))
    return FidelityAccount(name, history.cost, levels)


def _level(value: float, trials: Sequence[Trial]) -> Level:
    values = [value_of(each) for each in trials]
    return Level(
        value,
        len(trials),
        sum(trial.reason is not None for trial in trials),
        sum(1.0 if trial.cost is None else trial.cost for trial in trials),
        min((value for value in values if value is not None), default=None),
    )
