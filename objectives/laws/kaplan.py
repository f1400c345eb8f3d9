"""The first joint scaling law of language models (Kaplan et al. 2020), without an irreducible loss.

L = [(N_c/N)^(alpha_N/alpha_D) + D_c/D]^alpha_D, N without embeddings. The paper's one-variable laws L(N) and
L(D) have other constants; the set here is the one fitted for the joint form.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from objectives.laws.cubic import cubic_root
from objectives.laws.law import Array, Count, Law, Trust

EMBEDDING_SCALE = 47491.0
"""N_total = N + 47491 N^(1/3), embeddings included (Pearce and Song, arXiv:2406.12907)."""


@dataclass(frozen=True)
class Kaplan(Law):
    """Loss of a dense model of N parameters without embeddings on D tokens, stopped early.

    Training cost is the paper's: 6 FLOPs per token and parameter, embeddings not counted.
    """

    family: ClassVar[str] = "kaplan"
    title: ClassVar[str] = "Kaplan et al. 2020, arXiv:2001.08361"
    equation: ClassVar[str] = "L = [(N_c/N)^(alpha_N/alpha_D) + D_c/D]^alpha_D"
    positive: ClassVar[tuple[str, ...]] = ("alpha_D", "N_c", "D_c")

    alpha_N: float
    alpha_D: float
    N_c: float
    D_c: float

    count: Count = field(default=Count.NON_EMBEDDING, kw_only=True)

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """Table 2."""
        return (
            cls(
                *(0.076, 0.103, 6.4e13, 1.8e13),
                name="published",
                source="arXiv:2001.08361, Table 2",
                trust=Trust.SECONDARY,
            ),
        )

    def n_total(self, n: npt.ArrayLike, s: npt.ArrayLike = 0.0) -> Array:
        """Parameters with embeddings, by Pearce and Song's relation where N leaves them out."""
        if self.count is not Count.NON_EMBEDDING:
            return super().n_total(n, s)
        n, s = np.asarray(n, dtype=np.float64), np.asarray(s, dtype=np.float64)
        return np.asarray(n + EMBEDDING_SCALE * np.cbrt(n) + 0.0 * s)

    def n_from_total(self, n_total: npt.ArrayLike, s: npt.ArrayLike = 0.0) -> Array:
        """The exact inverse of `n_total`: a cubic in N^(1/3)."""
        if self.count is not Count.NON_EMBEDDING:
            return super().n_from_total(n_total, s)
        return np.asarray(cubic_root(EMBEDDING_SCALE, n_total) ** 3 + 0.0 * np.asarray(s))

    def power_terms(self, s: Array, **extra: npt.ArrayLike) -> tuple[Array | float, ...]:
        """The loss increases with the bracket, which has two power terms."""
        ratio = self.alpha_N / self.alpha_D
        return np.exp(ratio * np.log(self.N_c)), ratio, self.D_c, 1.0

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        size, data = self._terms(n, d)
        return np.asarray(np.exp(self.alpha_D * np.log(size + data)))

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        size, data = self._terms(n, d)
        outer = self.alpha_D * np.exp((self.alpha_D - 1.0) * np.log(size + data))
        return -outer * (self.alpha_N / self.alpha_D) * size / n, -outer * data / d, 0.0

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        size, data = self._terms(n, d)
        log_sum = np.log(size + data)
        loss = np.exp(self.alpha_D * log_sum)
        share = size / (size + data)
        by_alpha_n = loss * share * np.log(self.N_c / n)
        by_alpha_d = loss * log_sum - by_alpha_n * self.alpha_N / self.alpha_D
        by_n_c = loss * share * self.alpha_N / self.N_c
        by_d_c = loss * (1.0 - share) * self.alpha_D / self.D_c
        return by_alpha_n, by_alpha_d, by_n_c, by_d_c

    def _terms(self, n: Array, d: Array) -> tuple[Array, Array]:
        """The two terms in the bracket."""
        return np.exp(self.alpha_N / self.alpha_D * np.log(self.N_c / n)), self.D_c / d
