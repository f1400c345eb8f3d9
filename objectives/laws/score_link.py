"""From a sum without bounds to a score between chance and 100: the author's clipping, or a logistic curve."""

from enum import StrEnum

import numpy as np

from objectives.laws.law import Array

CHANCE, KNEE, CEILING = 25.0, 90.0, 100.0
"""MMLU has four answers to a question; above 90 the author's code bends the line towards 100."""


class Link(StrEnum):
    """How a sum becomes a score."""

    CLIPPED = "clipped"
    """Chance below 25, bent towards 100 above 90, the sum itself between (Wu & Tang's code)."""
    LOGISTIC = "logistic"
    """25 + 75 / (1 + exp(-sum)): smooth at both ends, so that models near chance still tell something."""

    @property
    def equation(self) -> str:
        """From the sum x to points, as text."""
        if self is Link.LOGISTIC:
            return "MMLU = 25 + 75 / (1 + exp(-x))"
        return "MMLU = x, but 25 below 25 and 90 + 10 tanh(x/10 - 9) above 90"

    def score(self, raw: Array) -> Array:
        """Points, in [25, 100]."""
        if self is Link.LOGISTIC:
            return CHANCE + (CEILING - CHANCE) * _sigmoid(raw)
        bent = KNEE + 10.0 * np.tanh(0.1 * np.maximum(raw, KNEE) - 9.0)
        return np.where(raw > KNEE, bent, np.maximum(raw, CHANCE))

    def slope(self, raw: Array) -> Array:
        """Derivative of the score by the sum."""
        if self is Link.LOGISTIC:
            share = _sigmoid(raw)
            return np.asarray((CEILING - CHANCE) * share * (1.0 - share))
        bent = 1.0 / np.cosh(np.clip(0.1 * raw - 9.0, 0.0, 300.0)) ** 2
        return np.where(raw < CHANCE, 0.0, bent)

    def raw(self, score: Array) -> Array:
        """The sum behind a score in (25, 100).

        >>> Link.CLIPPED.raw(Link.CLIPPED.score(np.array([70.0, 95.0]))).round(9).tolist()
        [70.0, 95.0]
        """
        if self is Link.LOGISTIC:
            return np.asarray(np.log((score - CHANCE) / (CEILING - score)))
        bent = 10.0 * (np.arctanh(np.maximum(score - KNEE, 0.0) / 10.0) + 9.0)
        return np.where(score > KNEE, bent, score)


def _sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)) without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))
