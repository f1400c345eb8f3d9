"""What a search is after: metrics of its trials by name, each to be made small or great.

An engine minimises, so that a metric to be maximised reaches it with the other sign; metrics keep theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Aim:
    """One objective of a search."""

    metric: str
    maximise: bool = False
    reference: float | None = None
    """The worst value that counts in a hypervolume, in units of the metric."""

    def cost(self, value: float) -> float:
        """What an engine minimises for a value of the metric."""
        return -value if self.maximise else value

    @property
    def sense(self) -> str:
        """In words."""
        return "maximised" if self.maximise else "minimised"


def references(aims: Sequence[Aim]) -> list[float | None]:
    """The reference point of an engine, one number or `None` for each aim."""
    return [None if aim.reference is None else aim.cost(aim.reference) for aim in aims]


def costs(aims: Sequence[Aim], metrics: Mapping[str, float]) -> tuple[float, ...]:
    """What an engine minimises for the metrics of a trial, one number for each aim."""
    return tuple(aim.cost(metrics[aim.metric]) for aim in aims)
