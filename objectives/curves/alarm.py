"""Does reality stay inside a forecast made earlier? What was measured since is held against its interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from objectives.curves.correction import Finished
from objectives.curves.curve import Curve
from objectives.curves.fitting import Setting
from objectives.curves.forecast import AUTO, forecast
from objectives.fit.calibration import LEVEL
from objectives.laws.law import Array

ORIGIN = 0.7
"""Share of what was measured that the earlier forecast sees, if nothing else is asked for."""


@dataclass(frozen=True, eq=False)
class Watch:
    """An earlier forecast and what came of it; arrays have one entry for each mean of losses since."""

    origin: float
    time: Array
    loss: Array
    low: Array
    high: Array

    @property
    def outside(self) -> Array:
        """Times at which the mean loss lies outside."""
        return self.time[(self.loss < self.low) | (self.loss > self.high)]

    @property
    def alarm(self) -> str | None:
        """In words: since when, and to which side; None while the last mean lies inside."""
        if not len(self.time) or self.low[-1] <= self.loss[-1] <= self.high[-1]:
            return None
        side = "above" if self.loss[-1] > self.high[-1] else "below"
        ends = f"{self.low[-1]:.4f} to {self.high[-1]:.4f}"
        return f"the loss, {self.loss[-1]:.4f}, lies {side} the interval {ends} forecast at {self.origin:g}"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        columns = {name: getattr(self, name).tolist() for name in ("time", "loss", "low", "high")}
        first = float(self.outside[0]) if len(self.outside) else None
        return {
            "origin": self.origin,
            "means": len(self.time),
            "outside": len(self.outside),
            "first_outside": first,
            "alarm": self.alarm,
            **columns,
        }


def watch(
    curve: Curve,
    setting: Setting,
    origin: float,
    likes: Sequence[Finished] = (),
    *,
    law: str = AUTO,
    level: float = LEVEL,
) -> Watch:
    """Forecast from what was known at `origin`, and hold what came since against it.

    Args:
        curve: all that was measured.
        setting: schedule and length.
        origin: a time within the curve.
        likes: finished curves of the family.
        law: as `forecast`.
        level: as `forecast`.
    """
    made = forecast(curve.until(origin), setting, likes, law=law, level=level)
    time, loss = curve.thinned(setting.warmup)
    since = time > origin
    _, low, high = made.loss(time[since])
    return Watch(origin, time[since], loss[since], low, high)
