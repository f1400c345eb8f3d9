"""Fine-grained mixtures of experts: Krajewski et al. 2024, and the dense baseline fitted beside them.

L = c + (g/G^gamma + a)/N^alpha + b/D^beta. Granularity G splits each of 64 experts into G of width d_ff/G,
and a token uses G of them instead of one: the active size stays, only routing gets dearer.

The printed coefficients are rounded: losses come out 0.011 to 0.023 below the paper's own Table 2, while its
optimal sizes, tokens and granularities are met within 3 %.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from objectives.laws.hoffmann import Hoffmann
from objectives.laws.law import Array, Count, Extra, FittedRange, Law, Trust

EXPERTS = 64
WIDTH_PER_BLOCK = 64
"""Shape of the runs: d_model = 64 n_blocks."""
ROUTER_FLOPS = 14.0
"""The paper's c_r. From memory, as is its c_f = 6; together they reproduce Table 2's FLOPs to 0.5 %."""
TOTAL_PER_ACTIVE = (8 * EXPERTS + 4) / 12
"""43: a block holds d^2 (8 E + 4) parameters, of which a token uses 12 d^2."""


@dataclass(frozen=True)
class FineGrainedMoE(Law):
    """Loss of a mixture of 64 experts (before splitting) and N parameters, embeddings and router not counted.

    The number of experts is not an input, so s must be 0; a token uses N/43 parameters. n_total is N itself:
    the vocabulary, hence the embedding, is not given by the source.
    """

    family: ClassVar[str] = "fine-grained-moe"
    title: ClassVar[str] = "Krajewski et al. 2024, arXiv:2402.07871"
    equation: ClassVar[str] = "L = c + (g/G^gamma + a)/N^alpha + b/D^beta"
    inherent_sparsity: ClassVar[float] = 1.0 - 1.0 / TOTAL_PER_ACTIVE
    extra: ClassVar[Extra | None] = Extra(
        "granularity", 1.0, 1.0, choices=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
    )
    unimodal: ClassVar[bool] = True  # both terms are convex in ln N along a budget, G fixed

    a: float
    alpha: float
    b: float
    beta: float
    g: float
    gamma: float
    c: float

    count: Count = field(default=Count.NON_EMBEDDING, kw_only=True)

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """Table 1, row of the mixtures."""
        return (
            cls(
                *(18.1, 0.115, 30.8, 0.147, 2.1, 0.58, 0.47),
                name="published",
                source="arXiv:2402.07871, Table 1",
                trust=Trust.PAPER,
                fitted=FittedRange(n=(1.29e8, 3.7e9), tokens=(1.6e10, 1.3e11)),
            ),
        )

    def n_active(self, n: npt.ArrayLike, s: npt.ArrayLike = 0.0) -> Array:
        """N/43: attention and one (unsplit) expert of each block."""
        return super().n_active(n, s) / TOTAL_PER_ACTIVE

    def flops_per_token(self, n: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike) -> Array:
        """(12 d^2 c_f + d E G c_r) n_blocks: the active parameters and the router."""
        return 6.0 * self.n_active(n, s) + self._router_flops(n, **extra)

    def flops_elasticity(self, n: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike) -> Array:
        """Below 1: the router's cost grows with N^(2/3)."""
        router = self._router_flops(n, **extra)
        return 1.0 - router / (3.0 * (6.0 * self.n_active(n, s) + router))

    def _router_flops(self, n: npt.ArrayLike, granularity: npt.ArrayLike = 1.0) -> Array:
        per_block = WIDTH_PER_BLOCK**2 * 12 * TOTAL_PER_ACTIVE
        blocks = np.cbrt(np.asarray(n, dtype=np.float64) / per_block)
        return (
            WIDTH_PER_BLOCK * blocks**2 * EXPERTS * np.asarray(granularity, dtype=np.float64) * ROUTER_FLOPS
        )

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        return self.c + self._scale(x) * np.exp(-self.alpha * np.log(n)) + self._data_term(d)

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        size = np.exp(-self.alpha * np.log(n))
        by_n = -self.alpha * self._scale(x) * size / n
        by_x = -self.gamma * self.g * np.exp(-(self.gamma + 1.0) * np.log(x)) * size
        return by_n, -self.beta * self._data_term(d) / d, 0.0, by_x

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        log_n, log_d, log_x = np.log(n), np.log(d), np.log(x)
        size, data, fineness = np.exp(-self.alpha * log_n), self._data_term(d), np.exp(-self.gamma * log_x)
        by_alpha = -self._scale(x) * size * log_n
        by_gamma = -self.g * fineness * log_x * size
        return size, by_alpha, data / self.b, -data * log_d, fineness * size, by_gamma, 1.0

    def _scale(self, granularity: Array) -> Array:
        """What N^-alpha is multiplied by."""
        return self.g * np.exp(-self.gamma * np.log(granularity)) + self.a

    def _data_term(self, d: Array) -> Array:
        return self.b * np.exp(-self.beta * np.log(d))


@dataclass(frozen=True)
class FineGrainedDense(Hoffmann):
    """The dense baseline of the same runs: Chinchilla's form, N without embeddings, no granularity."""

    family: ClassVar[str] = "fine-grained-dense"
    title: ClassVar[str] = "Krajewski et al. 2024, arXiv:2402.07871 (dense baseline)"
    equation: ClassVar[str] = "L = e + a/N^alpha + b/D^beta"

    count: Count = field(default=Count.NON_EMBEDDING, kw_only=True)

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """Table 1, row of the dense models."""
        return (
            cls(
                *(0.47, 16.3, 26.7, 0.126, 0.127),
                name="published",
                source="arXiv:2402.07871, Table 1",
                trust=Trust.PAPER,
            ),
        )
