"""One fit as the solver sees it: runs, a law's form, a loss, and coordinates that are free numbers.

Positive coefficients are fitted as logarithms, the others as they are. Coefficients may be held at a value,
or tied to another. Residuals are predicted minus observed, of the log loss (Hoffmann et al. 2022, Eq. 3) or
of the loss itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from objectives.fit.forms import Form
from objectives.fit.losses import Huber, Loss
from objectives.laws.law import Array, Count, Law
from objectives.runs import Runs
from spaces.errors import BadInput, Mistake, one_of


class Residual(StrEnum):
    """What is compared."""

    LOG = "log"
    RAW = "raw"


@dataclass(frozen=True, eq=False)
class Estimation:
    """Everything a fit minimises, as a function of coordinates theta of shape (B, p).

    Raises:
        BadInput: a name in `held` or `tied` that is not a coefficient.
    """

    form: Form
    runs: Runs
    loss: Loss = field(default_factory=Huber)
    residual: Residual = Residual.LOG
    held: Mapping[str, float] = field(default_factory=dict)
    """Coefficient -> the value it is held at."""
    tied: Mapping[str, str] = field(default_factory=dict)
    """Coefficient -> the free one it equals."""
    count: Count = Count.TOTAL
    """What the law's N counts, which the runs are stated in."""

    def __post_init__(self) -> None:
        names = self.names
        mistakes = [
            Mistake(f"{what}.{name}", one_of(names, name), name)
            for what, given in (("hold", self.held), ("tie", [*self.tied, *self.tied.values()]))
            for name in given
            if name not in names
        ]
        mistakes += [
            Mistake(f"tie.{name}", "a coefficient that is neither held nor tied itself", other)
            for name, other in self.tied.items()
            if other in self.tied or other in self.held or name in self.held
        ]
        if self.form.chart and (self.held or self.tied):
            law, given = self.form.law.family, ", ".join([*self.held, *self.tied])
            mistakes.append(
                Mistake("hold", f"none: coefficients of the {law} law are fitted together", given)
            )
        if mistakes:
            raise BadInput(mistakes)

    @property
    def names(self) -> tuple[str, ...]:
        """All coefficients of the law."""
        return self.form.law.coefficient_names()

    @cached_property
    def free(self) -> tuple[str, ...]:
        """The coefficients behind the coordinates, or the coordinates of the form's chart, in their order."""
        if self.form.chart:
            return self.form.chart.names
        return tuple(name for name in self.names if name not in self.held and name not in self.tied)

    @cached_property
    def log_observed(self) -> Array:
        """Logarithm of the measured losses, shape (R,)."""
        return np.asarray(np.log(self.runs.loss))

    def require_enough_runs(self) -> None:
        """Raise `BadInput` where there are fewer runs than free coefficients."""
        if len(self.runs) < len(self.free):
            law, needed = self.form.law.family, len(self.free)
            expected = f"at least as many as the {needed} free coefficients of the {law} law"
            raise BadInput.of("runs", expected, f"{len(self.runs)} runs")

    @property
    def bounds(self) -> tuple[Array, Array]:
        """Lower and upper bounds of the coordinates, shape (p,) each."""
        ends = np.array([self.form.bounds(name) for name in self.free]).reshape(-1, 2)
        logs = np.array([self._is_log(name) for name in self.free], dtype=bool)[:, None]
        with np.errstate(divide="ignore"):
            ends = np.where(logs, np.log(np.maximum(ends, LEAST)), ends)
        return ends[:, 0], ends[:, 1]

    def coefficients(self, theta: Array) -> dict[str, Array]:
        """Coefficients by name at coordinates (B, p), each of shape (B,)."""
        if self.form.chart:
            return dict(zip(self.names, self.form.chart.coefficients(theta).T, strict=True))
        values = {
            name: np.exp(theta[:, j]) if self._is_log(name) else theta[:, j]
            for j, name in enumerate(self.free)
        }
        held = {name: np.full(len(theta), value) for name, value in self.held.items()}
        known = values | held
        return {name: known[self.tied.get(name, name)] for name in self.names}

    def coordinates(self, coefficients: Mapping[str, npt.ArrayLike]) -> Array:
        """The inverse of `coefficients`, shape (B, p)."""
        if self.form.chart:
            given = [np.atleast_1d(np.asarray(coefficients[name], dtype=np.float64)) for name in self.names]
            return self.form.chart.coordinates(np.stack(np.broadcast_arrays(*given), axis=-1))
        columns = [np.atleast_1d(np.asarray(coefficients[name], dtype=np.float64)) for name in self.free]
        with np.errstate(divide="ignore"):
            logs = [
                np.log(np.maximum(column, LEAST)) if self._is_log(name) else column
                for name, column in zip(self.free, columns, strict=True)
            ]
        return np.stack(np.broadcast_arrays(*logs), axis=-1)

    def law(self, theta: Array) -> Law:
        """Many laws in one: coefficients of shape (B, 1), which broadcast against columns of runs."""
        columns = (column[:, None] for column in self.coefficients(theta).values())
        return self.form.law(*columns, count=self.count, unit=self.runs.unit)

    def predicted(self, theta: Array) -> Array:
        """Losses of all runs, shape (B, R)."""
        return self.law(theta).loss(*self.runs.inputs, **self.runs.extra_of(self.form.law))

    def __call__(self, theta: Array) -> tuple[Array, Array]:
        """Residuals (B, R) and their Jacobian by the coordinates (B, R, p)."""
        law, extra = self.law(theta), self.runs.extra_of(self.form.law)
        predicted = law.loss(*self.runs.inputs, **extra)
        slopes = law.coefficient_gradient(*self.runs.inputs, **extra) @ self._chain(theta)
        if self.residual == Residual.RAW:
            return predicted - self.runs.loss, slopes
        return np.log(predicted) - self.log_observed, slopes / predicted[:, :, None]

    def objective(self, theta: Array, weights: Array | None = None) -> Array:
        """Summed loss at coordinates (B, p), shape (B,); infinite where a prediction has no value."""
        with np.errstate(all="ignore"):
            predicted = self.predicted(theta)
            r = predicted - self.runs.loss
            if self.residual == Residual.LOG:
                r = np.log(predicted) - self.log_observed
            total = (self.loss.value(r) * (1.0 if weights is None else weights)).sum(axis=1)
        return np.where(np.isfinite(total), total, np.inf)

    def holding(self, name: str, value: float) -> Self:
        """The same fit with one more coefficient held."""
        return replace(self, held={**self.held, name: value})

    def on(self, runs: Runs) -> Self:
        """The same fit on other runs."""
        return replace(self, runs=runs)

    def _is_log(self, name: str) -> bool:
        return name in self.form.positive

    def _chain(self, theta: Array) -> Array:
        """Derivatives of the coefficients by the coordinates, shape (B, P, p)."""
        if self.form.chart:
            return self.form.chart.slopes(theta)
        coefficients = self.coefficients(theta)
        chain = np.zeros((len(theta), len(self.names), len(self.free)))
        for row, name in enumerate(self.names):
            source = self.tied.get(name, name)
            if source in self.free:
                slope = coefficients[source] if self._is_log(source) else 1.0
                chain[:, row, self.free.index(source)] = slope
        return chain


LEAST = 1e-12
"""The least a positive coefficient may become; a fit that gets here says the coefficient is at its bound."""
