"""The native engine: Bayesian optimisation, written for cheap and exact answers.

A few points of a Sobol sequence, then at every ask: fit a surrogate to the trials told, let it believe its
own prediction for those still pending, and propose the feasible configuration of greatest expected
improvement, small where a failure is likely.
"""

import numpy as np
import numpy.typing as npt
from ConfigSpace import ConfigurationSpace

from search.acquisition import Acquisition
from search.engine import Constraint
from search.engines.sobol_engine import SobolEngine
from search.forest import Forest
from search.gaussian_process import GaussianProcess
from search.maximiser import Maximiser
from search.moves import Moves
from search.restarts import belongs, last_restart, restarting
from search.surrogates import ProcessFactory, forest
from search.trial import TrialState
from spaces.configs import Config
from spaces.encoding import Kind
from spaces.errors import BadInput, Mistake

Array = npt.NDArray[np.float64]

SURROGATES = "auto", "gp", "forest"


class NativeEngine(SobolEngine):
    """Bayesian optimisation with log expected improvement under the known constraint.

    Args:
        space: what may vary.
        seed: a non-negative integer.
        constraint: known constraint, honoured at proposal time.
        surrogate: "gp", a Gaussian process; "forest", randomised trees; "auto": trees where parameters are
            conditional, otherwise the process.
        initial_points: Sobol points before the first model, at least 2; dimensions + 2 where `None`.

    Raises:
        BadInput: an option of another value.
    """

    name = "native"

    def __init__(
        self,
        space: ConfigurationSpace,
        *,
        seed: int = 0,
        constraint: Constraint | None = None,
        surrogate: str = "auto",
        initial_points: int | None = None,
    ) -> None:
        super().__init__(space, seed=seed, constraint=constraint)
        mistakes = []
        if surrogate not in SURROGATES:
            mistakes.append(Mistake("engine.surrogate", " | ".join(SURROGATES), repr(surrogate)))
        if initial_points is not None and (type(initial_points) is not int or initial_points < 2):
            mistakes.append(
                Mistake("engine.initial_points", "an integer of at least 2", repr(initial_points))
            )
        if mistakes:
            raise BadInput(mistakes)
        kinds = [column.kind for column in self.encoder.columns]
        self._dimensions = len(kinds) - kinds.count(Kind.CONSTANT)
        self._initial = initial_points or self._dimensions + 2
        self._trees = surrogate == "forest" or (surrogate == "auto" and self.encoder.conditional)
        self._processes = ProcessFactory(np.array([kind is Kind.CATEGORICAL for kind in kinds]))
        self._maximiser = Maximiser(self.candidates, Moves(self.encoder, self.feasible))

    def _propose(self, number: int, rng: np.random.Generator) -> Config:
        """A Sobol point while there is too little to learn from, then the greatest acquisition."""
        stream = self._stream(number)
        ended = [trial for trial in self.history.ended if belongs(trial, stream)]
        done = [trial for trial in ended if trial.state is TrialState.DONE]
        if len(ended) < self._initial or len(done) < 2:
            return super()._propose(number, rng)
        values = self.values(done)
        rows = self.candidates.rows(done)
        incumbents = rows[np.argsort(values, kind="stable")]
        acquisition = self._acquisition(rows, values, stream, rng)
        return self.encoder.decode(self._maximiser.maximise(acquisition, incumbents, rng))

    def _stream(self, number: int) -> int | None:
        """Which trials teach the model of trial `number`: those since this one, or all."""
        if self._trees or not restarting(number):
            return None
        return last_restart(self.history.done, self._initial, self._dimensions)

    def _acquisition(
        self, rows: Array, values: Array, stream: int | None, rng: np.random.Generator
    ) -> Acquisition:
        """Log EI of a surrogate that knows these trials and believes in the pending ones."""
        surrogate: GaussianProcess | Forest
        if self._trees:
            surrogate = forest(rows, values, int(rng.integers(2**31)), self.encoder.active)
        else:
            surrogate = self._processes.make(rows, values, stream)
        surrogate = surrogate.believing(self.candidates.rows(self.history.pending))
        success = None
        if self.history.failed:
            ended = self.history.ended
            labels = np.array([-1.0 if trial.state is TrialState.FAILED else 1.0 for trial in ended])
            success = self._processes.success(self.candidates.rows(ended), labels)
        return Acquisition(surrogate, float(surrogate.fitted.min()), success)
