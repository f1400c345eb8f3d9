"""A measured loss curve, and how it is thinned before a fit."""

from dataclasses import dataclass, replace

import numpy as np

from objectives.curves.schedule import Logged, Schedule
from objectives.laws.law import Array
from spaces.errors import BadInput

BINS = 48
"""Points a fit sees: equal stretches of the square root of time, each the mean of the losses within."""
BURN_IN = 0.25
"""Share of what was measured that a fit leaves out at its beginning, where no law of a curve holds."""
LEAST = 8
"""Points a fit should have; the beginning is left out only as far as so many remain."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Losses after times that rise, both of shape (R,)."""

    time: Array
    loss: Array
    unit: str = "steps"
    """Of the time: `steps` or `tokens`."""
    rate: Array | None = None
    """The learning rate that was logged."""
    tokens_per_step: float | None = None
    name: str = "curve"

    def __post_init__(self) -> None:
        """Refuse what no file may hold either.

        Raises:
            BadInput: a time that does not rise, a loss that is not positive and finite.
        """
        steps = np.diff(self.time)
        if not (np.all(steps > 0) and np.all(np.isfinite(self.time))):
            row = int(np.argmax(~(steps > 0))) + 2 if len(steps) else 1
            raise BadInput.of(
                "curve.time", f"rising finite times ({self.name})", f"row {row} not after the one before"
            )
        wrong = np.flatnonzero(~((self.loss > 0) & np.isfinite(self.loss)))
        if len(wrong):
            expected = f"positive finite losses ({self.name})"
            raise BadInput.of("curve.loss", expected, f"{self.loss[wrong[0]]:g} in row {wrong[0] + 1}")

    def __len__(self) -> int:
        return len(self.time)

    @property
    def now(self) -> float:
        """The last time."""
        return float(self.time[-1])

    def until(self, time: float) -> "Curve":
        """What was measured up to a time."""
        kept = self.time <= time * (1 + 1e-12)
        rate = None if self.rate is None else self.rate[kept]
        return replace(self, time=self.time[kept], loss=self.loss[kept], rate=rate)

    def logged(self, length: float) -> Schedule | None:
        """The logged rate as a schedule."""
        return None if self.rate is None else Logged.of(self.time, self.rate, length)

    def thinned(self, warmup: float = 0.0) -> tuple[Array, Array]:
        """Times and losses of at most `BINS` stretches, without the burn-in and the warm-up."""
        start = int(np.searchsorted(self.time, max(BURN_IN * self.now, min(warmup, 0.5 * self.now))))
        positive = int(np.searchsorted(self.time, 0.0, "right"))  # the forms have no value at time 0
        first = max(min(start, len(self) - LEAST), positive)
        return means(self.time[first:], self.loss[first:])

    def last(self) -> float:
        """The loss at the end: the mean of the last stretch of `thinned`, as single losses are noisy."""
        return float(means(self.time, self.loss, 2 * BINS)[1][-1])


def means(time: Array, loss: Array, bins: int = BINS) -> tuple[Array, Array]:
    """Mean time and mean loss of equal stretches of the square root of time; empty ones are left out."""
    if len(time) <= bins:
        return time, loss
    root = np.sqrt(time)
    place = (root - root[0]) / (root[-1] - root[0]) * bins
    _, group = np.unique(np.minimum(place.astype(int), bins - 1), return_inverse=True)
    count = np.bincount(group)
    return np.bincount(group, time) / count, np.bincount(group, loss) / count
