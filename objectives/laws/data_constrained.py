"""Training on repeated data: Muennighoff et al. 2023.

L = e + a/N'^alpha + b/D'^beta. A repeated token is worth less than a new one, and so is a parameter beyond
what the unique tokens can use: D' = U_D + U_D r_D (1 - exp(-R_D/r_D)) with R_D = D/U_D - 1 repetitions of U_D
unique tokens, and N' likewise from U_N = min(N, the size that U_D tokens train compute-optimally).
"""

from dataclasses import dataclass
from math import exp
from typing import ClassVar, Self

import numpy as np

from objectives.laws.law import Array, Extra, FittedRange, Law, Trust

RELEASED_RUNS = FittedRange(n=(7.0988e6, 8.67e9), tokens=(1e8, 9e11))
"""The final losses the authors released; which 182 of them were fitted is not stated."""
LARGEST = 1e300
"""Stands for an infinite number of tokens where infinity itself has no quotient."""


@dataclass(frozen=True)
class DataConstrained(Law):
    """Loss of a dense model of N parameters on D tokens, of which at most `unique_tokens` are different.

    Where there are more unique tokens than D, nothing repeats and D' = D; with no limit on them the law is
    Chinchilla's. The source only evaluates up to D unique tokens; taking U_N from all that are available,
    used or not, is our continuation, and it is continuous.
    """

    family: ClassVar[str] = "data-constrained"
    title: ClassVar[str] = "Muennighoff et al. 2023, arXiv:2305.16264"
    equation: ClassVar[str] = (
        "L = e + a/N'^alpha + b/D'^beta,  X' = U_X + U_X r_X (1 - exp(-(X/U_X - 1)/r_X)) for X = N, D"
    )
    extra: ClassVar[Extra | None] = Extra("unique_tokens", np.inf, 1.0)
    unimodal: ClassVar[bool] = True  # ln N' and ln D' are concave in ln N along a budget
    positive: ClassVar[tuple[str, ...]] = ("a", "b", "alpha", "beta", "r_D", "r_N")

    e: float
    a: float
    b: float
    alpha: float
    beta: float
    r_D: float
    r_N: float

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """The fit with tied exponents that the authors use."""
        return (
            cls(
                *(exp(0.6254804), exp(6.255414), exp(7.3049974), 0.3526596, 0.3526596, 15.387756, 5.309743),
                name="published",
                source="arXiv:2305.16264, log parameters of the authors' repository (datablations)",
                trust=Trust.CODE,
                fitted=RELEASED_RUNS,
            ),
        )

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        size = _Worth(n, self._optimal_size(x), self.r_N).value
        data = _Worth(d, x, self.r_D).value
        return self.e + self._size_term(size) + self._data_term(data)

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        size, data = _Worth(n, self._optimal_size(x), self.r_N), _Worth(d, x, self.r_D)
        by_size, by_data = self._by_worth(size, data)
        by_log_x = by_size * size.by_log_unique * self.beta / self.alpha + by_data * data.by_log_unique
        return by_size * size.by_amount, by_data * data.by_amount, 0.0, by_log_x / x

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        size, data = _Worth(n, self._optimal_size(x), self.r_N), _Worth(d, x, self.r_D)
        by_size, by_data = self._by_worth(size, data)
        size_term, data_term = self._size_term(size.value), self._data_term(data.value)
        log_x = np.log(np.minimum(x, LARGEST))  # where x is infinite, what it multiplies is 0
        log_optimal = self._log_optimal_size(log_x)
        by_log_optimal = by_size * size.by_log_unique
        by_a = size_term / self.a + by_log_optimal / (self.alpha * self.a)
        by_b = data_term / self.b - by_log_optimal / (self.alpha * self.b)
        by_alpha = (
            -size_term * np.log(size.value) + by_log_optimal * (1.0 / self.alpha - log_optimal) / self.alpha
        )
        by_beta = -data_term * np.log(data.value) + by_log_optimal * (log_x - 1.0 / self.beta) / self.alpha
        return 1.0, by_a, by_b, by_alpha, by_beta, by_data * data.by_rate, by_size * size.by_rate

    def _optimal_size(self, unique_tokens: Array) -> Array:
        """The compute-optimal N for these tokens, (U G)^(beta/alpha) G with Chinchilla's G."""
        return np.asarray(np.exp(self._log_optimal_size(np.log(unique_tokens))))

    def _log_optimal_size(self, log_unique: Array) -> Array:
        log_ratio = np.log(self.alpha * self.a) - np.log(self.beta * self.b)
        return np.asarray((self.beta * log_unique + log_ratio) / self.alpha)

    def _by_worth(self, size: "_Worth", data: "_Worth") -> tuple[Array, Array]:
        """dL/dN' and dL/dD'."""
        by_size = -self.alpha * self._size_term(size.value) / size.value
        return by_size, -self.beta * self._data_term(data.value) / data.value

    def _size_term(self, size: Array) -> Array:
        return np.asarray(self.a * np.exp(-self.alpha * np.log(size)))

    def _data_term(self, data: Array) -> Array:
        return np.asarray(self.b * np.exp(-self.beta * np.log(data)))


class _Worth:
    """What an amount is worth of which only `unique` is fresh: X' of the equation and its derivatives."""

    def __init__(self, amount: Array, unique: Array, rate: float) -> None:
        self.amount, self.rate = amount, rate
        self.fresh = np.minimum(np.minimum(amount, unique), LARGEST)
        self.repeats = amount / self.fresh - 1.0
        self.decay = np.exp(-self.repeats / rate)
        self.value = self.fresh * (1.0 + rate * (1.0 - self.decay))

    @property
    def by_amount(self) -> Array:
        """The worth of one more, 1 before anything repeats."""
        return self.decay

    @property
    def by_log_unique(self) -> Array:
        """By the logarithm of `unique`; 0 where nothing repeats."""
        return self.value - self.amount * self.decay

    @property
    def by_rate(self) -> Array:
        """By r of the equation."""
        return self.fresh * (1.0 - self.decay * (1.0 + self.repeats / self.rate))
