"""The native engine: Bayesian optimisation, written for cheap and exact answers.

A few points about the default configuration (`search.initial_design`), then at every ask: fit a surrogate to
the trials told, let it believe its own prediction for those still pending, and propose the feasible
configuration of greatest expected improvement, small where a failure is likely. Beside a crowd of pending
trials one such look serves several asks (`search.batches`).
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from ConfigSpace import ConfigurationSpace

from search.batches import Batch, Batches
from search.candidates import Candidates
from search.engine import Constraint
from search.engines.sobol_engine import SobolEngine
from search.front_judgement import FrontJudge
from search.history import History, Moment
from search.initial_design import drawn_in, middle_of, share_of_box
from search.judgement import Evidence, Judge
from search.known_basins import SAMPLE, Basin, outside
from search.maximiser import Maximiser
from search.moves import Moves
from search.prior import Prior, PriorMean
from search.prior_basins import PriorScore, basins
from search.restarts import Restarts, restarting
from search.threads import one_thread
from search.trial import Trial
from spaces.configs import Config
from spaces.errors import BadInput, Infeasible, Mistake

Array = npt.NDArray[np.float64]

SURROGATES = "auto", "gp", "forest"


class NativeEngine(SobolEngine):
    """Bayesian optimisation with log expected improvement under the known constraint.

    Args:
        space: what may vary.
        seed: a non-negative integer.
        constraint: known constraint, honoured at proposal time.
        surrogate: "gp", a Gaussian process; "forest", randomised trees; "auto": the process, which was the
            better one on every space tried, conditional or not.
        initial_points: before the first model, at least 2; dimensions + 2 where `None`.
        prior: rows of configs -> what their values are believed to be, in any units, or None. The first trial
            is where it is least; a Gaussian process models what it leaves.

    Raises:
        BadInput: an option of another value.
    """

    name = "native"
    foresees = True

    def __init__(
        self,
        space: ConfigurationSpace,
        *,
        seed: int = 0,
        constraint: Constraint | None = None,
        surrogate: str = "auto",
        initial_points: int | None = None,
        objectives: int = 1,
        reference: Sequence[float | None] | None = None,
        prior: PriorMean | None = None,
    ) -> None:
        super().__init__(space, seed=seed, constraint=constraint, objectives=objectives, reference=reference)
        mistakes = []
        if surrogate not in SURROGATES:
            mistakes.append(Mistake("engine.surrogate", " | ".join(SURROGATES), repr(surrogate)))
        if initial_points is not None and (type(initial_points) is not int or initial_points < 2):
            mistakes.append(
                Mistake("engine.initial_points", "an integer of at least 2", repr(initial_points))
            )
        if prior is not None and objectives > 1:
            mistakes.append(Mistake("prior", "none with several objectives", "one"))
        if mistakes:
            raise BadInput(mistakes)
        self._dimensions = len(self.encoder.varying)
        self._initial = initial_points or self._dimensions + 2
        self._trees = surrogate == "forest"
        self._prior = None if prior is None else Prior(prior, self.encoder)
        self._prior_basins: Array | None = None
        if objectives > 1:
            self._judge: Judge = FrontJudge(self.encoder, trees=self._trees, reference=reference)
        else:
            self._judge = Judge(self.encoder, trees=self._trees, prior=self._prior)
        self._moves = Moves(self.encoder, self.feasible)
        self._batches = Batches()
        self._prepared: tuple[Batch, dict[int, Array]] | None = None
        self._restarts = Restarts(self._initial, self._dimensions)
        self._basins: list[Basin] = []
        """Where searches have settled, one after another."""

    def _propose(self, number: int, rng: np.random.Generator) -> Config:
        """The initial design while there is too little to learn from, then the greatest acquisition."""
        if number == 0 and self._prior is not None:
            return self._believed(self._prior, rng)
        if not self._taught():
            return self._designed(number, rng)
        batch = self._batches.of(number, self.history.moment)
        if batch.size > 1:
            row = self._rows_of(batch).get(number)
        else:
            found = self._look(self.history, self.candidates, self._stream(number, batch.moment), 1, rng)
            row = None if found is None else found[0]
        if row is None or not len(self.candidates.unasked(row[None, :])):  # asked by the batch's other part
            return super()._propose(number, rng)
        return self.encoder.decode(row)

    def _designed(self, number: int, rng: np.random.Generator) -> Config:
        """A point of the initial design; of the plain sequence where it is complete and not all has ended."""
        if self._prior is not None or self.objectives > 1 or number >= self._initial:
            return super()._propose(number, rng)
        return self.encoder.decode(self.candidates.draw(self.design(), 1)[0])

    def design(self) -> Callable[[int], Array]:
        """The points of the initial design from the first on: n -> the next n rows, shape (n, d)."""
        share = share_of_box(self._initial, self._dimensions)
        return drawn_in(self._sequence(), self.encoder, middle_of(self.encoder), share)

    def _believed(self, prior: Prior, rng: np.random.Generator) -> Config:
        """Where the prior is least."""
        score = PriorScore(prior, smooth=bool(self._moves.floats.any()))
        return self.encoder.decode(
            Maximiser(self.candidates, self._moves).maximise(score, self._hints(), 1, rng)[0]
        )

    def _hints(self) -> Array:
        """The floors of the prior's basins, found once; no rows without a prior."""
        if self._prior_basins is None:
            rng = np.random.default_rng([self.seed, 0])
            none = np.empty((0, len(self.encoder.columns)))
            self._prior_basins = none if self._prior is None else basins(self._prior, self._moves, rng)
        return self._prior_basins

    def _adopt(self, trial: Trial) -> None:
        if self._taught():
            self._batches.of(trial.number, self.history.moment)

    def _learn(self, trial: Trial) -> None:
        if self._trees or self.objectives > 1:
            return
        best = self._restarts.learn(trial, self.history.moment.ended, self.history.next_number)
        if best is not None:
            with one_thread():
                self._basins.append(self._basin(best))

    def _basin(self, best: Trial) -> Basin:
        """The basin of a search that has just settled."""
        (centre,) = self.candidates.rows([best])
        rng = np.random.default_rng([self.seed, self.history.moment.ended])
        try:
            sample = self.candidates.random(SAMPLE, rng)
        except Infeasible:  # nothing is left to be asked
            sample = centre[None, :]
        lengthscales = self._judge.lengthscales(Evidence.of(self.history, self.candidates))
        return Basin.about(centre, lengthscales, self.encoder.categorical, sample)

    def _taught(self) -> bool:
        """Whether there is enough to learn from."""
        return self.history.moment.ended >= self._initial and self.history.counts[0] >= 2

    def _rows_of(self, batch: Batch) -> dict[int, Array]:
        """The rows of a batch by number; not all numbers have one where a restart knows too little."""
        if self._prepared is None or self._prepared[0] != batch:
            history, candidates = self.history, self.candidates
            if history.moment != batch.moment:  # resumed inside the batch
                history = self.history.at(batch.moment)
                candidates = Candidates(self.encoder, self.feasible, history)
            rng = np.random.default_rng([self.seed, batch.first])
            rows: dict[int, Array] = {}
            for stream, numbers in self._parts(batch).items():
                found = self._look(history, candidates, stream, len(numbers), rng)
                rows.update(zip(numbers, () if found is None else found, strict=False))
            self._prepared = batch, rows
        return self._prepared[1]

    def _parts(self, batch: Batch) -> dict[int, list[int]]:
        """The numbers of a batch by their stream, that of all trials first."""
        parts: dict[int, list[int]] = {}
        for number in sorted(range(batch.first, batch.first + batch.size), key=restarting):
            parts.setdefault(self._stream(number, batch.moment), []).append(number)
        return parts

    def _stream(self, number: int, moment: Moment) -> int:
        """How many of the basins trial `number` keeps out of."""
        return self._restarts.settled(moment.ended) if restarting(number) else 0

    def _look(
        self, history: History, candidates: Candidates, stream: int, count: int, rng: np.random.Generator
    ) -> Array | None:
        """At most `count` rows of great acquisition; `None` where the stream has too little to learn from."""
        evidence, hints = Evidence.of(history, candidates), self._hints()
        if stream:
            elsewhere = partial(outside, self._basins[:stream])
            candidates = candidates.within(elsewhere)
            evidence, hints = evidence.among(elsewhere(evidence.rows)), hints[elsewhere(hints)]
        if len(evidence.values) < 2:
            return None
        acquisition = self._judge.acquisition(evidence, stream, rng)
        incumbents = self._judge.incumbents(evidence, rng)
        maximiser = Maximiser(candidates, Moves(self.encoder, candidates.feasible))
        try:
            rows = maximiser.maximise(acquisition, incumbents, count, rng, hints)
        except Infeasible:  # the basins are all there is
            if not stream:
                raise
            return None
        if not stream:  # a restart knows only its own best value
            self._expected = self._judge.gain(acquisition, rows[:1], evidence, stream)
        return rows
