"""How badly a law's coefficients describe a table of training runs: the objective of a coefficient search."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from objectives.fit.losses import HUBER_DELTA, Huber
from objectives.law_objectives import unknown_parameters
from objectives.laws.law import Law
from objectives.objective import ClosedForm
from objectives.runs import Runs
from spaces.configs import Configs
from spaces.errors import Mistake


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
        total = Huber(self.delta).value(np.atleast_2d(residual)).sum(axis=-1)
        return {self.metric: np.broadcast_to(total, (len(configs),))}
