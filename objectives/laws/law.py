"""What every scaling law is: a frozen value with named coefficients and `loss(n, d, s)`.

A family adds its coefficients as dataclass fields and writes three formulas (`_loss`, `_gradient`,
`_coefficient_gradient`) with the paper's equation number on the line. Everything else, checking,
broadcasting, parameter counts and training cost, is here once.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar

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


@dataclass(frozen=True)
class FittedRange:
    """The data a coefficient set was fitted on; `None` where the source does not say."""

    n: tuple[float, float] | None = None
    tokens: tuple[float, float] | None = None
    sparsity: tuple[float, float] | None = None
    flops: tuple[float, float] | None = None


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
class Law(ABC):
    """A scaling law L(N, D, S) in nats per token unless `unit` says otherwise.

    Arguments of all evaluations: `n` parameters in the law's own `count`, `d` training tokens, `s` sparsity
    in [0, 1). They broadcast against each other as float64 arrays of any shape.
    """

    family: ClassVar[str]
    """Name in the registry."""
    title: ClassVar[str]
    """Authors, year and arXiv number."""
    equation: ClassVar[str]
    """The formula as text, with its number in the paper."""
    count: ClassVar[Count]
    max_sparsity: ClassVar[float] = 0.0
    """Largest S the form is defined for: 0 for a dense law; 1 means any S below 1."""
    extra: ClassVar[Extra | None] = None
    fixed_tokens: ClassVar[float | None] = None
    """Training tokens of every run behind a law that does not depend on D."""
    unit: ClassVar[str] = "nats/token"

    name: str = field(default="custom", kw_only=True)
    """Name of the coefficient set."""
    source: str = field(default="given by the user", kw_only=True)
    fitted: FittedRange = field(default=FittedRange(), kw_only=True)

    @property
    def coefficients(self) -> dict[str, float]:
        """The coefficients by name, in the order of the fields."""
        return {name: float(getattr(self, name)) for name in self.coefficient_names()}

    @classmethod
    def coefficient_names(cls) -> tuple[str, ...]:
        """Names of the coefficients, in the order of the last axis of `coefficient_gradient`."""
        return tuple(f.name for f in fields(cls) if not f.kw_only)

    def loss(
        self, n: npt.ArrayLike, d: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike
    ) -> Array:
        """Predicted loss; shape is the broadcast of the inputs.

        Raises:
            BadInput: an input outside its domain (n, d > 0; 0 <= s < 1, and s = 0 for a dense law), or a
                keyword the law does not take.
        """
        return np.asarray(self._loss(*self._checked(n, d, s, extra)))

    def gradient(
        self, n: npt.ArrayLike, d: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike
    ) -> Array:
        """Analytic dL/d(n, d, s): the shape of the broadcast inputs plus a last axis of 3. Raises as `loss`."""
        inputs = self._checked(n, d, s, extra)
        return _stacked(self._gradient(*inputs), inputs)

    def coefficient_gradient(
        self, n: npt.ArrayLike, d: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike
    ) -> Array:
        """Analytic dL/d(coefficients), last axis in the order of `coefficient_names()`. Raises as `loss`."""
        inputs = self._checked(n, d, s, extra)
        return _stacked(self._coefficient_gradient(*inputs), inputs)

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

    @abstractmethod
    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        """The equation on checked float64 inputs; `x` is the extra input (ignored by laws without one)."""

    @abstractmethod
    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        """Partial derivatives by n, d, s."""

    @abstractmethod
    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        """Partial derivatives by the coefficients, in the order of the fields."""

    def _checked(
        self, n: npt.ArrayLike, d: npt.ArrayLike, s: npt.ArrayLike, extra: Mapping[str, npt.ArrayLike]
    ) -> tuple[Array, Array, Array, Array]:
        known = {self.extra.name} if self.extra else set()
        mistakes = [
            Mistake(
                name, f"an input of the {self.family} law ({', '.join(['n', 'd', 's', *known])})", "this name"
            )
            for name in sorted(set(extra) - known)
        ]
        x_spec = self.extra or Extra("", 0.0, 0.0)
        arrays = {
            "n": np.asarray(n, dtype=np.float64),
            "d": np.asarray(d, dtype=np.float64),
            "s": np.asarray(s, dtype=np.float64),
            "x": np.asarray(extra.get(x_spec.name, x_spec.default), dtype=np.float64),
        }
        mistakes += self._domain_mistakes(arrays, x_spec)
        if mistakes:
            raise BadInput(mistakes)
        return arrays["n"], arrays["d"], arrays["s"], arrays["x"]

    def _domain_mistakes(self, arrays: Mapping[str, Array], x_spec: Extra) -> list[Mistake]:
        sparsity = (
            "0 (a dense law)" if self.max_sparsity == 0 else f"0 <= s <= {self.max_sparsity:g}, below 1"
        )
        rules: list[tuple[str, str, Any]] = [
            ("n", "a positive finite number of parameters", (arrays["n"] > 0) & (arrays["n"] < np.inf)),
            ("d", "a positive number of tokens", arrays["d"] > 0),
            ("s", sparsity, (arrays["s"] >= 0) & (arrays["s"] <= self.max_sparsity) & (arrays["s"] < 1)),
            ("x", f"at least {x_spec.lower:g}", arrays["x"] >= x_spec.lower),
        ]
        return [
            Mistake(x_spec.name if key == "x" else key, expected, str(arrays[key][~ok].flat[0]))
            for key, expected, ok in rules
            if not np.all(ok)
        ]


def _stacked(parts: tuple[Array | float, ...], inputs: tuple[Array, ...]) -> Array:
    shape = np.broadcast_shapes(*(array.shape for array in inputs))
    return np.stack([np.broadcast_to(np.asarray(part, dtype=np.float64), shape) for part in parts], axis=-1)
