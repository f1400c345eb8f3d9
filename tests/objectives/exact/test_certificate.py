"""The certificate can fail, and laws with several minima are solved globally."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from objectives.budget import Budget
from objectives.exact import optimum
from objectives.laws.law import Array, Law


@dataclass(frozen=True)
class TwoBasins(Law):
    """Falls with n and with d, but n helps mostly at a threshold: two minima along a budget curve."""

    family: ClassVar[str] = "two-basins"

    threshold: float
    drop: float

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        step = self.drop / (1.0 + np.exp(4.0 * (np.log(n) - self.threshold)))
        return 1.0 + n**-0.3 * 50 + d**-0.3 * 100 + step

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        gate = 1.0 / (1.0 + np.exp(4.0 * (np.log(n) - self.threshold)))
        by_n = -0.3 * 50 * n**-1.3 - 4.0 * self.drop * gate * (1 - gate) / n
        return by_n, -0.3 * 100 * d**-1.3, 0.0

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        raise NotImplementedError


@dataclass(frozen=True)
class TooManyTokens(Law):
    """Gets worse beyond ten tokens per parameter: no law the solver is made for."""

    family: ClassVar[str] = "too-many-tokens"

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        return np.asarray(2.0 + (np.log(n) - 20.0) ** 2 + np.log(d / n / 10.0) ** 2)

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        by_log_ratio = 2 * np.log(d / n / 10.0)
        return (2 * (np.log(n) - 20.0) - by_log_ratio) / n, by_log_ratio / d, 0.0

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        raise NotImplementedError


def test_the_better_of_two_basins_is_found() -> None:
    budget = Budget(1e21)
    u = np.linspace(np.log(1e6), np.log(1e14), 1_000_001)
    for drop in (0.001, 0.05, 0.2, 1.0):
        law = TwoBasins(27.0, drop)
        least = law.loss(np.exp(u), 1e21 / 6 / np.exp(u)).min()
        best = optimum(law, budget)
        assert best.loss <= least * (1 + 1e-12)
        assert best.loss >= least * (1 - 1e-9)
        assert best.certificate.method == "bracketed solve"
        assert best.certificate.residual < 1e-10


def test_a_law_that_does_not_fall_with_tokens_fails_the_certificate() -> None:
    certificate = optimum(TooManyTokens(), Budget(1e24)).certificate
    assert certificate.gap > 1e-3
    assert not certificate.holds
