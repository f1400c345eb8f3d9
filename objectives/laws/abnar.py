"""Parameters against FLOPs in mixtures of experts: Abnar et al. 2025, Eq. 6.

L = e + a/N^alpha + b/D^beta + c/(1-S)^lambda + d/((1-S)^delta N^gamma), N the total number of parameters and
S the fraction of experts a token does not use. The published lambda is negative: its term falls with S.

It explains 68 % of the variance at the held-out sparsity of 0.98: with ten coefficients, distrust
extrapolations. At a fixed budget the loss falls all the way to S = 1, so a search over S needs a cap.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from objectives.laws.law import Array, FittedRange, Law, Trust


@dataclass(frozen=True)
class Abnar(Law):
    """Loss of a mixture of experts with N total parameters; n_active = N (1-S) is the paper's idealisation.

    Attention is never sparse, so a real model's active count is a little larger.
    """

    family: ClassVar[str] = "abnar"
    title: ClassVar[str] = "Abnar et al. 2025, arXiv:2501.12370"
    equation: ClassVar[str] = (
        "L = e + a/N^alpha + b/D^beta + c/(1-S)^lambda + d/((1-S)^delta N^gamma)  (Eq. 6)"
    )
    max_sparsity: ClassVar[float] = 1.0
    unimodal: ClassVar[bool] = True  # along a budget a sum of exponentials of ln N, each of them convex

    e: float
    a: float
    b: float
    c: float
    d: float
    alpha: float
    beta: float
    lambda_: float
    delta: float
    gamma: float

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """Table 3."""
        return (
            cls(
                *(0.94, 16612.50, 5455.67, 0.4598, 17.26, 0.5962, 0.3954, -0.1666, 0.1603, 0.1595),
                name="published",
                source="arXiv:2501.12370, Table 3",
                trust=Trust.SECONDARY,
                fitted=FittedRange(sparsity=(0.0, 0.98), flops=(3e19, 1e21)),
            ),
        )

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        log_n, kept = np.log(n), np.log(1.0 - s)
        size = self.a * np.exp(-self.alpha * log_n)
        data = self.b * np.exp(-self.beta * np.log(d))
        experts = self.c * np.exp(-self.lambda_ * kept)
        mixed = self.d * np.exp(-self.delta * kept - self.gamma * log_n)
        return self.e + size + data + experts + mixed  # Eq. 6

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        log_n, kept = np.log(n), np.log(1.0 - s)
        size = self.a * np.exp(-self.alpha * log_n)
        data = self.b * np.exp(-self.beta * np.log(d))
        experts = self.c * np.exp(-self.lambda_ * kept)
        mixed = self.d * np.exp(-self.delta * kept - self.gamma * log_n)
        by_n = -(self.alpha * size + self.gamma * mixed) / n
        by_s = (self.lambda_ * experts + self.delta * mixed) / (1.0 - s)
        return by_n, -self.beta * data / d, by_s

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        log_n, log_d, kept = np.log(n), np.log(d), np.log(1.0 - s)
        size, data = np.exp(-self.alpha * log_n), np.exp(-self.beta * log_d)
        experts = np.exp(-self.lambda_ * kept)
        mixed = np.exp(-self.delta * kept - self.gamma * log_n)
        by_alpha, by_beta = -self.a * size * log_n, -self.b * data * log_d
        by_lambda = -self.c * experts * kept
        by_delta, by_gamma = -self.d * mixed * kept, -self.d * mixed * log_n
        return 1.0, size, data, experts, mixed, by_alpha, by_beta, by_lambda, by_delta, by_gamma
