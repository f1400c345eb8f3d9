"""What every scaling law is: a frozen value with named coefficients and `loss(n, d, s)`.

A family adds its coefficients as dataclass fields and writes three formulas (`_loss`, `_gradient`,
`_coefficient_gradient`) with the paper's equation number on the line. Everything else, checking,
broadcasting, parameter counts and training cost, is here once. What a law shares with formulas that predict
something else (`objectives.laws.performance`) is `Formula`: coefficients with a name, a source and a range.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from math import log10
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from spaces.errors import BadInput, Mistake

Array = npt.NDArray[np.float64]


class Count(StrEnum):
    """Which parameters a law's N counts. Values are the names used in configurations and reports."""

    TOTAL = "n_total"
    ACTIVE = "n_active"
    NONZERO = "n_nonzero"
    NON_EMBEDDING = "n_non_embedding"


class Trust(StrEnum):
    """How the numbers of a coefficient set reached this file."""

    PAPER = "read in the paper"
    CODE = "read in the authors' code or data"
    SECONDARY = "two independent sets of notes on the paper agree"
    TRANSCRIBED = "one third-party transcription of the paper"
    USER = "given by the user"


@dataclass(frozen=True)
class FittedRange:
    """The data a coefficient set was fitted on; `None` where the source does not say.

    `n` is in the law's own count.
    """

    n: tuple[float, float] | None = None
    tokens: tuple[float, float] | None = None
    sparsity: tuple[float, float] | None = None
    flops: tuple[float, float] | None = None

    def decades(self, name: str, value: float) -> float | None:
        """Decades by which a value leaves the range of that name: positive above, negative below, 0 inside.

        None where the source does not tell the range.
        """
        known: tuple[float, float] | None = getattr(self, name)
        if known is None:
            return None
        return max(0.0, log10(value / known[1])) + min(0.0, log10(value / known[0]))


@dataclass(frozen=True)
class Extra:
    """A fourth input some laws take (granularity, unique tokens), passed by keyword.

    `choices` lists its values where it is a design choice the exact solver may make; without them it is a
    fact about the user's data.
    """

    name: str
    default: float
    lower: float
    choices: tuple[float, ...] = ()


@dataclass(frozen=True)
class Formula(ABC):
    """Named coefficients with where they are from: a family is a subclass, a coefficient set an instance."""

    family: ClassVar[str]
    """Name in the registry."""
    title: ClassVar[str]
    """Authors, year and arXiv number."""
    equation: ClassVar[str]
    """The formula as text, with its number in the paper."""
    positive: ClassVar[tuple[str, ...]] = ()
    """Coefficients that stand under a logarithm or a fraction bar."""

    name: str = field(default="custom", kw_only=True)
    """Name of the coefficient set."""
    source: str = field(default="given by the user", kw_only=True)
    trust: Trust = field(default=Trust.USER, kw_only=True)
    fitted: FittedRange = field(default=FittedRange(), kw_only=True)

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """The published coefficient sets; the first is the default."""
        return ()

    @property
    def coefficients(self) -> dict[str, float]:
        """The coefficients by name, in the order of the fields."""
        return {name: float(getattr(self, attribute)) for name, attribute in _attributes(self).items()}

    @classmethod
    def coefficient_names(cls) -> tuple[str, ...]:
        """Names of the coefficients, in the order of the last axis of `coefficient_gradient`."""
        return tuple(_attributes(cls))

    @classmethod
    def coefficient_mistakes(cls, values: Mapping[str, float]) -> list[Mistake]:
        """What the form cannot take in a full set of finite coefficients (those in `positive` must be)."""
        return [
            Mistake(name, "a positive number", repr(values[name]))
            for name in cls.positive
            if values[name] <= 0
        ]

    def with_coefficients(self, values: Mapping[str, Any]) -> Self:
        """The same formula with other values, by coefficient name; an array evaluates many in one call."""
        attributes = _attributes(self)
        return replace(self, **{attributes[name]: value for name, value in values.items()})


@dataclass(frozen=True)
class Law(Formula):
    """A scaling law L(N, D, S) in nats per token unless `unit` says otherwise.

    Arguments of all evaluations: `n` parameters in the law's own `count`, `d` training tokens, `s` sparsity
    in [0, 1). They broadcast against each other as float64 arrays of any shape.
    """

    max_sparsity: ClassVar[float] = 0.0
    """Largest S the form is defined for: 0 for a dense law; 1 means any S below 1."""
    inherent_sparsity: ClassVar[float] = 0.0
    """Share of the parameters every model of the law leaves idle, where S is no variable of the form."""
    extra: ClassVar[Extra | None] = None
    fixed_tokens: ClassVar[float | None] = None
    """Training tokens of every run behind a law that does not depend on D."""
    unimodal: ClassVar[bool] = False
    """Whether the loss has one minimum along every budget curve; the exact solver scans where it may not."""

    count: Count = field(default=Count.TOTAL, kw_only=True)
    """What N counts: the convention of the family's paper, or of the runs a set was fitted on."""
    unit: str = field(default="nats/token", kw_only=True)

    @property
    def repeats_data(self) -> bool:
        """Whether the law knows what a repeated token is worth; for others the unique tokens are a cap."""
        return self.extra is not None and self.extra.name == "unique_tokens"

    def loss(
        self, n: npt.ArrayLike, d: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike
    ) -> Array:
        """Predicted loss; shape is the broadcast of the inputs.

        Raises:
            BadInput: an input outside its domain (n, d > 0; 0 <= s < 1, and s = 0 for a dense law), or a
                keyword the law does not take.
        """
        inputs = self._checked(n, d, s, extra)
        if self._is_long_table(inputs):
            return self._loss_in_blocks(inputs)
        return filled(self._loss(*inputs), inputs)

    def gradient(
        self, n: npt.ArrayLike, d: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike
    ) -> Array:
        """Analytic dL/d(n, d, s), and by the extra input where the law has one.

        Shape: the broadcast of the inputs plus a last axis of 3 (4 with an extra input).

        Raises:
            BadInput: as `loss`; also for infinite tokens.
        """
        inputs = self._checked(n, d, s, extra, most_tokens=HUGE)
        return stacked(self._gradient(*inputs), inputs)

    def coefficient_gradient(
        self, n: npt.ArrayLike, d: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike
    ) -> Array:
        """Analytic dL/d(coefficients), last axis in the order of `coefficient_names()`.

        Raises:
            BadInput: as `loss`; also for infinite tokens.
        """
        inputs = self._checked(n, d, s, extra, most_tokens=HUGE)
        return stacked(self._coefficient_gradient(*inputs), inputs)

    def n_active(self, n: npt.ArrayLike, s: npt.ArrayLike = 0.0) -> Array:
        """Parameters one token uses, from the law's own count."""
        n, s = np.asarray(n, dtype=np.float64), np.asarray(s, dtype=np.float64)
        return n * (1.0 - s) if self.count is Count.TOTAL else n + 0.0 * s

    def n_total(self, n: npt.ArrayLike, s: npt.ArrayLike = 0.0) -> Array:
        """All stored parameters, from the law's own count: n_active / (1 - S) unless overridden."""
        n, s = np.asarray(n, dtype=np.float64), np.asarray(s, dtype=np.float64)
        return n + 0.0 * s if self.count is Count.TOTAL else n / (1.0 - s)

    def n_from_total(self, n_total: npt.ArrayLike, s: npt.ArrayLike = 0.0) -> Array:
        """The law's own count from the stored parameters: the inverse of `n_total` in n."""
        total, s = np.asarray(n_total, dtype=np.float64), np.asarray(s, dtype=np.float64)
        return total + 0.0 * s if self.count is Count.TOTAL else total * (1.0 - s)

    def flops_per_token(self, n: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike) -> Array:
        """Training FLOPs per token: 6 n_active unless the law's source counts otherwise."""
        del extra
        return 6.0 * self.n_active(n, s)

    def training_flops(
        self, n: npt.ArrayLike, d: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike
    ) -> Array:
        """Training FLOPs C of one run."""
        return self.flops_per_token(n, s, **extra) * np.asarray(d, dtype=np.float64)

    def flops_elasticity(self, n: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike) -> Array:
        """Relative growth of `flops_per_token` with n, d log / d log > 0: 1 where they are proportional."""
        del extra
        return np.ones(np.broadcast_shapes(np.shape(n), np.shape(s)))

    def power_terms(self, s: Array, **extra: npt.ArrayLike) -> tuple[Array | float, ...] | None:
        """(A, alpha, B, beta) of a law whose compute-optimal split is known in closed form, else None.

        It is where, at fixed S, the loss is an increasing function of A n^-alpha + B d^-beta alone and the
        cost per token is proportional to n. Each part broadcasts against `s`.
        """
        return None

    @abstractmethod
    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        """The equation on checked float64 inputs; `x` is the extra input (ignored by laws without one)."""

    @abstractmethod
    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        """Partial derivatives by n, d, s, and by the extra input where there is one."""

    @abstractmethod
    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        """Partial derivatives by the coefficients, in the order of the fields."""

    def _is_long_table(self, inputs: tuple[Array, ...]) -> bool:
        """Whether the inputs are columns of one shape, or single numbers, and the law one law."""
        longest = max(inputs, key=np.size)
        return (
            longest.size > _BLOCK
            and all(array.ndim == 0 or array.shape == longest.shape for array in inputs)
            and all(np.ndim(getattr(self, attribute)) == 0 for attribute in _attributes(self).values())
        )

    def _loss_in_blocks(self, inputs: tuple[Array, ...]) -> Array:
        """The loss of a long table, so many rows at a time that temporaries stay in the cache."""
        losses = np.empty(max(inputs, key=np.size).shape)
        rows = losses.reshape(-1)
        columns = [array.reshape(-1) if array.ndim else array for array in inputs]
        for start in range(0, rows.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            rows[block] = self._loss(*(column[block] if column.ndim else column for column in columns))
        return losses

    def _checked(
        self,
        n: npt.ArrayLike,
        d: npt.ArrayLike,
        s: npt.ArrayLike,
        extra: Mapping[str, npt.ArrayLike],
        most_tokens: float = np.inf,
    ) -> tuple[Array, Array, Array, Array]:
        known = {self.extra.name} if self.extra else set()
        mistakes = [
            Mistake(
                name, f"an input of the {self.family} law ({', '.join(['n', 'd', 's', *known])})", "this name"
            )
            for name in sorted(set(extra) - known)
        ]
        x_spec = self.extra or _NO_EXTRA
        values = (n, d, s, extra.get(x_spec.name, x_spec.default))
        arrays = tuple(np.asarray(value, dtype=np.float64) for value in values)
        mistakes += self._domain_mistakes(arrays, x_spec, most_tokens)
        if mistakes:
            raise BadInput(mistakes)
        return arrays[0], arrays[1], arrays[2], arrays[3]

    def _domain_mistakes(self, arrays: tuple[Array, ...], x_spec: Extra, most_tokens: float) -> list[Mistake]:
        top = np.nextafter(1.0, 0.0) if self.max_sparsity == 1 else self.max_sparsity
        sparsity = "0 (a dense law)" if top == 0 else f"0 <= s <= {self.max_sparsity:g}, below 1"
        rules = [
            ("n", "a positive finite number of parameters", TINY, HUGE),
            ("d", f"a positive{' finite' * (most_tokens < np.inf)} number of tokens", TINY, most_tokens),
            ("s", sparsity, 0.0, top),
            (x_spec.name, f"at least {x_spec.lower:g}", x_spec.lower, np.inf),
        ]
        return [
            Mistake(name, expected, str(first_outside(array, lower, upper)))
            for array, (name, expected, lower, upper) in zip(arrays, rules, strict=True)
            if not within(array, lower, upper)
        ]


_NO_EXTRA = Extra("", 0.0, 0.0)
_BLOCK = 1 << 15
TINY, HUGE = 5e-324, float(np.finfo(np.float64).max)


def _attributes(law: Formula | type[Formula]) -> dict[str, str]:
    """Coefficient name -> field. A field for `lambda`, a word of Python's, carries an underscore."""
    return {f.name.rstrip("_"): f.name for f in fields(law) if not f.kw_only}


def within(array: Array, lower: float, upper: float) -> bool:
    """Whether all values lie in [lower, upper]. Two reductions, no temporaries; NaN fails both."""
    return array.size == 0 or bool(array.min() >= lower and array.max() <= upper)


def first_outside(array: Array, lower: float, upper: float) -> float:
    """The first value that is not in [lower, upper]."""
    return float(array[~((array >= lower) & (array <= upper))].flat[0])


def filled(values: Array, inputs: tuple[Array, ...]) -> Array:
    """`values` in the full broadcast shape, also where the formula does not use every input."""
    values = np.asarray(values, dtype=np.float64)
    shape = np.broadcast_shapes(values.shape, *(array.shape for array in inputs))
    return values if values.shape == shape else np.broadcast_to(values, shape).copy()


def stacked(parts: tuple[Array | float, ...], inputs: tuple[Array, ...]) -> Array:
    """The parts side by side on a last axis, each in the full broadcast shape."""
    arrays = [np.asarray(part, dtype=np.float64) for part in parts]
    shape = np.broadcast_shapes(*(array.shape for array in (*arrays, *inputs)))
    return np.stack([np.broadcast_to(array, shape) for array in arrays], axis=-1)
