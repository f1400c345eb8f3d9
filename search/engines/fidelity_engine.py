"""Multi-fidelity search: the native engine at the target, told by cheaper evaluations where to look.

One parameter of the space is a fidelity: tokens, steps, the size of a proxy. What is looked for is the best
configuration at its upper bound, the target; only evaluations there can be the best.

1. A design is evaluated at the lowest fidelity, for the cost of one whole evaluation at most.
2. The native engine searches at the target. Cheap values are followed while they foretell those at the target
   better than these foretell each other (`search.fidelity_model`). Then they are its prior mean, and it needs
   but the first points of its own design, which are those of the cheap one.
3. While they are followed, looks come before each evaluation at the target: the configuration that promises
   most by all values, at the lowest fidelity that takes away half of the variance at the target (in the way
   of Kandasamy et al. 2017, "Multi-fidelity Bayesian optimisation with continuous approximations"), until
   it is well known or looks have cost half of a whole evaluation.

So cheap values that are never followed cost their design: the search at the target is the native one.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from ConfigSpace import ConfigurationSpace

from search.candidates import Candidates, Rows
from search.engine import LARGEST, Constraint
from search.engines.native_engine import NativeEngine
from search.engines.sobol_engine import SobolEngine
from search.fidelity import Fidelity, cheap, cost_since_whole, target_events, value_of
from search.fidelity_model import FidelityModel, lifted
from search.gaussian_process import GaussianProcess
from search.judgement import Evidence, Judge
from search.maximiser import Maximiser
from search.moves import Moves
from search.trial import Trial, TrialState
from spaces.configs import Config
from spaces.errors import BadInput, Infeasible

Array = npt.NDArray[np.float64]

LEVELS = 9
"""Fidelities looked at, evenly spaced on the parameter's own scale, the target among them."""
DESIGN_COST, DESIGN_SIZE = 1.0, 8
"""Most that the design costs, in whole evaluations, and most trials of it for each of dimensions + 1."""
COMPARED = 3
"""Values at the target before cheap ones are followed."""
LOOKS_COST = 0.5
"""Most that looks at lower fidelities cost between two evaluations at the target."""


class FidelityEngine(SobolEngine):
    """Bayesian optimisation that learns from cheaper evaluations: fewer tokens, fewer steps, smaller models.

    Args:
        space: what may vary, the fidelity included; its upper bound is the target.
        seed: a non-negative integer.
        constraint: known constraint, honoured at proposal time at every fidelity.
        fidelity: name of the parameter, an unconditional range of numbers above 0.
        power: an evaluation costs (fidelity / target) ** power whole ones.
        initial_points: before the first model at the target, as of the native engine.

    Raises:
        BadInput: an option of another value.
    """

    name = "fidelity"
    foresees = True

    def __init__(
        self,
        space: ConfigurationSpace,
        *,
        seed: int = 0,
        constraint: Constraint | None = None,
        fidelity: str = "",
        power: float = 1.0,
        initial_points: int | None = None,
    ) -> None:
        super().__init__(space, seed=seed, constraint=constraint)
        self._fidelity = Fidelity.of(space, fidelity, power)
        self._initial = initial_points
        self._column = self.encoder.names.index(self._fidelity.name)
        self._top = self.encoder.columns[self._column].cell(self._fidelity.target)
        self._design_size = DESIGN_SIZE * len(self.encoder.varying)
        self._judge = Judge(self.encoder, trees=False)
        self._at_target = self._fidelity.at_target(space)
        self._moves = Moves(self.encoder, self._worthwhile)
        self._below = Candidates(self.encoder, self._worthwhile, self.history)
        self._exhausted = False
        """Whether there is nothing left to ask below the target: then it stays so."""
        self._first_points = self._native(None).design

    def cost_of(self, config: Config) -> float | None:
        """What an evaluation costs beside a whole one; `None` for a whole one."""
        return self._fidelity.cost(config)

    def tell_known(self, config: Config, value: float | Sequence[float], *, source: str = "given") -> None:
        """As every engine; of the target alone, for what nobody asked here has no cost.

        Raises:
            BadInput: the configuration is not one of the space, or not at the target.
            ValueError: a value is not finite.
        """
        self._row_of(config)
        if self.cost_of(config) is not None:
            name = self._fidelity.name
            raise BadInput.of(f"config.{name}", f"the target, {self._fidelity.target:g}", config[name])
        super().tell_known(config, value, source=source)

    def _propose(self, number: int, rng: np.random.Generator) -> Config:
        """The design, then what the search at the target asks, or a cheaper look at it."""
        below = cheap(self.history)
        if (row := self._design(below)) is not None:
            return self.encoder.decode(row)
        looked = [self._fidelity.raised(each.config) for each in below if each.state is TrialState.ASKED]
        model = self._model()
        followed = model if model is not None and self._borne_out(model) else None
        if followed is not None and (look := self._look(followed, rng)) is not None:
            return self.encoder.decode(look)
        native = self._native(followed)
        native.replay(target_events(self.history, looked))
        config = native.next_config()
        self._expected = native.expected_improvement()
        return config

    def _design(self, below: Sequence[Trial]) -> Array | None:
        """The next row of the design; `None` where it has ended, or the space has no such rows."""
        costs = [trial.cost or 0.0 for trial in below]
        if len(costs) >= self._design_size or sum(costs) + max(costs, default=0.0) > DESIGN_COST:
            return None
        if not self._exhausted:
            try:
                return np.asarray(self._below.draw(self._sunk_sequence(), 1)[0])
            except Infeasible:
                self._exhausted = True
        return None

    def _sunk_sequence(self) -> Callable[[int], Rows]:
        """The points of the native engine's design, each at its lowest feasible fidelity."""
        sequence = self._first_points()

        def sunk(n: int) -> Rows:
            rows = lifted(sequence(n), self._column, self._top)
            for cell in np.linspace(1.0, 0.0, LEVELS)[1:]:
                lower = self.encoder.canonical(lifted(rows, self._column, cell))
                rows = np.where(self.feasible(lower)[:, None], lower, rows)
            return rows

        return sunk

    def _worthwhile(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Which rows are below the target, and feasible there as where they are."""
        there = self.feasible(self.encoder.canonical(lifted(rows, self._column, self._top)))
        return (rows[:, self._column] < self._top) & there & self.feasible(rows)

    def _model(self) -> FidelityModel | None:
        """The model of all values; `None` where there are too few."""
        taught = [trial for trial in self.history.ended if value_of(trial) is not None]
        if sum(trial.cost is not None for trial in taught) < 2:
            return None
        rows = self.candidates.rows(taught)
        values = np.clip([value_of(trial) for trial in taught], -LARGEST, LARGEST)
        return FidelityModel.of(self.encoder, self._column, self._top, rows, values)

    def _borne_out(self, model: FidelityModel) -> bool:
        """Whether the cheap values are to be followed."""
        return self.history.counts[0] >= COMPARED and model.borne_out()

    def _native(self, followed: FidelityModel | None) -> NativeEngine:
        """The search at the target, before its first trial, and what it believes."""
        return NativeEngine(
            self._at_target,
            seed=self.seed,
            constraint=self.constraint,
            initial_points=self._initial if followed is None else COMPARED,
            prior=None if followed is None else followed.belief,
        )

    def _look(self, model: FidelityModel, rng: np.random.Generator) -> Array | None:
        """What promises most, at the lowest fidelity that informs; `None` where none does, or it is dear."""
        spent = cost_since_whole(self.history)
        if spent + self._fidelity.least_cost > LOOKS_COST:
            return None
        score = model.promise(self.candidates.rows(self.history.pending), self._success())
        try:
            row = Maximiser(self._below, self._moves).maximise(score, model.incumbents(), 1, rng)
        except Infeasible:  # all of a finite space was asked below the target
            return None
        for level in self._levels(row):
            if spent + (self.cost_of(self.encoder.decode(level)) or 0.0) > LOOKS_COST:
                return None
            if model.informative(level):
                return np.asarray(level)
        return None

    def _success(self) -> GaussianProcess | None:
        """The process over failures and successes at any fidelity; `None` before the first failure."""
        evidence = Evidence.of(self.history, self.candidates)
        return self._judge.success(replace(evidence, ended=lifted(evidence.ended, self._column, self._top)))

    def _levels(self, row: Array) -> Array:
        """A row (1, d) at its feasible lower fidelities, from the lowest up, shape (k, d)."""
        rows = np.repeat(row, LEVELS, axis=0)
        rows[:, self._column] = np.linspace(0.0, 1.0, LEVELS)
        return self._below.fresh(rows)
