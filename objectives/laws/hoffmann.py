"""The Chinchilla law: L = E + A/N^alpha + B/D^beta (Hoffmann et al. 2022), and its replication by Epoch.

Four digits matter. At 5.76e23 FLOPs the rounded set asks for 32B parameters, the set of the paper's own TeX
source for 40B, and Epoch's refit of the same runs, which reaches the minimum the first fit stopped short of,
for 72B.
"""

from dataclasses import dataclass
from math import exp
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array, FittedRange, Law, Trust

EPOCH_RUNS = FittedRange(n=(5.733e7, 1.6183e10), tokens=(8.187e8, 3.17754e11), flops=(1.397e18, 1.2956e22))
"""The 240 runs Epoch kept of those it read off the paper's Figure 4; D = C/6N."""
CHINCHILLA_RUNS = FittedRange(
    n=(5.733e7, 1.6183e10), tokens=(2.451e8, 3.17754e11), flops=(1.397e18, 1.2956e22)
)
"""All 245 of them; the paper prints no table of its runs."""


@dataclass(frozen=True)
class Hoffmann(Law):
    """Loss of a dense model of N parameters (embeddings included) on D tokens, one epoch."""

    family: ClassVar[str] = "hoffmann"
    title: ClassVar[str] = (
        "Hoffmann et al. 2022, arXiv:2203.15556; refit by Besiroglu et al. 2024, arXiv:2404.10102"
    )
    equation: ClassVar[str] = "L = e + a/N^alpha + b/D^beta  (Eq. 2)"

    e: float
    a: float
    b: float
    alpha: float
    beta: float

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """Epoch's refit and the original, each as printed and at full precision.

        Two digits more in alpha and beta move the optimum: at 5.76e23 FLOPs from D/N 18.4 to 18.3 for the
        refit, and from 92.7 to 58.9 for the original.
        """
        return (
            cls(
                *(1.8172, 482.01, 2085.43, 0.3478, 0.3658),
                name="epoch",
                source="arXiv:2404.10102, 240 runs; as printed, which the authors' notebook rounds to",
                trust=Trust.CODE,
                fitted=EPOCH_RUNS,
            ),
            cls(
                exp(0.5971119597824348),
                exp(6.177955975826981),
                exp(7.6427323622433505),
                0.34781302903942635,
                0.3658541172951044,
                name="epoch-full",
                source="arXiv:2404.10102, 240 runs; log parameters of the authors' notebook",
                trust=Trust.CODE,
                fitted=EPOCH_RUNS,
            ),
            cls(
                exp(0.5267228),
                exp(6.0073404),
                exp(6.0179186),
                0.33917084,
                0.2849083,
                name="tex",
                source="arXiv:2203.15556, Approach 3; log parameters of the paper's TeX source",
                trust=Trust.CODE,
                fitted=CHINCHILLA_RUNS,
            ),
            cls(
                *(1.69, 406.4, 410.7, 0.34, 0.28),
                name="rounded",
                source="arXiv:2203.15556, Approach 3 as printed",
                trust=Trust.PAPER,
                fitted=CHINCHILLA_RUNS,
            ),
        )

    def power_terms(self, s: Array, **extra: npt.ArrayLike) -> tuple[Array | float, ...]:
        """The two terms of Eq. 2."""
        return self.a, self.alpha, self.b, self.beta

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        return self.e + self._size_term(np.log(n)) + self._data_term(np.log(d))  # Eq. 2

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        by_n = -self.alpha * self._size_term(np.log(n)) / n
        by_d = -self.beta * self._data_term(np.log(d)) / d
        return by_n, by_d, 0.0

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        log_n, log_d = np.log(n), np.log(d)
        by_a, by_b = np.exp(-self.alpha * log_n), np.exp(-self.beta * log_d)
        return 1.0, by_a, by_b, -self.a * by_a * log_n, -self.b * by_b * log_d

    def _size_term(self, log_n: Array) -> Array:
        return self.a * np.exp(-self.alpha * log_n)

    def _data_term(self, log_d: Array) -> Array:
        return self.b * np.exp(-self.beta * log_d)
