"""The generalised law for dense, pruned and mixture-of-experts models (Hossain et al. 2025, Eq. 7).

L = e (1-S)^gamma + (a (1-S)^alpha + c S) / N^alpha + b / D^beta. One alpha serves twice, as the exponent of
(1-S) and of N. At S = 0 the form is Chinchilla's; the numbers of the sets fitted on sparse data are not.

N is the number of active (non-zero) parameters and n_total = N/(1-S). That reading is an assumption with
evidence: only with it do the sets follow the laws whose data they were fitted on (Abnar's and Frantar's).
How the sets were fitted, and on which ranges, is not published where it could be read.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array, Count, FittedRange, Law, Trust


@dataclass(frozen=True)
class Generalized(Law):
    """Loss of a model with N active parameters of which a fraction S more is inactive or zero.

    With S free and no cap on total parameters the sets "moe" and "frantar" improve all the way to S = 1: the
    floor e (1-S)^gamma vanishes. A search over S needs a cap.
    """

    family: ClassVar[str] = "generalized"
    title: ClassVar[str] = "Hossain, Wu, Taylor, Jannesari 2025, arXiv:2508.06617"
    equation: ClassVar[str] = "L = e (1-S)^gamma + (a (1-S)^alpha + c S)/N^alpha + b/D^beta  (Eq. 7)"
    max_sparsity: ClassVar[float] = 1.0

    e: float
    a: float
    b: float
    c: float
    alpha: float
    beta: float
    gamma: float

    count: Count = field(default=Count.ACTIVE, kw_only=True)

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """Tables VII to IX, rounded to two decimals where they were read, and the values before them."""
        transcription = "arXiv:2508.06617, Table {}, as transcribed in a public calculator"
        return (
            cls(
                *(0.57, 8.26, 6324.82, 3.57, 0.08, 0.40, 1.19),
                name="moe",
                source=transcription.format("IX"),
                trust=Trust.TRANSCRIBED,
            ),
            cls(
                *(1.69, 406.4, 410.7, 0.0, 0.34, 0.28, 0.01),
                name="dense",
                source=transcription.format("VII"),
                trust=Trust.TRANSCRIBED,
                fitted=FittedRange(sparsity=(0.0, 0.0)),
            ),
            cls(
                *(0.15, 86.03, 7.90, 29.26, 0.28, 0.08, 2.00),
                name="frantar",
                source=transcription.format("VIII"),
                trust=Trust.TRANSCRIBED,
            ),
            cls(
                *(1.69, 406.4, 410.7, 93.45, 0.34, 0.28, 0.001),
                name="older",
                source="an author's benchmark program (dlp.py of ytopt's hpo4llm), in comments",
                trust=Trust.CODE,
            ),
        )

    def power_terms(self, s: Array, **extra: npt.ArrayLike) -> tuple[Array | float, ...]:
        """At fixed S, Eq. 7 has the two terms of Chinchilla's."""
        return self._scale(np.log(1.0 - s), s), self.alpha, self.b, self.beta

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        dense = np.log(1.0 - s)
        floor = self.e * np.exp(self.gamma * dense)
        size = self._scale(dense, s) * np.exp(-self.alpha * np.log(n))
        return floor + size + self.b * np.exp(-self.beta * np.log(d))  # Eq. 7

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        dense = np.log(1.0 - s)
        size = np.exp(-self.alpha * np.log(n))
        by_n = -self.alpha * self._scale(dense, s) * size / n
        by_d = -self.beta * self.b * np.exp(-self.beta * np.log(d)) / d
        floor_by_s = -self.e * self.gamma * np.exp((self.gamma - 1.0) * dense)
        scale_by_s = self.c - self.a * self.alpha * np.exp((self.alpha - 1.0) * dense)
        return by_n, by_d, floor_by_s + scale_by_s * size

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        dense, log_n, log_d = np.log(1.0 - s), np.log(n), np.log(d)
        floor, kept = np.exp(self.gamma * dense), np.exp(self.alpha * dense)
        size, data = np.exp(-self.alpha * log_n), np.exp(-self.beta * log_d)
        by_alpha = (self.a * kept * dense - self._scale(dense, s) * log_n) * size
        by_beta = -self.b * data * log_d
        return floor, kept * size, data, s * size, by_alpha, by_beta, self.e * floor * dense

    def _scale(self, dense: Array, s: Array) -> Array:
        """What N^-alpha is multiplied by, from ln(1-S) and S."""
        return self.a * np.exp(self.alpha * dense) + self.c * s
