"""A law whose data exponent depends on the size: Farseer (Li et al. 2025), nine coefficients.

L = exp(a3 N^gamma + b3) + exp(a2 N^beta + b2) D^(-exp(a1 N^alpha + b1)). The paper's coefficients, and the
parameters its N counts, were not found where they could be read: the family is there to be fitted, and N is
whatever the fitted runs count. The paper states losses in bits per character; nothing here depends on it.

With nine coefficients it can rise with N or D outside the runs it was fitted on: check before trusting it.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from objectives.laws.law import Array, Law


@dataclass(frozen=True)
class Farseer(Law):
    """Loss of a dense model of N parameters on D tokens."""

    family: ClassVar[str] = "farseer"
    title: ClassVar[str] = "Li et al. 2025 (Farseer), arXiv:2506.10972"
    equation: ClassVar[str] = "L = exp(a3 N^gamma + b3) + exp(a2 N^beta + b2) D^(-exp(a1 N^alpha + b1))"

    a1: float
    b1: float
    alpha: float
    a2: float
    b2: float
    beta: float
    a3: float
    b3: float
    gamma: float

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        log_n = np.log(n)
        data, _ = self._data_term(log_n, np.log(d))
        return self._floor(log_n) + data

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        log_n, log_d = np.log(n), np.log(d)
        data, exponent = self._data_term(log_n, log_d)
        bent = self.a1 * self.alpha * np.exp(self.alpha * log_n) * exponent * log_d
        by_log_n = self.a3 * self.gamma * np.exp(self.gamma * log_n) * self._floor(log_n)
        by_log_n = by_log_n + data * (self.a2 * self.beta * np.exp(self.beta * log_n) - bent)
        return by_log_n / n, -exponent * data / d, 0.0

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        log_n, log_d = np.log(n), np.log(d)
        floor = self._floor(log_n)
        data, exponent = self._data_term(log_n, log_d)
        by_exponent = -data * log_d * exponent
        first, second, third = (np.exp(power * log_n) for power in (self.alpha, self.beta, self.gamma))
        return (
            *(by_exponent * first, by_exponent, by_exponent * self.a1 * first * log_n),
            *(data * second, data, data * self.a2 * second * log_n),
            *(floor * third, floor, floor * self.a3 * third * log_n),
        )

    def _floor(self, log_n: Array) -> Array:
        """What remains at infinite D."""
        return np.asarray(np.exp(self.a3 * np.exp(self.gamma * log_n) + self.b3))

    def _data_term(self, log_n: Array, log_d: Array) -> tuple[Array, Array]:
        """The second term, and its exponent of 1/D."""
        exponent = np.exp(self.a1 * np.exp(self.alpha * log_n) + self.b1)
        scale = self.a2 * np.exp(self.beta * log_n) + self.b2
        return np.exp(scale - exponent * log_d), np.asarray(exponent)
