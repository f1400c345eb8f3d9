"""The forms a forecast chooses from, in coordinates a fit can use: two laws of the schedule, four baselines.

All inputs are scaled (`objectives.curves.inputs`) and positive coefficients are fitted by their logarithms.
Priors are part of a form: what the beginning of a curve cannot show (how much a decay will gain) comes from
published fits. They are assumptions and reported as such; finished curves of the same family correct the
forecast they lead to (`objectives.curves.correction`).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from objectives.curves.annealing import annealing
from objectives.curves.inputs import MEMORY, Inputs
from objectives.curves.multi_power import multi_power
from objectives.laws.law import Array

FREE = 50.0
"""Standard deviation of a coordinate about which nothing is assumed."""
LOGS = (-30.0, 30.0)
"""Bounds of the logarithm of a coefficient: as good as zero, and beyond any loss."""
STEEPEST = 5.0
"""Upper bound of the logarithm of an exponent or a rate about which nothing is assumed: steeper is a step."""


@dataclass(frozen=True, eq=False)
class Prior:
    """Independent normal distributions of a form's coordinates, of shape (p,)."""

    mean: Array
    deviation: Array

    @property
    def bounds(self) -> tuple[Array, Array]:
        """What a fit may try: a first coordinate from 0 on, and logarithms that can be told from a step."""
        lower, upper = (np.full(len(self.mean), end) for end in LOGS)
        lower[0], upper[0] = 0.0, np.inf
        upper[2:] = np.where(self.deviation[2:] < FREE, upper[2:], STEEPEST)
        return lower, upper


@dataclass(frozen=True)
class CurveForm(ABC):
    """A formula for a loss curve. Coordinates: the first coefficient as it is, the others by their logs."""

    name: ClassVar[str]
    equation: ClassVar[str]
    coefficients: ClassVar[tuple[str, ...]]
    scheduled: ClassVar[bool] = False
    """Whether it knows about the learning rate."""
    assumed: ClassVar[str] = ""
    """What the published priors say, in words."""

    def evaluate(self, theta: Array, inputs: Inputs) -> tuple[Array, Array]:
        """Losses (B, R) and derivatives (B, R, p) by the coordinates theta (B, p)."""
        natural = self.natural(theta)
        value, jacobian = self._formula(natural, inputs)
        jacobian[..., 1:] *= natural[:, None, 1:]
        return value, jacobian

    def natural(self, theta: Array) -> Array:
        """Coefficients of coordinates."""
        return np.concatenate([theta[:, :1], np.exp(theta[:, 1:])], axis=1)

    @abstractmethod
    def _formula(self, natural: Array, inputs: Inputs) -> tuple[Array, Array]:
        """Losses and derivatives by the coefficients themselves."""

    def prior(self, loss: float, memory: float, now: float) -> Prior:
        """What is assumed without finished curves: by default nothing.

        Args:
            loss: the last one measured.
            memory: see `Inputs`.
            now: unit of time.
        """
        del loss, memory, now
        size = len(self.coefficients)
        return Prior(np.zeros(size), np.full(size, FREE))

    @abstractmethod
    def starts(self, loss: Array, inputs: Inputs, prior: Prior) -> Array:
        """Coordinates to start a fit from, (S, p)."""


FLOORS = (0.2, 0.5, 0.75, 0.9)
"""Irreducible loss at the starts, as a share of the least loss."""


@dataclass(frozen=True)
class PowerLaw(CurveForm):
    """A power of time."""

    name = "power"
    equation = "L = L0 + A t^-alpha"
    coefficients = ("L0", "A", "alpha")

    def _formula(self, natural: Array, inputs: Inputs) -> tuple[Array, Array]:
        floor, amplitude, power = (natural[:, j, None] for j in range(3))
        falling = inputs.share ** (-power)
        parts = (np.ones_like(falling), falling, -amplitude * falling * np.log(inputs.share))
        return floor + amplitude * falling, np.stack(parts, axis=-1)

    def starts(self, loss: Array, inputs: Inputs, prior: Prior) -> Array:
        """Several floors, exponents a half and a quarter."""
        return _starts(loss, [[np.log(power)] for power in (0.25, 0.5)])


@dataclass(frozen=True)
class Exponential(CurveForm):
    """An exponential of time."""

    name = "exponential"
    equation = "L = L0 + A exp(-k t)"
    coefficients = ("L0", "A", "k")

    def _formula(self, natural: Array, inputs: Inputs) -> tuple[Array, Array]:
        floor, amplitude, rate = (natural[:, j, None] for j in range(3))
        falling = np.exp(-rate * inputs.share)
        parts = (np.ones_like(falling), falling, -amplitude * falling * inputs.share)
        return floor + amplitude * falling, np.stack(parts, axis=-1)

    def starts(self, loss: Array, inputs: Inputs, prior: Prior) -> Array:
        """Several floors, one and four times around by now."""
        return _starts(loss, [[np.log(rate)] for rate in (1.0, 4.0)])


@dataclass(frozen=True)
class Reciprocal(CurveForm):
    """A hyperbola of time."""

    name = "reciprocal"
    equation = "L = L0 + A / (1 + k t)"
    coefficients = ("L0", "A", "k")

    def _formula(self, natural: Array, inputs: Inputs) -> tuple[Array, Array]:
        floor, amplitude, rate = (natural[:, j, None] for j in range(3))
        falling = 1.0 / (1.0 + rate * inputs.share)
        parts = (np.ones_like(falling), falling, -amplitude * falling**2 * inputs.share)
        return floor + amplitude * falling, np.stack(parts, axis=-1)

    def starts(self, loss: Array, inputs: Inputs, prior: Prior) -> Array:
        """Several floors, slow and quick."""
        return _starts(loss, [[np.log(rate)] for rate in (2.0, 20.0)])


@dataclass(frozen=True)
class LastValue(CurveForm):
    """Nothing changes any more."""

    name = "last-value"
    equation = "L = the last loss measured"
    coefficients = ("L0",)

    def _formula(self, natural: Array, inputs: Inputs) -> tuple[Array, Array]:
        value = natural[:, 0, None] + 0.0 * inputs.share
        return value, np.ones_like(value)[..., None]

    def starts(self, loss: Array, inputs: Inputs, prior: Prior) -> Array:
        """The last loss."""
        return np.array([[loss[-1]]])


@dataclass(frozen=True)
class Annealing(CurveForm):
    """Tissue's law."""

    name = "annealing"
    equation = "L = L0 + A S1^-alpha - C S2"
    coefficients = ("L0", "A", "alpha", "C")
    scheduled = True
    assumed = (
        "a decay of the whole peak gains 3.8 % of the loss (x/ 1.5) and alpha is .5 (x/ 1.3), as in the fits "
        "of Tissue et al. 2024 and Luo et al. 2025"
    )

    def _formula(self, natural: Array, inputs: Inputs) -> tuple[Array, Array]:
        return annealing(natural, inputs.flat_area, inputs.annealed)

    def prior(self, loss: float, memory: float, now: float) -> Prior:
        """Published: see `assumed`."""
        mean = np.array([0.0, 0.0, np.log(0.5), np.log(0.038 * loss)])
        return Prior(mean, np.array([FREE, FREE, 0.25, 0.4]))

    def starts(self, loss: Array, inputs: Inputs, prior: Prior) -> Array:
        """Several floors; the rest as the prior says."""
        return _starts(loss, [list(prior.mean[2:])])


@dataclass(frozen=True)
class MultiPower(CurveForm):
    """Luo's law."""

    name = "multi-power"
    equation = "L = L0 + A S1^-alpha - B sum of drops G(rate^-gamma S), G(x) = 1 - (1 + C x)^-beta"
    coefficients = ("L0", "A", "alpha", "B", "C", "beta", "gamma")
    scheduled = True
    assumed = (
        "a decay of the whole peak gains 4.4 % of the loss (x/ 1.5), alpha is .46 (x/ 1.3), and beta, gamma "
        "and C are about those of the three fits of Luo et al. 2025"
    )

    def _formula(self, natural: Array, inputs: Inputs) -> tuple[Array, Array]:
        return multi_power(natural, inputs.area, inputs.drops)

    def prior(self, loss: float, memory: float, now: float) -> Prior:
        """Published: see `assumed`; C is .115 per step at the peak."""
        speed = 0.115 * MEMORY * now / memory
        mean = np.array([0.0, 0.0, *np.log([0.46, 0.044 * loss, speed, 0.59, 0.64])])
        return Prior(mean, np.array([FREE, FREE, 0.25, 0.4, 0.3, 0.1, 0.1]))

    def starts(self, loss: Array, inputs: Inputs, prior: Prior) -> Array:
        """Several floors; the rest as the prior says."""
        return _starts(loss, [list(prior.mean[2:])])


def _starts(loss: Array, others: list[list[float]]) -> Array:
    """Floors crossed with other coordinates; the amplitude brings the last loss about right."""
    least = float(loss.min())
    return np.array(
        [
            [share * least, np.log(max(loss[-1] - share * least, 1e-3)), *rest]
            for share in FLOORS
            for rest in others
        ]
    )


FORMS: dict[str, CurveForm] = {
    form.name: form
    for form in (Annealing(), MultiPower(), PowerLaw(), Exponential(), Reciprocal(), LastValue())
}
"""By name, in the order of reports."""
BASELINES = tuple(name for name, form in FORMS.items() if not form.scheduled)


def coefficients_of(
    form: CurveForm, theta: Array, rate: float, now: float, memory: float
) -> dict[str, float]:
    """Coefficients in the units of the paper: rates as they are, time in steps or tokens.

    Args:
        form: their form.
        theta: coordinates, shape (p,).
        rate: the peak.
        now: unit of time of the fit.
        memory: see `Inputs`.
    """
    found: dict[str, Any] = dict(zip(form.coefficients, form.natural(theta[None])[0], strict=True))
    if isinstance(form, PowerLaw):
        found["A"] *= now ** found["alpha"]
    if isinstance(form, Exponential | Reciprocal):
        found["k"] /= now
    if isinstance(form, Annealing):
        found["A"] *= (rate * now) ** found["alpha"]
        found["C"] /= rate * memory
    if isinstance(form, MultiPower):
        found["A"] *= (rate * now) ** found["alpha"]
        found["B"] /= rate
        found["C"] *= rate ** (found["gamma"] - 1.0) / now
    return {name: float(value) for name, value in found.items()}
