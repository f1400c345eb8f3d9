"""Joint scaling of active parameters, tokens and experts: Ludziejewski et al. 2025, Eq. 6.

L = a Ehat^delta N^(alpha + gamma ln Ehat) + b Ehat^omega D^(beta + zeta ln Ehat) + c, Ehat as in Clark et al.
but with natural logarithms throughout. The exponents are negative as written. At a fixed number of experts it
is Chinchilla's form with coefficients of its own (Table 4 of the paper).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from objectives.laws.cubic import cubic_root
from objectives.laws.expert_saturation import Saturation, bound_mistakes, experts_of
from objectives.laws.law import Array, Count, FittedRange, Law, Trust
from spaces.errors import Mistake

VOCABULARY = 50_257
HEAD_WIDTH = 64
"""The runs have as many blocks as heads, and heads of this width: n_blocks = d_model / 64."""


@dataclass(frozen=True)
class JointMoE(Law):
    """Loss of a top-1 (Switch) mixture with N active parameters, embeddings and head included.

    Sparsity stands for the number of experts, E = 1/(1-S). Total parameters follow from the shapes of the
    paper's runs: N_active = 2 d V + 13 n d^2 and N_total = 2 d V + (4 + 9 E) n d^2 with n = d/64.
    """

    family: ClassVar[str] = "joint-moe"
    title: ClassVar[str] = "Ludziejewski et al. 2025, arXiv:2502.05172"
    equation: ClassVar[str] = (
        "L = a Ehat^delta N^(alpha + gamma ln Ehat) + b Ehat^omega D^(beta + zeta ln Ehat) + c  (Eq. 6),  "
        "1/Ehat = 1/(E - 1 + (1/e_start - 1/e_max)^-1) + 1/e_max,  E = 1/(1-S)"
    )
    max_sparsity: ClassVar[float] = 1.0
    positive: ClassVar[tuple[str, ...]] = ("e_start", "e_max")

    a: float
    alpha: float
    delta: float
    gamma: float
    b: float
    beta: float
    omega: float
    zeta: float
    e_start: float
    e_max: float
    c: float

    count: Count = field(default=Count.ACTIVE, kw_only=True)

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """Table 3."""
        return (
            cls(
                *(35.91, -0.1889, -0.2285, 0.0098),
                *(35.98, -0.1775, 0.5529, -0.0259),
                *(2.0732, 290.4521, 1.3637),
                name="published",
                source="arXiv:2502.05172, Table 3",
                trust=Trust.PAPER,
                fitted=FittedRange(sparsity=(0.0, 1 - 1 / 32)),
            ),
        )

    @classmethod
    def coefficient_mistakes(cls, values: Mapping[str, float]) -> list[Mistake]:
        """Also: e_start below e_max."""
        return super().coefficient_mistakes(values) + bound_mistakes(values["e_start"], values["e_max"])

    def experts_of(self, s: npt.ArrayLike) -> Array:
        """Number of experts at sparsity `s`, top-1 routing."""
        return experts_of(s)

    def n_total(self, n: npt.ArrayLike, s: npt.ArrayLike = 0.0) -> Array:
        """All parameters of the shape that has `n` active ones and E experts."""
        n = np.asarray(n, dtype=np.float64)
        width = _width(n, 13.0)
        return np.asarray(n + 9.0 * (experts_of(s) - 1.0) * width**3 / HEAD_WIDTH)

    def n_from_total(self, n_total: npt.ArrayLike, s: npt.ArrayLike = 0.0) -> Array:
        """The exact inverse of `n_total`: the width solves a cubic in either count."""
        width = _width(np.asarray(n_total, dtype=np.float64), 4.0 + 9.0 * experts_of(s))
        return 2.0 * VOCABULARY * width + 13.0 * width**3 / HEAD_WIDTH

    def power_terms(self, s: Array, **extra: npt.ArrayLike) -> tuple[Array | float, ...]:
        """At fixed S, Chinchilla's two terms with the coefficients of Table 4."""
        log_e = self._saturation.log_experts(s)
        size, data = np.exp(self.delta * log_e), np.exp(self.omega * log_e)
        return self.a * size, -self._size_exponent(log_e), self.b * data, -self._data_exponent(log_e)

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        size, data = self._terms(n, d, self._saturation.log_experts(s))
        return size + data + self.c  # Eq. 6

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        log_e = self._saturation.log_experts(s)
        size, data = self._terms(n, d, log_e)
        by_s, _, _ = self._saturation.slopes(s)
        by_n, by_d = self._size_exponent(log_e) * size / n, self._data_exponent(log_e) * data / d
        return by_n, by_d, self._by_log_experts(n, d, size, data) * by_s

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        log_e, log_n, log_d = self._saturation.log_experts(s), np.log(n), np.log(d)
        size, data = self._terms(n, d, log_e)
        _, by_start, by_max = self._saturation.slopes(s)
        by_log_e = self._by_log_experts(n, d, size, data)
        of_size = (size / self.a, size * log_n, size * log_e, size * log_n * log_e)
        of_data = (data / self.b, data * log_d, data * log_e, data * log_d * log_e)
        return (*of_size, *of_data, by_log_e * by_start, by_log_e * by_max, 1.0)

    @property
    def _saturation(self) -> Saturation:
        return Saturation(self.e_start, self.e_max)

    def _terms(self, n: Array, d: Array, log_e: Array) -> tuple[Array, Array]:
        """The two power terms of Eq. 6."""
        size = self.a * np.exp(self.delta * log_e + self._size_exponent(log_e) * np.log(n))
        data = self.b * np.exp(self.omega * log_e + self._data_exponent(log_e) * np.log(d))
        return size, data

    def _size_exponent(self, log_e: Array) -> Array:
        return self.alpha + self.gamma * log_e

    def _data_exponent(self, log_e: Array) -> Array:
        return self.beta + self.zeta * log_e

    def _by_log_experts(self, n: Array, d: Array, size: Array, data: Array) -> Array:
        """Derivative of the loss by ln Ehat."""
        return size * (self.delta + self.gamma * np.log(n)) + data * (self.omega + self.zeta * np.log(d))


def _width(parameters: Array, per_block: float | Array) -> Array:
    """The d_model at which 2 d V + per_block d^3/64 equals `parameters`."""
    scale = HEAD_WIDTH / np.asarray(per_block, dtype=np.float64)
    return cubic_root(2.0 * VOCABULARY * scale, parameters * scale)
