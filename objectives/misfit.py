"""How badly a law's coefficients describe a table of training runs: the objective of a coefficient search."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from objectives.law_objectives import unknown_parameters
from objectives.laws.law import Array, Law
from objectives.objective import ClosedForm
from objectives.runs import Runs
from spaces.configs import Configs
from spaces.errors import Mistake

HUBER_DELTA = 1e-3
"""Hoffmann et al. 2022, App. D.2: residuals of log loss beyond this count linearly."""


@dataclass(frozen=True)
class Misfit(ClosedForm):
    """Summed Huber loss of log residuals of `law` on `runs` (Hoffmann et al. 2022, Eq. 3).

    A configuration holds the coefficients that vary; the others keep the values of `law`.
    """

    law: Law
    runs: Runs
    delta: float = HUBER_DELTA

    @property
    def metric(self) -> str:
        """The minimised metric is called `misfit`."""
        return "misfit"

    def unsuitable(self, parameters: Collection[str]) -> list[Mistake]:
        """Only coefficients of the law may vary."""
        return unknown_parameters(
            parameters, self.law.coefficient_names(), f"a coefficient of the {self.law.family} law"
        )

    def evaluate_many(self, configs: Configs) -> dict[str, npt.NDArray[np.float64]]:
        """The column misfit, shape (len(configs),); NaN where a prediction is not positive."""
        columns = {name: np.asarray(configs[name], dtype=np.float64)[:, None] for name in configs.columns}
        law = self.law.with_coefficients(columns)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            predicted = law.loss(*self.runs.inputs, **self.runs.extra_of(law))
            residual = np.log(predicted) - np.log(self.runs.loss)
        total = huber(np.atleast_2d(residual), self.delta).sum(axis=-1)
        return {self.metric: np.broadcast_to(total, (len(configs),))}


def huber(residual: Array, delta: float) -> Array:
    """Huber's loss: r^2/2 within delta, delta (|r| - delta/2) beyond. Any shape."""
    size = np.abs(residual)
    return np.where(size <= delta, 0.5 * residual**2, delta * (size - 0.5 * delta))
