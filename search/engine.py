"""The ask/tell contract every engine keeps, and everything about it that does not depend on the engine.

Contract:
- `ask(n)` returns n new suggestions. Each is legal in the space (conditions, forbidden clauses), satisfies
  the known constraint, and differs from every trial before it while the space has another configuration.
- An engine's state is a function of (space, seed, options, events): after `replay` of the same events the
  next `ask` returns what the unbroken engine would have returned. Randomness of trial k comes from
  `default_rng([seed, k])` and nowhere else.
- `tell` and `tell_failure` take each outcome once, in order of arrival. Failures are learned from, never
  turned into a number by the caller.
- Trials asked and not yet told are pending: an engine takes them into account when asked again.
- Configurations given to it are asked first, in their order. Outcomes given to it are learned from like its
  own; their trials have numbers below 0 and are no suggestions.
- Asked under a worker's name, it first returns what that worker was given and has not told: one that died
  and comes back gets the same trial.
- Not thread-safe: one loop owns an engine.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from ConfigSpace import ConfigurationSpace

from search.candidates import Candidates
from search.history import History, Moment
from search.threads import one_thread
from search.trial import Asked, Done, Event, Failed, Given, Pruned, Suggestion, Trial
from spaces.configs import Config, Configs
from spaces.encoding import Encoder
from spaces.errors import BadInput, Infeasible, Mistakes

Constraint = Callable[[Configs], npt.ArrayLike]
"""Rows of configs -> which are feasible, shape (len(rows),)."""

MOST_OBJECTIVES = 6
"""With more, nearly every trial is on the front, and the volume below it takes minutes to compute."""

LARGEST = 1e100
"""Models see values cut to this size: the square of a larger one, such as the greatest float that some
programs report for a failure, overflows."""


class Engine(ABC):
    """Proposes configurations and learns from their values, which are minimised.

    Args:
        space: what may vary.
        seed: a non-negative integer; the same seed and events give the same suggestions.
        constraint: known constraint, honoured at proposal time; `None` where every legal configuration is
            feasible.
        objectives: how many values a trial is told, all of them minimised.
        reference: of several objectives, the point below which hypervolume counts; `None` in place of it, or
            of one of its numbers, leaves that to a rule (`search.pareto.reference_point`).
    """

    name: ClassVar[str]
    most_objectives: ClassVar[int] = 1
    """How many objectives it can search over."""
    foresees: ClassVar[bool] = False
    """Whether it has a model that says how much improvement to expect of its proposals."""

    def __init__(
        self,
        space: ConfigurationSpace,
        *,
        seed: int = 0,
        constraint: Constraint | None = None,
        objectives: int = 1,
        reference: Sequence[float | None] | None = None,
    ) -> None:
        self.space = space
        self.encoder = Encoder(space)
        self.seed = seed
        self.constraint = constraint
        self.objectives = objectives
        self.reference = reference
        self.history = History()
        self.candidates = Candidates(self.encoder, self.feasible, self.history)
        self._expected: float | None = None
        """Improvement expected of the last proposal; set by `_propose` where the engine foresees it."""
        self._foresight: tuple[Moment, Config, float | None] | None = None

    def ask(self, n: int = 1, *, worker: str | None = None) -> list[Suggestion]:
        """Propose n configurations; fewer where the space has no more.

        Args:
            n: how many.
            worker: a name. Suggestions made under it and not told yet come first, and count.

        Raises:
            Infeasible: no legal configuration satisfies the constraint, or every one has been asked.
            ValueError: n is negative.
        """
        if n < 0:
            raise ValueError(f"expected a count of suggestions, got {n}")
        held = [] if worker is None else self.history.pending_of(worker)[:n]
        suggestions = [Suggestion(trial.number, trial.config) for trial in held]
        while len(suggestions) < n:
            number = self.history.next_number
            try:
                config = self._planned(number) or self._foreseen(number)[0]
            except Infeasible:
                if suggestions:
                    break
                raise
            self.history.append(Asked(number, config, worker, self.cost_of(config)))
            suggestions.append(Suggestion(number, config))
        return suggestions

    def cost_of(self, config: Config) -> float | None:
        """What a trial costs beside a whole evaluation, where it is a cheaper one; by default none is."""
        del config
        return None

    def suggest_first(self, configs: Iterable[Config], *, source: str = "given") -> None:
        """Ask these configurations, in this order, before anything of its own.

        Args:
            configs: legal and feasible; one that has been asked already is left out.
            source: where they come from.

        Raises:
            BadInput: every mistake in them; none is taken then.
        """
        new: dict[bytes, Config] = {}
        found = Mistakes()
        for position, config in enumerate(configs):
            with found.within(f"configs[{position}]"):
                row = self._row_of(config)
                if not self.feasible(row).all():
                    raise BadInput.of("config", "a feasible configuration", config)
                if len(self.candidates.unasked(row)):
                    new.setdefault(row.tobytes(), config)
        found.settle()
        planned = {self._row_of(trial.config).tobytes() for trial in self.history.planned}
        for key, config in new.items():
            if key not in planned:
                self.history.append(Given(self.history.next_given, config, source))

    def tell_known(self, config: Config, value: float | Sequence[float], *, source: str = "given") -> None:
        """Learn the value of a configuration that was evaluated elsewhere; feasible or not.

        Raises:
            BadInput: the configuration is not one of the space.
            ValueError: a value is not finite, or there are not as many as objectives.
        """
        self._row_of(config)
        number = self.history.next_given
        done = self._done(number, value)
        if not np.isfinite(done.numbers).all():
            raise ValueError(f"a known configuration has the value {value}: not a number is a failure")
        self.replay([Given(number, config, source), done])

    def next_config(self) -> Config:
        """What the next `ask` returns, unless more is told before; raises `Infeasible` as `ask`."""
        planned = self.history.planned
        return planned[0].config if planned else self._foreseen(self.history.next_number)[0]

    def expected_improvement(self) -> float | None:
        """By how much the next suggestion is expected to beat the best value, in units of the values.

        `None` where no model says so: in the initial design, for configurations given, where nothing is left
        to ask, and for an engine that has none (see `foresees`). The next `ask` need not propose again.
        """
        if not self.foresees or self.history.planned:
            return None
        try:
            return self._foreseen(self.history.next_number)[1]
        except Infeasible:
            return None

    def _planned(self, number: int) -> Config | None:
        """The first of the configurations given, if there are any."""
        planned = self.history.planned
        if not planned:
            return None
        self._adopt(Trial(number, planned[0].config))
        return planned[0].config

    def _foreseen(self, number: int) -> tuple[Config, float | None]:
        """What the engine proposes next and the improvement it expects; made once for each state."""
        moment = self.history.moment
        if self._foresight is None or self._foresight[0] != moment:
            self._expected = None
            with one_thread():
                config = self._propose(number, np.random.default_rng([self.seed, number]))
            self._foresight = moment, config, self._expected
        return self._foresight[1:]

    def _row_of(self, config: Config) -> npt.NDArray[np.float64]:
        """The canonical row of a configuration, shape (1, d); raises `BadInput` if it is not of the space."""
        row = self.encoder.canonical(self.encoder.encode_many([config]))
        if not self.encoder.legal(row).all():
            raise BadInput.of("config", "a configuration that is not forbidden", config)
        return row

    def tell(self, suggestion: Suggestion | int, value: float | Sequence[float]) -> None:
        """Report the value of a suggestion, or the values of several objectives in their order.

        Raises:
            ValueError: a value is not finite, or there are not as many as objectives.
        """
        self._learn(self.history.append(self._done(_number(suggestion), value)))

    def _done(self, number: int, value: float | Sequence[float]) -> Done:
        values = np.atleast_1d(np.asarray(value, dtype=np.float64)).tolist()
        if len(values) != self.objectives:
            raise ValueError(f"expected {self.objectives} values, got {len(values)}")
        return Done(number, values[0]) if self.objectives == 1 else Done(number, values=tuple(values))

    def tell_failure(self, suggestion: Suggestion | int, reason: str) -> None:
        """Report that a suggestion has no value, and why."""
        self._learn(self.history.append(Failed(_number(suggestion), reason)))

    def replay(self, events: Iterable[Event]) -> None:
        """Take over a search from its events."""
        for event in events:
            if isinstance(event, Asked):
                self._adopt(Trial(event.number, event.config))
            trial = self.history.append(event)
            if isinstance(event, Done | Failed | Pruned):
                self._learn(trial)

    def best(self) -> Trial | None:
        """The done trial of least value, `None` before the first.

        Raises:
            ValueError: there are several objectives, and so no best trial but a `front`.
        """
        if self.objectives > 1:
            raise ValueError("several objectives have no best trial; ask for the front")
        return self.history.best

    def front(self) -> list[Trial]:
        """The done trials that no other dominates, in order of arrival; for one objective the best alone."""
        return self.history.front

    @abstractmethod
    def _propose(self, number: int, rng: np.random.Generator) -> Config:
        """The configuration of trial `number`, from `self.history` and `rng` alone."""

    @staticmethod
    def values(trials: Sequence[Trial]) -> npt.NDArray[np.float64]:
        """What trials teach (`Trial.lesson`) within `LARGEST`: (n,), or (n, k) where they have several."""
        told = [trial.lesson for trial in trials]
        return np.clip(np.array(told, dtype=np.float64), -LARGEST, LARGEST)

    def _adopt(self, trial: Trial) -> None:
        """A trial asked in an earlier life of this engine; override to keep derived state.

        The history is what `_propose` saw then: the trial is not in it yet.
        """

    def _learn(self, trial: Trial) -> None:
        """An outcome arrived and is in the history already; override to keep derived state."""

    def feasible(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which encoded rows, shape (n, d), are legal in the space and satisfy the known constraint."""
        legal = self.encoder.legal(rows)
        if self.constraint is not None and legal.any():
            configs = self.encoder.decode_many(rows[legal])
            legal[legal] = _verdicts(self.constraint(configs), len(configs))
        return legal


def _verdicts(answer: object, rows: int) -> npt.NDArray[np.bool_]:
    """What a constraint answered, checked: a user's function may return anything."""
    listed = list(answer) if isinstance(answer, Iterable) else answer
    verdicts = np.asarray(listed)
    if verdicts.shape != (rows,) or not np.isin(verdicts, (0, 1)).all():
        got = f"shape {verdicts.shape}, {str(listed)[:60]}"
        raise BadInput.of("constraint", f"{rows} truth values, one for each row", got)
    return verdicts.astype(np.bool_)


def _number(suggestion: Suggestion | int) -> int:
    return suggestion if isinstance(suggestion, int) else suggestion.number
