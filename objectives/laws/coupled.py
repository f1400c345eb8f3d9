"""Chinchilla's two terms under one exponent: Skaling (Videau et al. 2026).

L = (A/N^alpha + B/D^beta)^k + e. At k = 1 it is Chinchilla's law; without e and with beta = 1 it is Kaplan's,
whose alpha_D is k and whose alpha_N is k alpha. The loss rises with the bracket alone, so the compute-optimal
split has Chinchilla's closed form. The paper's coefficients were not found where they could be read: the
family is there to be fitted.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array, Law


@dataclass(frozen=True)
class Coupled(Law):
    """Loss of a dense model of N parameters on D tokens, the shortages of both coupled by k."""

    family: ClassVar[str] = "coupled"
    title: ClassVar[str] = "Videau et al. 2026 (Skaling), arXiv:2608.07222"
    equation: ClassVar[str] = "L = (a/N^alpha + b/D^beta)^k + e"
    positive: ClassVar[tuple[str, ...]] = ("a", "b", "k")

    e: float
    a: float
    b: float
    alpha: float
    beta: float
    k: float

    def power_terms(self, s: Array, **extra: npt.ArrayLike) -> tuple[Array | float, ...]:
        """The bracket has two power terms."""
        return self.a, self.alpha, self.b, self.beta

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        size, data = self._terms(np.log(n), np.log(d))
        return self.e + np.exp(self.k * np.log(size + data))

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        size, data = self._terms(np.log(n), np.log(d))
        outer = self.k * np.exp((self.k - 1.0) * np.log(size + data))
        return -outer * self.alpha * size / n, -outer * self.beta * data / d, 0.0

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        log_n, log_d = np.log(n), np.log(d)
        size, data = self._terms(log_n, log_d)
        log_sum = np.log(size + data)
        power = np.exp(self.k * log_sum)
        outer = self.k * power / (size + data)
        by_a, by_b = outer * size / self.a, outer * data / self.b
        return 1.0, by_a, by_b, -outer * size * log_n, -outer * data * log_d, power * log_sum

    def _terms(self, log_n: Array, log_d: Array) -> tuple[Array, Array]:
        """The two terms in the bracket."""
        return self.a * np.exp(-self.alpha * log_n), self.b * np.exp(-self.beta * log_d)
