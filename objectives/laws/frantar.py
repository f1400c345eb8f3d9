"""Sparsely connected (pruned) models: Frantar et al. 2023.

L = (a_S (1-S)^b_S + c_S) / N^b_N + (a_D/D)^b_D + e, N the number of non-zero weights. The weights are pruned
during training, so a step costs what the dense model of N/(1-S) weights costs: at a fixed budget sparsity
buys capacity and pays in tokens, which gives it an interior optimum (`Frantar.optimal_sparsity`).

The published T5 coefficients are not the minimum of the authors' own objective: their 25 random starts
reached 7.604e-6, others reach 4.880e-6. They are carried here as published.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array, Count, FittedRange, Law, Trust

T5_TOKENS_PER_STEP = 65_536
"""Batch times length; inferred from the published a_D, not stated by the authors."""


@dataclass(frozen=True)
class Frantar(Law):
    """Loss of a model with N non-zero weights, embeddings excluded, pruned to sparsity S.

    The set "vit" is about images: d counts images seen and the loss is that of the image task. Its training
    cost follows the same 6 N d and so counts an image as one token; compare its sparsities, not its FLOPs.
    """

    family: ClassVar[str] = "frantar"
    title: ClassVar[str] = "Frantar et al. 2023, arXiv:2309.08520"
    equation: ClassVar[str] = "L = (a_S (1-S)^b_S + c_S)/N^b_N + (a_D/D)^b_D + e"
    max_sparsity: ClassVar[float] = 1.0
    positive: ClassVar[tuple[str, ...]] = ("a_D",)

    e: float
    a_S: float
    b_S: float
    c_S: float
    b_N: float
    a_D: float
    b_D: float

    count: Count = field(default=Count.NONZERO, kw_only=True)

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """T5 on C4 and ViT on JFT-4B, converted from the notebook's vectors, which carry eight decimals."""
        source = "arXiv:2309.08520, from the authors' notebook (jaxpruner, bigsparse)"
        t5 = (0.56778512, 0.72161276, 1.52265016, 0.24513173, 0.63361517, 0.20270772, 0.65074219)
        vit = (1.30485411, 0.82101251, 2.07506343, 0.39222675, 0.27818217, 0.88979104, 4.51669257)
        return (
            cls(
                *_from_notebook(*t5, data_unit=1e5 * T5_TOKENS_PER_STEP),
                name="t5",
                source=source,
                trust=Trust.CODE,
                fitted=FittedRange(
                    n=(1.327e6, 8.494e7), tokens=(1.6384e10, 6.5536e10), sparsity=(0.0, 0.875)
                ),
            ),
            cls(
                *_from_notebook(*vit, data_unit=1e9),
                name="vit",
                source=source,
                trust=Trust.CODE,
                fitted=FittedRange(n=(6.635e5, 4.247e7), tokens=(2.25e8, 1.8e9), sparsity=(0.0, 0.9375)),
                unit="JFT-4B loss/image",
            ),
        )

    def flops_per_token(self, n: npt.ArrayLike, s: npt.ArrayLike = 0.0, **extra: npt.ArrayLike) -> Array:
        """6 N/(1-S): the dense model under the mask is what is trained."""
        del extra
        return 6.0 * self.n_total(n, s)

    def optimal_sparsity(self, n: npt.ArrayLike, flops: npt.ArrayLike) -> Array:
        """The sparsity of least loss for N non-zero weights trained with `flops`; 0 where it does not pay.

        The root of dL/dS = 0 along D = (1-S) C / 6N; the loss is convex in ln(1-S) there, so it is the
        minimum. Broadcasts.
        """
        n, flops = np.asarray(n, dtype=np.float64), np.asarray(flops, dtype=np.float64)
        dense_tokens = flops / (6.0 * n)
        log_prefactor = np.log(self.b_D / (self.a_S * self.b_S)) + self.b_D * np.log(self.a_D)
        numerator = log_prefactor + self.b_N * np.log(n) - self.b_D * np.log(dense_tokens)
        return np.asarray(np.maximum(0.0, -np.expm1(numerator / (self.b_D + self.b_S))))

    def power_terms(self, s: Array, **extra: npt.ArrayLike) -> tuple[Array | float, ...]:
        """At fixed S two power terms, and a cost proportional to N."""
        return self._scale(np.log(1.0 - s)), self.b_N, np.exp(self.b_D * np.log(self.a_D)), self.b_D

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        size = self._scale(np.log(1.0 - s)) * np.exp(-self.b_N * np.log(n))
        return size + self._data_term(d) + self.e

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        kept, size = np.log(1.0 - s), np.exp(-self.b_N * np.log(n))
        by_n = -self.b_N * self._scale(kept) * size / n
        by_d = -self.b_D * self._data_term(d) / d
        by_s = -self.a_S * self.b_S * np.exp((self.b_S - 1.0) * kept) * size
        return by_n, by_d, by_s

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        kept, log_n = np.log(1.0 - s), np.log(n)
        power, size, data = np.exp(self.b_S * kept), np.exp(-self.b_N * log_n), self._data_term(d)
        by_b_s = self.a_S * power * kept * size
        by_b_n = -self._scale(kept) * size * log_n
        by_a_d = self.b_D * data / self.a_D
        by_b_d = data * np.log(self.a_D / d)
        return 1.0, power * size, by_b_s, size, by_b_n, by_a_d, by_b_d

    def _scale(self, kept: Array) -> Array:
        """What N^-b_N is multiplied by, from ln(1-S)."""
        return self.a_S * np.exp(self.b_S * kept) + self.c_S

    def _data_term(self, d: Array) -> Array:
        return np.asarray(np.exp(self.b_D * (np.log(self.a_D) - np.log(d))))


def _from_notebook(
    a_s: float, b_s: float, c_s: float, b_n: float, e: float, b_d: float, c: float, *, data_unit: float
) -> tuple[float, ...]:
    """The fields in order, from a fit ending in e D^-b_D + c, where N counts millions and D `data_unit`s."""
    per_weight = 1e6**b_n
    return c, a_s * per_weight, b_s, c_s * per_weight, b_n, data_unit * e ** (1.0 / b_d), b_d
