"""What the learning rate is at each step: schedules as frozen values.

Time counts from 0 in the curve's own unit, steps or tokens; after `length` a schedule stays where it ended.
The warm-up is linear and reaches the peak with its last step, as in Luo et al. 2025 (arXiv 2503.12811).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array
from spaces.errors import BadInput, Mistake, one_of

SHAPES = ("linear", "cosine", "exponential", "sqrt")
"""Of a decay: what is left of the way down, as a function of the share of the decay that is over."""


@dataclass(frozen=True)
class Schedule(ABC):
    """Warm-up to `peak`, then whatever the kind says, until `length`.

    Args:
        peak: largest learning rate, positive.
        length: end of training.
        warmup: where the warm-up ends.
    """

    kind: ClassVar[str]
    """Name in a description."""

    peak: float
    length: float
    warmup: float = 0.0

    @abstractmethod
    def _after_warmup(self, time: Array) -> Array:
        """Learning rate at times from `warmup` to `length`."""

    def rate(self, time: npt.ArrayLike, *, flat_warmup: bool = False) -> Array:
        """Learning rate at any times, of their shape.

        Args:
            time: steps or tokens, not negative.
            flat_warmup: give the warm-up the peak (Tissue et al. 2024 count it so).
        """
        at = np.minimum(np.asarray(time, dtype=np.float64), self.length)
        later = self._after_warmup(np.maximum(at, self.warmup))
        if flat_warmup:
            return np.where(at < self.warmup, self.peak, later)
        return np.where(at < self.warmup, self.peak * at / max(self.warmup - 1.0, 1.0), later)

    @property
    def final(self) -> float:
        """The learning rate training ends with."""
        return float(self.rate(self.length))

    def extended(self, length: float) -> Self:
        """The same schedule stretched to another length: warm-up kept, the rest in proportion."""
        stretch = (length - self.warmup) / (self.length - self.warmup)
        moved = {name: self.warmup + stretch * (getattr(self, name) - self.warmup) for name in self.moments()}
        return replace(self, length=length, **moved)

    @classmethod
    def moments(cls) -> tuple[str, ...]:
        """Fields that are times after the warm-up."""
        return ()

    def mistakes(self) -> list[Mistake]:
        """What is wrong with the numbers."""
        wrong = [
            Mistake(each.name, "a finite number of at least 0", f"{value:g}")
            for each in fields(self)
            if isinstance(value := getattr(self, each.name), int | float)
            and not (np.isfinite(value) and value >= 0)
        ]
        if wrong:
            return wrong
        if self.peak <= 0:
            wrong.append(Mistake("peak", "a positive learning rate", f"{self.peak:g}"))
        if not self.warmup < self.length:
            expected = f"the end of training, after the warm-up of {self.warmup:g}"
            wrong.append(Mistake("steps", expected, f"{self.length:g}"))
        end = getattr(self, "end", 0.0)
        if end > self.peak:
            wrong.append(Mistake("end", f"at most the peak, {self.peak:g}", f"{end:g}"))
        for name in self.moments():
            if not self.warmup <= getattr(self, name) < self.length:
                expected = f"a time from the end of the warm-up ({self.warmup:g}) to {self.length:g}"
                wrong.append(Mistake(name, expected, f"{getattr(self, name):g}"))
        return wrong

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"kind": self.kind, **{each.name: getattr(self, each.name) for each in fields(self)}}


@dataclass(frozen=True)
class Constant(Schedule):
    """The peak to the end."""

    kind = "constant"

    def _after_warmup(self, time: Array) -> Array:
        return np.full_like(time, self.peak)


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from the peak to `end`."""

    kind = "cosine"
    end: float = 0.0

    def _after_warmup(self, time: Array) -> Array:
        return decayed(time, self.warmup, self.length, self.peak, self.end, "cosine")


@dataclass(frozen=True)
class LinearDecay(Schedule):
    """A straight line from the peak to `end`."""

    kind = "linear"
    end: float = 0.0

    def _after_warmup(self, time: Array) -> Array:
        return decayed(time, self.warmup, self.length, self.peak, self.end, "linear")


@dataclass(frozen=True)
class WarmupStableDecay(Schedule):
    """The peak until `decay`, then down to `end` in one of `SHAPES` (WSD)."""

    kind = "wsd"
    end: float = 0.0
    decay: float = 0.0
    """When the decay starts."""
    shape: str = "linear"

    def _after_warmup(self, time: Array) -> Array:
        return decayed(time, self.decay, self.length, self.peak, self.end, self.shape)

    @classmethod
    def moments(cls) -> tuple[str, ...]:
        """The start of the decay."""
        return ("decay",)

    def mistakes(self) -> list[Mistake]:
        """As for every schedule, and the shape."""
        wrong = super().mistakes()
        if self.shape not in SHAPES:
            return [*wrong, Mistake("shape", one_of(SHAPES, self.shape), self.shape)]
        if self.shape == "exponential" and not self.end > 0:
            wrong.append(Mistake("end", "a positive learning rate after an exponential decay", "0"))
        return wrong


@dataclass(frozen=True)
class TwoStep(Schedule):
    """The peak until `switch`, then `end`."""

    kind = "two-step"
    end: float = 0.0
    switch: float = 0.0

    def _after_warmup(self, time: Array) -> Array:
        return np.where(time < self.switch, self.peak, self.end)

    @classmethod
    def moments(cls) -> tuple[str, ...]:
        """The switch."""
        return ("switch",)


@dataclass(frozen=True, eq=False)
class Logged(Schedule):
    """The learning rate a training run wrote down: straight lines between the logged times, then level."""

    kind = "logged"
    times: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()

    @classmethod
    def of(cls, time: Array, rate: Array, length: float) -> "Logged":
        """From two columns; the warm-up ends where 99 % of the peak is first reached, if it rises to it."""
        peak = float(rate.max())
        first = int(np.argmax(rate >= 0.99 * peak))
        warmup = float(time[first]) if first else 0.0
        return cls(peak, length, min(warmup, 0.5 * length), tuple(map(float, time)), tuple(map(float, rate)))

    def _after_warmup(self, time: Array) -> Array:
        return np.interp(time, self.times, self.rates)

    def extended(self, length: float) -> "Logged":
        """What was logged stays; the end moves."""
        return replace(self, length=length)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, without the columns."""
        shown = super().to_dict()
        return {name: value for name, value in shown.items() if name not in ("times", "rates")}


@dataclass(frozen=True)
class DecayFrom(Schedule):
    """Another schedule until `start`, then from the rate reached there down to `end`."""

    kind = "decay-from"
    base: Schedule | None = None
    start: float = 0.0
    end: float = 0.0
    shape: str = "linear"

    @classmethod
    def of(cls, base: Schedule, start: float, length: float, end: float, shape: str) -> "DecayFrom":
        """The decay from `start` to `length`."""
        return cls(base.peak, length, base.warmup, base, start, end, shape)

    def _after_warmup(self, time: Array) -> Array:
        assert self.base is not None  # only a default needs it
        top = float(self.base.rate(self.start))
        later = decayed(time, self.start, self.length, top, min(self.end, top), self.shape)
        return np.where(time <= self.start, self.base.rate(time), later)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        shown = super().to_dict()
        return {**shown, "base": None if self.base is None else self.base.to_dict()}


def decayed(time: Array, start: float, stop: float, top: float, end: float, shape: str) -> Array:
    """`top` until `start`, then down to `end` at `stop`."""
    share = np.clip((time - start) / (stop - start), 0.0, 1.0)
    if shape == "exponential":
        return np.asarray(top * (end / top) ** share)
    left = {
        "linear": 1.0 - share,
        "cosine": 0.5 * (1.0 + np.cos(np.pi * share)),
        "sqrt": 1.0 - np.sqrt(share),
    }
    return np.asarray(end + (top - end) * left[shape])


KINDS: dict[str, type[Schedule]] = {
    each.kind: each for each in (Constant, Cosine, LinearDecay, WarmupStableDecay, TwoStep)
}
"""Schedules a description may name."""


def checked(schedule: Schedule) -> Schedule:
    """The schedule itself.

    Raises:
        BadInput: a number in it is out of range.
    """
    wrong = schedule.mistakes()
    if wrong:
        raise BadInput(wrong)
    return schedule
