"""Routed language models: Clark et al. 2022, one law for each of three routers.

log10 L = a log10 N + b log10 Ehat + c log10 N log10 Ehat + d, with N the parameters of the dense model one
token sees. The logarithms are decimal: natural ones are off by more than 60 %. Every run trained on 130B
tokens, so the law says nothing about D.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from objectives.laws.expert_saturation import Saturation, bound_mistakes, experts_of
from objectives.laws.law import Array, Count, FittedRange, Law, Trust
from spaces.errors import Mistake

LN10 = log(10.0)


@dataclass(frozen=True)
class Clark(Law):
    """Loss of a model of N active parameters whose every other block routes each token to 1 of E experts.

    Sparsity stands for the number of experts, E = 1/(1-S); n_total = N E is then an upper bound, as only part
    of the parameters is multiplied.
    """

    family: ClassVar[str] = "clark"
    title: ClassVar[str] = "Clark et al. 2022, arXiv:2202.01169"
    equation: ClassVar[str] = (
        "log10 L = a log10 N + b log10 Ehat + c log10 N log10 Ehat + d,  "
        "1/Ehat = 1/(E - 1 + (1/e_start - 1/e_max)^-1) + 1/e_max,  E = 1/(1-S)"
    )
    max_sparsity: ClassVar[float] = 1.0
    fixed_tokens: ClassVar[float | None] = 130e9
    unimodal: ClassVar[bool] = True  # a power of N
    positive: ClassVar[tuple[str, ...]] = ("e_start", "e_max")

    a: float
    b: float
    c: float
    d: float
    e_start: float
    e_max: float

    cutoff: float | None = field(default=None, kw_only=True)
    """Published N beyond which routing gains nothing. Carried, because 10^(-b/c) with the table's
    three-decimal c is wrong by up to a factor of three."""

    count: Count = field(default=Count.ACTIVE, kw_only=True)

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """Table 3, one set for each router."""
        routers = {
            "s-base": ((-0.082, -0.108, 0.009, 1.104, 1.847, 314.478), 937e9),
            "rl-r": ((-0.083, -0.126, 0.012, 1.111, 1.880, 469.982), 85e9),
            "hash": ((-0.087, -0.136, 0.012, 1.157, 4.175, 477.741), 83e9),
        }
        return tuple(
            cls(
                *coefficients,
                cutoff=cutoff,
                name=router,
                source="arXiv:2202.01169, Table 3",
                trust=Trust.SECONDARY,
                fitted=FittedRange(
                    n=(1.652736e7, 1.308819456e9), tokens=(130e9, 130e9), sparsity=(0.0, 1 - 1 / 512)
                ),
            )
            for router, (coefficients, cutoff) in routers.items()
        )

    @classmethod
    def coefficient_mistakes(cls, values: Mapping[str, float]) -> list[Mistake]:
        """Also: e_start below e_max."""
        return super().coefficient_mistakes(values) + bound_mistakes(values["e_start"], values["e_max"])

    def experts_of(self, s: npt.ArrayLike) -> Array:
        """Number of experts at sparsity `s`, top-1 routing."""
        return experts_of(s)

    def dense_equivalent(self, n: npt.ArrayLike, s: npt.ArrayLike) -> Array:
        """Size of the dense model (one expert) with the loss of this routed one."""
        log_n = np.log(np.asarray(n, dtype=np.float64))
        log_e = self._saturation.log_experts(np.asarray(s, dtype=np.float64))
        log_one = np.log(self.e_start)
        numerator = self._slope(log_e) * log_n + self.b * (log_e - log_one)
        return np.asarray(np.exp(numerator / self._slope(log_one)))

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        log_e = self._saturation.log_experts(s)
        # L = 10^(...), with natural logarithms inside and c alone multiplying two of them
        return np.asarray(np.exp(self._slope(log_e) * np.log(n) + self.b * log_e + LN10 * self.d))

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        log_e, loss = self._saturation.log_experts(s), self._loss(n, d, s, x)
        by_s, _, _ = self._saturation.slopes(s)
        return loss * self._slope(log_e) / n, 0.0, loss * self._by_log_experts(n) * by_s

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        log_n, log_e, loss = np.log(n), self._saturation.log_experts(s), self._loss(n, d, s, x)
        _, by_start, by_max = self._saturation.slopes(s)
        by_log_e = loss * self._by_log_experts(n)
        own = (loss * log_n, loss * log_e, loss * log_n * log_e / LN10, loss * LN10)
        return (*own, by_log_e * by_start, by_log_e * by_max)

    @property
    def _saturation(self) -> Saturation:
        return Saturation(self.e_start, self.e_max)

    def _slope(self, log_e: Array) -> Array:
        """Derivative of ln L by ln N."""
        return self.a + self.c / LN10 * log_e

    def _by_log_experts(self, n: Array) -> Array:
        """Derivative of ln L by ln Ehat."""
        return np.asarray(self.b + self.c / LN10 * np.log(n))
