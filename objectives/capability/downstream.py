"""From loss to tasks: the loss a size and tokens predict becomes an accuracy or an error, by a curve.

A task's accuracy stays at chance for most of training, so it is no power law of compute; but it follows the
loss on the task's own answers closely, and that loss is one. Hence two steps: a loss law, then a curve.

Two curves are here: the sigmoid of the OLMo ladder, which is fitted for each task
(`objectives.capability.downstream_fit`), and the exponential of Gadre et al., published for averages of tasks
(`objectives.capability.downstream_gadre`).
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array, Formula, Law


@dataclass(frozen=True)
class Curve(Formula):
    """Share of right answers from a loss in the unit the curve was fitted in."""

    @abstractmethod
    def accuracy(self, loss: npt.ArrayLike) -> Array:
        """Share in [0, 1], of the shape of the losses."""


@dataclass(frozen=True)
class Sigmoid(Curve):
    """A logistic curve from b at low loss to b + a, about chance, at high loss; a is negative."""

    family: ClassVar[str] = "sigmoid-accuracy"
    title: ClassVar[str] = "Bhagia et al. 2024 (OLMo ladder), arXiv:2412.04403"
    equation: ClassVar[str] = "accuracy = a / (1 + exp(-k (L - x0))) + b"

    a: float
    x0: float
    k: float
    b: float

    def accuracy(self, loss: npt.ArrayLike) -> Array:
        """Share of right answers; coefficients may be arrays that broadcast against the losses."""
        return np.asarray(self.a * self.share(loss) + self.b)

    def share(self, loss: npt.ArrayLike) -> Array:
        """How far along the curve from low to high loss, in [0, 1]."""
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * self.k * (np.asarray(loss) - self.x0))))

    def coefficient_gradient(self, loss: npt.ArrayLike) -> Array:
        """Analytic d accuracy / d(coefficients), last axis in their order."""
        share = self.share(loss)
        steep = self.a * share * (1.0 - share)
        parts = (share, -steep * self.k, steep * (np.asarray(loss) - self.x0), np.ones_like(share))
        return np.stack(parts, axis=-1)


@dataclass(frozen=True)
class Exponential(Curve):
    """Average top-1 error of many tasks, eps - k exp(-gamma L)."""

    family: ClassVar[str] = "exponential-error"
    title: ClassVar[str] = "Gadre et al. 2024, arXiv:2403.08540"
    equation: ClassVar[str] = "error = eps - k exp(-gamma L)"
    positive: ClassVar[tuple[str, ...]] = ("k", "gamma")

    eps: float
    k: float
    gamma: float

    def error(self, loss: npt.ArrayLike) -> Array:
        """Share of wrong answers."""
        return np.asarray(self.eps - self.k * np.exp(-self.gamma * np.asarray(loss)))

    def accuracy(self, loss: npt.ArrayLike) -> Array:
        """Share of right answers."""
        return np.asarray(1.0 - self.error(loss))


@dataclass(frozen=True)
class Chain:
    """Both steps: sizes and tokens to a loss, the loss to an accuracy."""

    law: Law
    """In the unit of loss the curve takes."""
    curve: Curve

    def loss(self, n: npt.ArrayLike, tokens: npt.ArrayLike) -> Array:
        """Step 1; raises as `Law.loss`."""
        return self.law.loss(n, tokens)

    def accuracy(self, n: npt.ArrayLike, tokens: npt.ArrayLike) -> Array:
        """Both steps; raises as `Law.loss`."""
        return self.curve.accuracy(self.loss(n, tokens))
