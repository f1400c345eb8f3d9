"""The one loop of every search: ask, journal, run, journal, tell.

A trial is in the journal before it is submitted, and its outcome before the engine hears of it; so a search
that is cut off anywhere goes on from its journal as if nothing had happened. What was running then is run
again, first, with the same number, configuration and seed.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from objectives.objective import ClosedForm, Metrics, Objective
from objectives.reporting import Reporter, ReportingObjective
from runners.backend import Backend, Outcome, Partial, Status, Task, deaf
from runners.backends.inline import InlineBackend
from runners.dispatch import Dispatch
from runners.interrupts import Interrupts
from runners.jobs.aims import Aim
from runners.journal import Journal
from runners.partials import Partials
from runners.records import Note, Retried, Stopped
from runners.verdicts import Attempts, Policy, judged, reason, verdict
from runners.walltime import Walltime
from runners.worker import execute, worker_name
from search.engine import Engine
from search.history import History
from search.pruning import PruningRule
from search.stopping import StoppingRules
from search.trial import Ending, Trial
from spaces.configs import Config, Configs
from spaces.errors import Infeasible

_SYNC_SECONDS = 0.1
"""How often trials of a closed form are synced to disk; after a power cut they are soon computed again."""

_ASK_SECONDS = 0.01
"""How long the first of several free workers may wait while trials for the others are asked."""


def run_search(
    *,
    engine: Engine,
    objective: Objective,
    backend: Backend,
    journal: Journal,
    evaluations: int,
    seed: int,
    aims: Sequence[Aim] | None = None,
    parallel: int | None = 1,
    timeout: float | None = None,
    memory: int | None = None,
    policy: Policy | None = None,
    pruning: PruningRule | None = None,
    walltime: Walltime | None = None,
    rules: StoppingRules | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[History], None] = lambda history: None,
) -> History:
    """Run a search to its end, or go on with one.

    A closed form on the inline backend is evaluated here, `parallel` trials at a time: one write to the
    journal for each batch, many batches for each sync. Anything else becomes one task a trial, `parallel` of
    them in flight; no free worker waits for another to finish.

    Args:
        engine: new, without trials; it is given those of the journal.
        objective: its known constraint is the engine's business.
        backend: where trials run. It stays open, except after an interrupt.
        journal: of this job.
        evaluations: how many trials to ask for in all, those in the journal included.
        aims: the metrics that are minimised or maximised, as many as the engine has objectives; the
            objective's own where `None`.
        seed: of the search; trial k is evaluated with a seed derived from (seed, k).
        parallel: how many trials may be pending at a time, at least 1; `None` for as many as the backend
            has slots.
        timeout: seconds one trial may take.
        memory: bytes one trial may take.
        policy: which trials are tried again, and which end the search.
        pruning: which running trials are stopped, by what they report.
        walltime: what is left of the run's time; no trial begins that would not end within it.
        rules: end the search early; what ends it is journalled, and holds for a resumed search too as long as
            it has the same rule.
        stop: when it returns true, no more trials begin; those running are awaited.
        progress: is told the history at the start and after every outcome.

    Returns:
        The engine's history. It holds fewer trials than asked for where the space has no more, or a rule,
        `stop`, the policy or the wall time said so.

    Raises:
        Infeasible: the space has not a single feasible configuration.
        KeyboardInterrupt: on SIGINT or SIGTERM; everything that has finished is in the journal, and the
            workers are stopped.
        BackendGone: likewise, and the backend cannot go on.
    """
    engine.replay(journal.events)
    progress(engine.history)
    with Interrupts() as interrupts:
        search = _Search(
            engine,
            objective,
            journal,
            evaluations,
            seed,
            interrupts,
            progress,
            policy or Policy(),
            Rules(rules or StoppingRules(), engine, journal),
            aims or (Aim(objective.metric),),
        )
        time_left = walltime or Walltime()
        if isinstance(objective, ClosedForm) and isinstance(backend, InlineBackend):
            try:
                _run_batches(search, objective, parallel or 1, lambda: stop() or time_left.too_short())
            finally:
                journal.sync()
        else:
            _Trials(search, backend, parallel, _Limits(timeout, memory), time_left, pruning).run(stop)
    return engine.history


def trial_seed(seed: int, number: int) -> int:
    """The seed of trial `number`, below 2**32: the same whenever, wherever and how often it is run."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


@dataclass(frozen=True)
class _Limits:
    """What one trial may take; `None` means no limit."""

    timeout: float | None = None
    memory: int | None = None


class Rules:
    """Stopping rules over a search and its journal.

    Args:
        rules: that may end the search.
        engine: has the trials of the journal.
        journal: of the search; a rule of this job that held in an earlier run holds for good.
    """

    def __init__(self, rules: StoppingRules, engine: Engine, journal: Journal) -> None:
        self._rules, self._engine, self._journal = rules, engine, journal
        names = rules.names()
        self._held = any(isinstance(each, Stopped) and each.rule in names for each in journal.records)
        self._earlier = engine.history.seconds_run
        self._began = time.monotonic()

    def hold(self) -> bool:
        """Whether a rule has ended the search; the first time it does, the journal is told."""
        if not self._held:
            stop = self._rules.met(self._engine, self._earlier + time.monotonic() - self._began)
            if stop is not None:
                self._journal.append(Stopped(stop.rule, stop.text))
                self._held = True
        return self._held


@dataclass
class _Search:
    """A search and its record: what both ways of running trials share."""

    engine: Engine
    objective: Objective
    journal: Journal
    evaluations: int
    seed: int
    interrupts: Interrupts
    progress: Callable[[History], None]
    policy: Policy
    rules: Rules
    aims: Sequence[Aim]
    ended: bool = False
    """No more trials begin: the space has no more, or one stopped the search."""

    @property
    def history(self) -> History:
        return self.engine.history

    def over(self) -> bool:
        """Whether no more trials begin."""
        if not self.ended and self.history.asked < self.evaluations:
            self.ended = self.rules.hold()
        return self.ended

    def ask(self) -> Trial | None:
        """A new trial, or `None` where there shall or can be no more; the caller journals it."""
        if self.ended or self.history.asked >= self.evaluations:
            return None
        try:
            (suggestion,) = self.engine.ask(1)
        except Infeasible as error:
            if not len(self.history):
                raise
            self.ended = True
            self.note(Note(f"ended after {self.history.asked} trials: {error}"))
            return None
        return self.history[suggestion.number]

    def task(self, trial: Trial, number: int, limits: _Limits | None = None) -> Task:
        """The evaluation of a trial."""
        limits = limits or _Limits()
        arguments = (self.objective, trial.config, trial_seed(self.seed, trial.number))
        reports = isinstance(self.objective, ReportingObjective) and self.objective.reports
        call = _evaluate_reporting if reports else _evaluate
        return Task(number, call, arguments, limits.timeout, limits.memory, reports)

    def verdict(self, trial: Trial, outcome: Outcome) -> Ending:
        """The event of a judged outcome that is final; it may also end the search."""
        if outcome.status in self.policy.stop_on:
            self.ended = True
            self.note(Note(f"stopped by trial {trial.number}: {reason(outcome)}", trial.number))
        return verdict(trial.number, outcome, self.aims)

    def note(self, note: Note) -> None:
        """Journal a remark, unless an earlier run of this search left it already."""
        if note not in self.journal.records:
            self.journal.append(note)

    def tell(self, outcomes: Sequence[Ending]) -> None:
        """The engine learns journalled outcomes, as whole events: its history equals the journal's."""
        self.engine.replay(outcomes)
        self.progress(self.history)


def _evaluate(objective: Objective, config: Config, seed: int) -> Metrics:
    """What a worker runs."""
    return objective.evaluate(config, seed=seed)


def _evaluate_reporting(
    objective: ReportingObjective, config: Config, seed: int, report: Reporter
) -> Metrics:
    """What a worker runs where the objective reports on the way."""
    return objective.run(config, seed=seed, report=report)


def _run_batches(search: _Search, objective: ClosedForm, size: int, stop: Callable[[], bool]) -> None:
    """Evaluate a closed form in this process, a batch at a time.

    Batches end at multiples of their size, so a search cut off inside one goes on with the same batches.
    """
    batch, synced = search.history.pending, time.monotonic()
    while batch or not (stop() or search.over()):
        asked = []
        while (not batch or search.history.asked % size) and (trial := search.ask()):
            batch.append(trial)
            asked.append(trial.begun)
        if not batch:
            return
        outcomes = _evaluated(search, objective, batch)
        with search.interrupts.held():
            search.journal.write(*asked, *outcomes)
            if time.monotonic() - synced > _SYNC_SECONDS:
                search.journal.sync()
                synced = time.monotonic()
            search.tell(outcomes)
        batch = []


def _evaluated(search: _Search, objective: ClosedForm, batch: Sequence[Trial]) -> list[Ending]:
    """The outcomes of a batch; where it fails as a whole, row by row, so that each has its own reason."""
    started = time.time()
    try:
        columns = objective.evaluate_many(Configs.from_rows([trial.config for trial in batch]))
        rows = [{name: column[index] for name, column in columns.items()} for index in range(len(batch))]
    except Exception:
        outcomes = [execute(search.task(trial, trial.number)) for trial in batch]
    else:
        times = (started, time.time(), worker_name())
        numbered = zip(batch, rows, strict=True)
        outcomes = [Outcome(trial.number, Status.OK, row, None, *times) for trial, row in numbered]
    return [
        search.verdict(trial, judged(outcome, search.aims))
        for trial, outcome in zip(batch, outcomes, strict=True)
    ]


class _Trials(Dispatch[Trial]):
    """Trials as tasks of a backend."""

    def __init__(
        self,
        search: _Search,
        backend: Backend,
        parallel: int | None,
        limits: _Limits,
        walltime: Walltime,
        pruning: PruningRule | None,
    ) -> None:
        super().__init__(backend, search.interrupts, walltime, parallel)
        self._search = search
        self._limits = limits
        self._partials = Partials(search.engine, search.journal, pruning)
        self._end_stopped()
        self._again = deque(search.history.pending)
        self._attempts: defaultdict[int, Attempts] = defaultdict(lambda: Attempts(search.policy))
        for record in search.journal.records:
            if isinstance(record, Retried):
                self._attempts[record.number].again(Status(record.status))

    def run(self, stop: Callable[[], bool]) -> None:
        """As `Dispatch.run`, and listen to what trials report."""
        self._backend.listen(self._hear)
        try:
            super().run(stop)
        finally:
            self._backend.listen(deaf)

    def _hear(self, partial: Partial) -> None:
        trial = self._running.get(partial.number)
        partial = replace(partial, value=self._search.aims[0].cost(partial.value))
        if trial is not None:
            with self._interrupts.held():
                if self._partials.take(trial.number, partial):
                    self._backend.stop(partial.number)

    def _end_stopped(self) -> None:
        """End the trials that an earlier run of this search decided to stop, and did not see end."""
        ends = [self._partials.pruned(trial.number) for trial in self._search.history.pending]
        pruned = [end for end in ends if end is not None]
        if pruned:
            with self._interrupts.held():
                self._search.journal.append(*pruned)
                self._search.tell(pruned)

    def _next(self, most: int) -> list[Trial]:
        """A trial to be run again, or new ones, journalled in one go: as many as are asked in a moment."""
        if self._search.ended:
            return []
        if self._again:
            return [self._again.popleft()]
        if self._search.over():
            return []
        trials: list[Trial] = []
        enough = time.monotonic() + _ASK_SECONDS
        while len(trials) < most and (trial := self._search.ask()):
            trials.append(trial)
            if time.monotonic() > enough:
                break
        if trials:
            with self._interrupts.held():
                self._search.journal.append(*[trial.begun for trial in trials])
        return trials

    def _task(self, work: Trial, number: int) -> Task:
        return self._search.task(work, number, self._limits)

    def _take(self, ended: Sequence[tuple[Trial, Outcome]]) -> None:
        """Journal and tell what ended; a trial that gets another attempt is put aside."""
        final: list[Ending] = []
        for trial, unjudged in ended:
            outcome = judged(unjudged, self._search.aims)
            pruned = None if outcome.status is Status.OK else self._partials.pruned(trial.number, outcome)
            if pruned is not None:
                self._attempts.pop(trial.number, None)
                final.append(pruned)
            elif self._attempts[trial.number].again(outcome.status):
                self._search.journal.append(_retried(trial, outcome))
                self._again.append(trial)
            else:
                del self._attempts[trial.number]
                final.append(self._search.verdict(trial, outcome))
        if final:
            self._search.journal.append(*final)
            self._search.tell(final)


def _retried(trial: Trial, outcome: Outcome) -> Retried:
    times = (outcome.started, outcome.ended, outcome.worker)
    return Retried(trial.number, outcome.status.value, str(outcome.error), *times)
