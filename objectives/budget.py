"""What there is to spend: training FLOPs and caps, however they were stated.

A budget is given as FLOPs, as GPUs for days, or as dollars; `make_budget` takes any of the three. The last
two need the rates of a machine (`objectives.machine`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from sys import float_info
from typing import Any

import numpy as np
import numpy.typing as npt

from objectives.hardware import accelerator, dense_peak
from objectives.machine import HOURS_PER_DAY, Machine, RunCost
from spaces.errors import BadInput, Mistake

GIVEN = "given as FLOPs"

_POSITIVE = "a positive finite number of {}"
_EXPECTED = {
    "flops": _POSITIVE.format("FLOPs"),
    "gpus": _POSITIVE.format("devices"),
    "days": _POSITIVE.format("days"),
    "dollars": _POSITIVE.format("dollars"),
    "price": _POSITIVE.format("dollars per GPU-hour"),
    "peak_tflops": _POSITIVE.format("TFLOP/s, dense bf16"),
    "max_total_params": _POSITIVE.format("parameters"),
    "max_tokens": _POSITIVE.format("tokens"),
    "unique_tokens": _POSITIVE.format("tokens"),
    "mfu": "a share in (0, 1]",
    "goodput": "a share in (0, 1]",
    "sparsity": "a share in [0, 1)",
    "max_sparsity": "a share in [0, 1)",
}
CAPS = ("max_total_params", "max_tokens", "sparsity", "max_sparsity", "unique_tokens")
"""The constraints a budget may hold beside its FLOPs."""


@dataclass(frozen=True)
class Budget:
    """Training FLOPs and optional caps.

    `sparsity` fixes S; `max_sparsity` bounds it; with neither, S is free. `unique_tokens` is how much data
    there is: laws of repeated data take it as an input, for the others it caps tokens at one epoch.

    Raises:
        BadInput: a number that is not positive and finite, a sparsity outside [0, 1), or both sparsities.
    """

    flops: float
    max_total_params: float | None = None
    max_tokens: float | None = None
    sparsity: float | None = None
    max_sparsity: float | None = None
    unique_tokens: float | None = None
    machine: Machine | None = None
    origin: str = GIVEN
    """How the FLOPs came about, in words."""

    def __post_init__(self) -> None:
        given = {"flops": self.flops, **self.caps}
        mistakes = _mistakes(given, required="flops")
        if mistakes:
            raise BadInput(mistakes)
        for name, value in given.items():
            object.__setattr__(self, name, float(value))

    @property
    def caps(self) -> dict[str, float]:
        """The constraints beside the FLOPs that are set, by name."""
        return {name: value for name in CAPS if (value := getattr(self, name)) is not None}

    def with_flops(self, flops: npt.ArrayLike) -> tuple["Budget", ...]:
        """The same caps and machine at each of these FLOPs (any shape, flattened)."""
        listed = np.asarray(flops, dtype=np.float64).ravel().tolist()
        return tuple(replace(self, flops=each, origin=GIVEN) for each in listed)

    def cost(self, flops: float) -> RunCost:
        """GPU-hours, days and dollars of a run of this many FLOPs."""
        return RunCost() if self.machine is None else self.machine.cost(flops)

    def describe(self) -> str:
        """The FLOPs, how they came about, and the caps.

        >>> Budget(1e21, max_tokens=1e11).describe()
        '1e+21 FLOPs (given as FLOPs); max_tokens 1e+11'
        """
        caps = [f"{name} {value:g}" for name, value in self.caps.items()]
        return "; ".join([f"{self.flops:.6g} FLOPs ({self.origin})", *caps])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; an accelerator by its name."""
        record = asdict(self)
        if self.machine is not None:
            record["machine"]["gpu"] = self.machine.gpu and self.machine.gpu.name
        return record


def make_budget(
    *,
    flops: float | None = None,
    gpus: float | None = None,
    days: float | None = None,
    dollars: float | None = None,
    price: float | None = None,
    gpu: str | None = None,
    peak_tflops: float | None = None,
    mfu: float | None = None,
    goodput: float | None = None,
    max_total_params: float | None = None,
    max_tokens: float | None = None,
    sparsity: float | None = None,
    max_sparsity: float | None = None,
    unique_tokens: float | None = None,
) -> Budget:
    """A budget from exactly one of `flops`, `days` (with `gpus`) and `dollars` (with `price`).

    >>> month = make_budget(gpus=1024, days=30, peak_tflops=376, mfu=0.4)
    >>> print(month.flops)
    3.991928832e+23

    Args:
        flops: training FLOPs. A machine may accompany them, to tell the days and dollars of a run.
        gpus: number of devices.
        days: calendar days.
        dollars: money for GPU time.
        price: dollars per GPU-hour; prices spread several-fold, so there is no default.
        gpu: name of an accelerator (`objectives.hardware`).
        peak_tflops: dense bf16 peak of one device, in place of the accelerator's.
        mfu: share of the dense peak within a step, in (0, 1].
        goodput: share of the calendar spent in useful steps, in (0, 1]; 1 if not given.
        max_total_params: cap on stored parameters.
        max_tokens: cap on training tokens.
        sparsity: fixed S.
        max_sparsity: largest S.
        unique_tokens: tokens of data there are.

    Raises:
        BadInput: every mistake in the options, and what they lack.
    """
    total = {"flops": flops, "days": days, "dollars": dollars}
    rates = {"gpus": gpus, "price": price, "peak_tflops": peak_tflops, "mfu": mfu, "goodput": goodput}
    limits = dict(
        zip(CAPS, (max_total_params, max_tokens, sparsity, max_sparsity, unique_tokens), strict=True)
    )
    mistakes = [*_lacking({**total, **rates}), *_mistakes({**total, **rates, **limits})]
    machine = _machine(
        gpu, rates, mistakes, needed=any(total[name] is not None for name in ("days", "dollars"))
    )
    if mistakes:
        raise BadInput(mistakes)
    spent, origin = _total(total, machine)
    return Budget(spent, **limits, machine=machine, origin=origin)


def _lacking(given: Mapping[str, float | None]) -> list[Mistake]:
    """What the way of stating the budget needs and does not have."""
    needs = {"flops": (), "days": ("gpus", "mfu"), "dollars": ("price", "mfu")}
    stated = [name for name in needs if given[name] is not None]
    if len(stated) != 1:
        ways = "exactly one of flops, days (with gpus), dollars (with price)"
        return [Mistake("budget", ways, " and ".join(stated) or "none of them")]
    rates = ("gpus", "mfu", "goodput", "price")
    needed = dict.fromkeys(
        [*needs[stated[0]], *(["mfu"] if any(given[r] is not None for r in rates) else [])]
    )
    return [Mistake(name, _EXPECTED[name], "nothing") for name in needed if given[name] is None]


def _machine(
    gpu: str | None, rates: Mapping[str, float | None], mistakes: list[Mistake], *, needed: bool
) -> Machine | None:
    """The machine where one is named or needed; its mistakes are added to `mistakes`."""
    if gpu is None and not needed and all(value is None for value in rates.values()):
        return None
    try:
        device = None if gpu is None else accelerator(gpu)
        if not any(mistake.field == "peak_tflops" for mistake in mistakes):
            peak = dense_peak(device, rates["peak_tflops"])
            goodput = 1.0 if rates["goodput"] is None else rates["goodput"]
            return Machine(peak, rates["mfu"], goodput, device, rates["gpus"], rates["price"])
    except BadInput as error:
        mistakes += error.mistakes
    return None


def _total(total: Mapping[str, Any], machine: Any) -> tuple[float, str]:
    """The FLOPs and how they came about, from options already found sound."""
    if total["flops"] is not None:
        return total["flops"], GIVEN
    if total["days"] is not None:
        hours = machine.gpus * total["days"] * HOURS_PER_DAY
        words = f"{machine.gpus:g} x {total['days']:g} days of {machine.describe()}"
    else:
        hours = total["dollars"] / machine.price
        words = f"${total['dollars']:g} at ${machine.price:g} per GPU-hour of {machine.describe()}"
    return hours * machine.flops_per_gpu_hour, words


def _mistakes(values: Mapping[str, Any], required: str = "") -> list[Mistake]:
    """A mistake for each given value outside its domain, and for two ways of stating the sparsity."""
    given = {name: value for name, value in values.items() if value is not None or name == required}
    mistakes = [
        Mistake(name, _EXPECTED[name], repr(value))
        for name, value in given.items()
        if not _sound(name, value)
    ]
    if "sparsity" in given and "max_sparsity" in given:
        mistakes.append(
            Mistake("max_sparsity", "nothing beside a fixed sparsity", repr(given["max_sparsity"]))
        )
    return mistakes


def _sound(name: str, value: Any) -> bool:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if name in ("sparsity", "max_sparsity"):
        return 0 <= value < 1
    return 0 < value <= (1 if name in ("mfu", "goodput") else float_info.max)
