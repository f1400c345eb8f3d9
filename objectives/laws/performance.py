"""The Performance Law: MMLU of a dense model from its architecture and tokens (Wu & Tang 2024).

It is no `Law`: it predicts an accuracy in points of 100, not a loss, and from a shape, not from N alone.
Three ideas: accuracy grows with the logarithms of depth, widths and tokens; tokens beyond 1000 for each
parameter add nothing (T'); a model too deep for its width trains badly (u).

Traps in retellings of it: u has 10/d + 20/h, not 10d + 20h; S is in billions; all logarithms are natural; w3
is negative, so that at one depth and size a wider FFN lowers the prediction except through u; u stands in all
four logarithms, so its weight is their sum. The equation for mixtures of experts is not public: see
`objectives.capability.mixtures` for what is offered in its place.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from objectives.laws.law import HUGE, TINY, Array, Formula, Trust, filled, first_outside, stacked, within
from objectives.laws.score_link import CEILING, CHANCE, Link
from spaces.errors import BadInput, Mistake

TRILLION, BILLION = 1e12, 1e9
FFN_STRAIN, HIDDEN_STRAIN = 10.0, 20.0
"""How narrow FFN and hidden layers add to the instability of depth; constants of the author's code."""
INPUTS = ("layers", "hidden", "ffn", "tokens", "n_total")
"""In the order of the last axis of `gradient`."""


@dataclass(frozen=True)
class Performance(Formula):
    """MMLU points of a dense model: `mmlu(layers, hidden, ffn, tokens, n_total)`.

    Arguments of all evaluations: `layers` N, `hidden` h, `ffn` d, training `tokens` and stored parameters
    `n_total` as counts, and `precision` gamma >= 1, the precision loss of the training infrastructure. They
    broadcast against each other as float64 arrays of any shape.
    """

    family: ClassVar[str] = "performance"
    title: ClassVar[str] = "Wu & Tang 2024, arXiv:2408.09895"
    equation: ClassVar[str] = (
        "x = w1 ln(u N) + w2 ln(u h) + w3 ln(u d) + w4 ln(u T') + b, T' = min(T/1e12, S/1e9), "
        "u = exp(-((10/d + 20/h) gamma N)^2)"
    )
    unit: ClassVar[str] = "MMLU points"

    w1: float
    w2: float
    w3: float
    w4: float
    b: float

    link: Link = field(default=Link.CLIPPED, kw_only=True)
    """How the sum is kept between chance and 100."""

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """The author's dense coefficients."""
        return (
            cls(
                *(13.95018192, 0.23072027, -0.48523402, 5.39801689, 9.195410648934768),
                name="dense",
                source="arXiv:2408.09895, the first author's planner; fitted on about 10 open models of 2024",
                trust=Trust.CODE,
            ),
        )

    def mmlu(
        self,
        layers: npt.ArrayLike,
        hidden: npt.ArrayLike,
        ffn: npt.ArrayLike,
        tokens: npt.ArrayLike,
        n_total: npt.ArrayLike,
        precision: npt.ArrayLike = 1.0,
    ) -> Array:
        """Predicted MMLU in [25, 100]; shape is the broadcast of the inputs.

        Raises:
            BadInput: an input that is not positive and finite, or a precision below 1.
        """
        return self.link.score(self.raw(layers, hidden, ffn, tokens, n_total, precision))

    def raw(
        self,
        layers: npt.ArrayLike,
        hidden: npt.ArrayLike,
        ffn: npt.ArrayLike,
        tokens: npt.ArrayLike,
        n_total: npt.ArrayLike,
        precision: npt.ArrayLike = 1.0,
    ) -> Array:
        """The sum before it is kept between chance and 100; raises as `mmlu`."""
        inputs = checked(layers, hidden, ffn, tokens, n_total, precision)
        return filled(self._raw(*inputs), inputs)

    def gradient(
        self,
        layers: npt.ArrayLike,
        hidden: npt.ArrayLike,
        ffn: npt.ArrayLike,
        tokens: npt.ArrayLike,
        n_total: npt.ArrayLike,
        precision: npt.ArrayLike = 1.0,
    ) -> Array:
        """Analytic d MMLU / d(layers, hidden, ffn, tokens, n_total); raises as `mmlu`.

        Shape: the broadcast of the inputs plus a last axis of 5. All zero where the prediction is chance.
        """
        inputs = checked(layers, hidden, ffn, tokens, n_total, precision)
        slope = self.link.slope(self._raw(*inputs))
        return stacked(self._raw_gradient(*inputs), inputs) * slope[..., None]

    def coefficient_gradient(
        self,
        layers: npt.ArrayLike,
        hidden: npt.ArrayLike,
        ffn: npt.ArrayLike,
        tokens: npt.ArrayLike,
        n_total: npt.ArrayLike,
        precision: npt.ArrayLike = 1.0,
    ) -> Array:
        """Analytic d MMLU / d(coefficients), last axis in their order; raises as `mmlu`."""
        inputs = checked(layers, hidden, ffn, tokens, n_total, precision)
        slope = self.link.slope(self._raw(*inputs))
        return stacked(features(*inputs), inputs) * slope[..., None]

    def tokens_for(
        self,
        mmlu: float,
        layers: npt.ArrayLike,
        hidden: npt.ArrayLike,
        ffn: npt.ArrayLike,
        n_total: npt.ArrayLike,
        precision: npt.ArrayLike = 1.0,
    ) -> Array:
        """Least tokens at which a shape is predicted this MMLU; infinite where saturation comes first.

        Raises:
            BadInput: a target outside (25, 100); inputs as in `mmlu`; a w4 under which tokens do not help.
        """
        if not CHANCE < mmlu < CEILING:
            raise BadInput.of("mmlu", "points above 25 (chance) and below 100", f"{mmlu:g}")
        if np.any(np.asarray(self.w4) <= 0):
            raise BadInput.of("w4", "a positive number, for tokens to help", f"{self.w4:g}")
        most = 1000.0 * np.asarray(n_total, dtype=np.float64)  # where T' = S
        missing = self.link.raw(np.asarray(mmlu)) - self.raw(layers, hidden, ffn, most, n_total, precision)
        with np.errstate(over="ignore"):
            needed = most * np.exp(missing / self.w4)
        return np.where(missing <= 0, needed, np.inf)

    def best_depth(self, hidden: npt.ArrayLike, ffn: npt.ArrayLike, precision: npt.ArrayLike = 1.0) -> Array:
        """Layers of the highest prediction at these widths, where the tokens are not saturated.

        Infinite for coefficients under which u does not matter, 0 for those under which depth does harm.

        >>> Performance.published()[0].best_depth(4096, 11008).round().item()
        104.0
        """
        _, h, d, _, _, gamma = checked(1, hidden, ffn, 1, 1, precision)
        depth = np.sqrt(max(self.w1, 0.0) / (2.0 * self._weight)) if self._weight > 0 else np.inf
        return np.asarray(depth / _strain(h, d, gamma))

    @property
    def _weight(self) -> float:
        """What ln u counts for: it stands in all four logarithms."""
        return self.w1 + self.w2 + self.w3 + self.w4

    def _raw(self, N: Array, h: Array, d: Array, T: Array, S: Array, gamma: Array) -> Array:
        parts = features(N, h, d, T, S, gamma)
        weights = (self.w1, self.w2, self.w3, self.w4, self.b)
        return np.asarray(sum(weight * part for weight, part in zip(weights, parts, strict=True)))

    def _raw_gradient(
        self, N: Array, h: Array, d: Array, T: Array, S: Array, gamma: Array
    ) -> tuple[Array, ...]:
        strain = _strain(h, d, gamma)
        push = -2.0 * self._weight * strain * N  # derivative of the weight times ln u by strain N
        saturated = S / BILLION <= T / TRILLION
        return (
            self.w1 / N + push * strain,
            self.w2 / h - push * N * gamma * HIDDEN_STRAIN / h**2,
            self.w3 / d - push * N * gamma * FFN_STRAIN / d**2,
            np.where(saturated, 0.0, self.w4 / T),
            np.where(saturated, self.w4 / S, 0.0),
        )


def features(N: Array, h: Array, d: Array, T: Array, S: Array, gamma: Array) -> tuple[Array, ...]:
    """What the coefficients multiply: ln(u N), ln(u h), ln(u d), ln(u T'), 1, of checked inputs as counts."""
    log_u = -((_strain(h, d, gamma) * N) ** 2)
    effective = np.minimum(T / TRILLION, S / BILLION)
    return (
        log_u + np.log(N),
        log_u + np.log(h),
        log_u + np.log(d),
        log_u + np.log(effective),
        np.ones_like(log_u),
    )


def _strain(h: Array, d: Array, gamma: Array) -> Array:
    """How much each layer adds to the instability: the fraction bars matter."""
    return (FFN_STRAIN / d + HIDDEN_STRAIN / h) * gamma


def checked(*values: npt.ArrayLike) -> tuple[Array, Array, Array, Array, Array, Array]:
    """The inputs and the precision as float64 arrays.

    Raises:
        BadInput: one mistake for each input with a value outside its domain.
    """
    arrays = tuple(np.asarray(value, dtype=np.float64) for value in values)
    rules = [(name, "a positive finite number", TINY) for name in INPUTS]
    rules.append(("precision", "a number of at least 1", 1.0))
    mistakes = [
        Mistake(name, expected, str(first_outside(array, least, HUGE)))
        for array, (name, expected, least) in zip(arrays, rules, strict=True)
        if not within(array, least, HUGE)
    ]
    if mistakes:
        raise BadInput(mistakes)
    return arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5]
