"""scikit-optimize behind our contract, with ytopt's vocabulary and defaults.

What differs from `skopt.Optimizer` (0.10.2):

- Only feasible candidates compete: the acquisition is minimised over a sample of the feasible part of the
  space that holds no earlier trial, so that no duplicate has to be replaced by a random point.
- The Gaussian process descends from its best candidates as in skopt, under a constraint too (where skopt
  only samples); of the ends, the feasible ones compete.
- Trials that wait for their value are told the liar's constant, in whichever order they end, as in ytopt.
- A failure is told the worst value seen: learned from, never the best, and no sentinel that bends the scale.
- Initial designs are enlarged until enough of their points are feasible.
- Each trial has its own generator, so that a resumed search goes on as the unbroken one would have.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from ConfigSpace import ConfigurationSpace

from search.candidates import Rows
from search.engine import Constraint, Engine
from search.engines.skopt_options import check_options
from search.trial import Trial
from spaces.configs import Config
from spaces.errors import BadInput

if TYPE_CHECKING:
    from search.engines.skopt_model import Surrogate

Array = npt.NDArray[np.float64]

HEDGED = ("EI", "LCB", "PI")
"""The portfolio of gp_hedge."""

WIDEST_DESIGN = {"sobol": 40, "grid": 8}
"""Parameters beyond which skopt's generator stops, or fills the memory with at least 2^d points."""

LARGEST_DESIGN = 64
"""Points drawn per initial point wanted before the rest is drawn at random."""


class SkoptEngine(Engine):
    """scikit-optimize with ytopt's learners, acquisitions and liars.

    Args:
        space: what may vary.
        seed: a non-negative integer.
        constraint: known constraint.
        learner: RF, ET, GBRT, GP, or DUMMY (random search).
        acquisition: LCB, EI, PI, or gp_hedge: one of the three, drawn by the softmax of their gains so far.
        liar: what pending trials are told: cl_min, cl_mean or cl_max of the values seen.
        kappa: standard deviations in LCB.
        xi: improvement asked for by EI and PI, in units of the value.
        initial_points: trials before the learner is used.
        initial_generator: random, sobol, halton, hammersly, lhs or grid.
        pool: feasible rows among which the acquisition is minimised.

    Raises:
        BadInput: an option outside its domain.
    """

    name = "skopt"

    def __init__(
        self,
        space: ConfigurationSpace,
        *,
        seed: int = 0,
        constraint: Constraint | None = None,
        learner: str = "RF",
        acquisition: str = "gp_hedge",
        liar: str = "cl_max",
        kappa: float = 1.96,
        xi: float = 0.01,
        initial_points: int = 10,
        initial_generator: str = "random",
        pool: int = 10_000,
    ) -> None:
        chosen = {
            "learner": learner,
            "acquisition": acquisition,
            "liar": liar,
            "initial_generator": initial_generator,
        }
        check_options(chosen, {"kappa": kappa, "xi": xi}, {"initial_points": initial_points, "pool": pool})
        super().__init__(space, seed=seed, constraint=constraint)
        self._check_width(initial_generator)
        from search.engines.skopt_model import Acquisition, Features  # a second to import

        names = HEDGED if acquisition == "gp_hedge" else (acquisition,)
        self._acquisitions = [Acquisition(name, kappa, xi) for name in names]
        self._hedge = Hedge() if acquisition == "gp_hedge" else None
        self._learner, self._liar, self._pool = learner, liar, pool
        self._initial_points, self._generator = initial_points, initial_generator
        self._features = Features(self.encoder)
        self._design: Rows | None = None

    def _propose(self, number: int, rng: np.random.Generator) -> Config:
        del number
        row = self._learned(rng) if self._taught() else self._initial(rng)
        return self.encoder.decode_many(row)[0]

    def _adopt(self, trial: Trial) -> None:
        """Repeat the proposal: the gains of gp_hedge depend on what each acquisition had wanted then."""
        if self._hedge is not None and self._taught():
            self._learned(np.random.default_rng([self.seed, trial.number]))

    def _taught(self) -> bool:
        """Whether the learner has enough to go on."""
        enough = len(self.history) >= self._initial_points and self.history.best is not None
        return enough and self._learner != "DUMMY"

    def _initial(self, rng: np.random.Generator) -> Rows:
        """The next feasible row of the initial design, a random one where it has no more; shape (1, d)."""
        if self._generator != "random":
            if self._design is None:
                self._design = self._designed()
            left = self.candidates.fresh(self._design)
            if len(left):
                return left[:1]
        return self.candidates.random(1, rng)

    def _designed(self) -> Rows:
        """A design with enough feasible points, in random order: any of them may be left out at its end."""
        from search.engines.skopt_design import design

        rng = np.random.default_rng(self.seed)
        wanted = count = self._initial_points
        while True:
            points = design(self._generator, count, len(self.encoder.columns), int(rng.integers(2**31)))
            rows = self.encoder.canonical(points)
            rows = rows[self.feasible(rows)]
            if len(rows) >= wanted or count >= LARGEST_DESIGN * wanted:
                rng.shuffle(rows)
                return rows
            count *= 2

    def _learned(self, rng: np.random.Generator) -> Rows:
        """The row that minimises the acquisition under what was told so far, shape (1, d)."""
        from search.engines.skopt_model import Surrogate

        pool = self._candidates(rng)
        rows, values = self._told()
        surrogate = Surrogate(self._learner, self._features, rows, values, int(rng.integers(2**31)))
        choices = surrogate.minimisers(self._acquisitions, pool, self.candidates.fresh)
        if self._hedge is None:
            return choices
        self._hedge.reward(surrogate, len(self.history.ended))
        return self._hedge.choose(choices, rng)

    def _candidates(self, rng: np.random.Generator) -> Rows:
        """Feasible new rows to choose among, shape (n, d): of one draw, unless most of it is of no use."""
        rows = self.candidates.fresh(self.encoder.random(self._pool, rng))
        return rows if 2 * len(rows) >= self._pool else self.candidates.random(self._pool, rng)

    def _told(self) -> tuple[Rows, Array]:
        """Rows of all trials and what the learner is told of them, shapes (n, d) and (n,)."""
        done = [trial for trial in self.history.ended if trial.lesson is not None]
        failed, pending = self.history.failed, self.history.pending
        values = self.values(done)
        values = np.append(values, np.full(len(failed), values.max()))
        lie = {"cl_min": values.min(), "cl_mean": values.mean(), "cl_max": values.max()}[self._liar]
        return self.candidates.rows([*done, *failed, *pending]), np.append(values, np.full(len(pending), lie))

    def _check_width(self, generator: str) -> None:
        widest = WIDEST_DESIGN.get(generator, len(self.encoder.columns))
        if len(self.encoder.columns) > widest:
            got = f"{generator} over {len(self.encoder.columns)} parameters"
            raise BadInput.of("engine.initial_generator", f"lhs, halton, or at most {widest} parameters", got)


class Hedge:
    """gp_hedge: which of several acquisitions to follow, by what following each would have gained.

    When an outcome has arrived, every acquisition gains minus the value now predicted at the point it wanted
    last. One is drawn with probability softmax(gains) (Hoffman, Brochu and de Freitas 2011, "Portfolio
    allocation for Bayesian optimization", with eta = 1 as in skopt).
    """

    def __init__(self) -> None:
        self._gains = np.zeros(len(HEDGED))
        self._wanted: Rows | None = None
        self._outcomes = 0

    def reward(self, surrogate: "Surrogate", outcomes: int) -> None:
        """Add up the gains; `outcomes` is how many have arrived in the search."""
        if self._wanted is not None and outcomes > self._outcomes:
            self._gains -= surrogate.predict(self._wanted)[0]
        self._outcomes = outcomes

    def choose(self, wanted: Rows, rng: np.random.Generator) -> Rows:
        """One of the rows the acquisitions want, shape (3, d) -> (1, d)."""
        self._wanted = wanted
        weights = np.exp(self._gains - self._gains.max())
        return wanted[[rng.choice(len(wanted), p=weights / weights.sum())]]
