"""The loop: what it journals, what it tells, and what it does after any interruption."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from ConfigSpace import CategoricalHyperparameter, ConfigurationSpace, Float

from objectives.objective import ClosedForm, Metrics, Objective, StopSearch, TrialFailed
from runners.backend import Backend, Outcome, Status, Task
from runners.backends.inline import InlineBackend
from runners.backends.process_pool import ProcessPoolBackend
from runners.journal import FILE, Journal, read
from runners.loop import run_search, trial_seed
from runners.records import Header, Note, Retried
from runners.verdicts import Policy
from runners.walltime import Walltime
from runners.worker import execute
from search.engine import Engine
from search.history import History
from search.stopping import NoChange, StoppingRules
from search.trial import Asked, Done
from spaces.configs import Config, Configs, Value
from spaces.errors import Infeasible

HEADER = Header("demo", "0123", 7)


class Follower(Engine):
    """Steps from the best trial so far: what it asks depends on all it was told, in order."""

    name = "follower"

    def _propose(self, number: int, rng: np.random.Generator) -> Config:
        best, told = self.history.best, len(self.history.ended)
        if number % 4 == 3:
            return {"x": float(rng.random())}
        centre = 0.5 if best is None else float(str(best.config["x"]))
        shift = 0.01 * told + 0.001 * len(self.history.pending)
        return {"x": float(abs(centre + 0.1 * rng.normal() + shift) % 1.0)}


@dataclass(frozen=True)
class Parabola(ClosedForm):
    """Least at 0.3; no value above 0.9."""

    def evaluate_many(self, configs: Configs) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
        x = configs["x"]
        return {"loss": np.where(x > 0.9, np.nan, (x - 0.3) ** 2), "x": np.where(x > 0.8, np.inf, x)}


@dataclass(frozen=True)
class Picky(Parabola):
    """Fails as a whole where any row is above 0.8."""

    def evaluate_many(self, configs: Configs) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
        if (configs["x"] > 0.8).any():
            raise ZeroDivisionError("x is above 0.8")
        return super().evaluate_many(configs)


@dataclass(frozen=True)
class Measured(Objective):
    """The same parabola as an expensive run; it also returns its seed."""

    seconds: float = 0.0

    def evaluate(self, config: Mapping[str, Value], *, seed: int) -> Metrics:
        time.sleep(self.seconds)
        x = float(str(config["x"]))
        if x > 0.9:
            raise TrialFailed("x is above 0.9")
        return {"loss": (x - 0.3) ** 2, "seed": float(seed)}


@dataclass(frozen=True)
class Returns(Objective):
    """Returns whatever it was made with."""

    result: Any = None

    def evaluate(self, config: Mapping[str, Value], *, seed: int) -> Metrics:
        result: Metrics = self.result
        return result


@dataclass
class Script(Backend):
    """A backend that ends tasks as a script says: for the n-th configuration it ends, how each time."""

    ends: Mapping[int, list[Status]] = field(default_factory=dict)
    size: int = 2
    submitted: list[tuple[Any, ...]] = field(default_factory=list)
    running: list[Task] = field(default_factory=list)
    most: int = 0
    tries: Counter[str] = field(default_factory=Counter)
    seen: list[str] = field(default_factory=list)

    @property
    def slots(self) -> int:
        return self.size

    def free(self) -> int:
        return self.size - len(self.running)

    def submit(self, task: Task) -> None:
        assert self.free()
        self.submitted.append(task.arguments)
        self.running.append(task)
        self.most = max(self.most, len(self.running))

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        task = self.running.pop()  # the youngest: a free slot must not wait for the oldest
        config = str(task.arguments[1])
        if config not in self.seen:
            self.seen.append(config)
        script = self.ends.get(self.seen.index(config), [])
        tried, self.tries[config] = self.tries[config], self.tries[config] + 1
        if tried < len(script):
            return [Outcome(task.number, script[tried], error="some reason")]
        return [execute(task)]

    def close(self) -> None:
        self.size = 0


@pytest.fixture
def space() -> ConfigurationSpace:
    return ConfigurationSpace(space=[Float("x", (0.0, 1.0))])


Search = Callable[..., History]


@pytest.fixture
def search(space: ConfigurationSpace, tmp_path: Path) -> Search:
    """Runs or resumes a search in the test's folder."""

    def run(objective: Objective, backend: Backend | None = None, **options: Any) -> History:
        options = {"evaluations": 20, "seed": 7, "folder": tmp_path / "job", "engine": None, **options}
        folder, engine = options.pop("folder"), options.pop("engine") or Follower(space, seed=7)
        with Journal.open(folder, HEADER) as journal:
            return run_search(
                engine=engine,
                objective=objective,
                backend=backend or InlineBackend(),
                journal=journal,
                **options,
            )

    return run


def shown(history: History) -> list[tuple[Any, ...]]:
    """What must not depend on when and where a search ran."""
    return [(t.number, t.config, t.state, t.value, t.metrics, t.reason) for t in history.trials]


@pytest.mark.parametrize("objective", [Parabola(), Measured()])
def test_the_journal_is_the_history(search: Search, tmp_path: Path, objective: Objective) -> None:
    history = search(objective, parallel=3)
    assert len(history.ended) == 20
    assert history.failed
    assert History(read(tmp_path / "job").events).trials == history.trials
    assert all(trial.started and trial.ended and trial.worker for trial in history.trials)


@pytest.mark.parametrize(("objective", "parallel"), [(Parabola(), 1), (Parabola(), 3), (Measured(), 1)])
def test_a_search_cut_anywhere_goes_on_as_if_unbroken(
    search: Search, tmp_path: Path, objective: Objective, parallel: int
) -> None:
    unbroken = search(objective, evaluations=8, parallel=parallel)
    lines = (tmp_path / "job" / FILE).read_bytes().splitlines(keepends=True)
    for kept in range(1, len(lines) + 1):
        folder = tmp_path / f"cut{kept}"
        folder.mkdir()
        (folder / FILE).write_bytes(b"".join(lines[:kept]) + (b'{"crc":' if kept % 2 else b""))
        again = search(objective, evaluations=8, parallel=parallel, folder=folder)
        assert shown(again) == shown(unbroken), kept
        assert (folder / FILE).read_bytes().startswith(b"".join(lines[:kept]))


RULES = StoppingRules(no_change=NoChange(3))


@pytest.mark.parametrize(("objective", "parallel"), [(Parabola(), 3), (Measured(), 2)])
def test_a_rule_ends_a_search_for_good_wherever_it_was_cut(
    search: Search, tmp_path: Path, objective: Objective, parallel: int
) -> None:
    def rerun(folder: Path, **options: Any) -> History:
        return search(objective, Script(size=2) if parallel == 2 else None, folder=folder, **options)

    options: dict[str, Any] = {"evaluations": 40, "parallel": parallel, "rules": RULES}
    unbroken = rerun(tmp_path / "job", **options)
    assert len(unbroken.ended) < 40
    lines = (tmp_path / "job" / FILE).read_bytes().splitlines(keepends=True)
    (place,) = [n for n, line in enumerate(lines) if b'"kind":"stopped"' in line]
    for kept in range(place, len(lines) + 1):  # what ran when the rule came to hold ends all the same
        folder = tmp_path / f"cut{kept}"
        folder.mkdir()
        (folder / FILE).write_bytes(b"".join(lines[:kept]))
        assert shown(rerun(folder, **options)) == shown(unbroken), kept
    without = rerun(tmp_path / "job", **{**options, "rules": StoppingRules(value=-1.0)})
    assert len(without.ended) == 40


def test_a_finished_search_is_not_evaluated_again(search: Search, tmp_path: Path) -> None:
    first = search(Measured())
    before = (tmp_path / "job" / FILE).read_bytes()
    assert search(Returns("nothing of this kind")).trials == first.trials
    assert (tmp_path / "job" / FILE).read_bytes() == before


def test_a_search_may_be_extended(search: Search) -> None:
    search(Parabola(), evaluations=5)
    longer = search(Parabola(), evaluations=12)
    assert len(longer.ended) == 12


def test_a_batch_of_a_closed_form_is_one_write(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[int] = []
    real = Journal.write

    def counted(self: Journal, *records: Any) -> None:
        writes.append(len(records))
        real(self, *records)

    monkeypatch.setattr(Journal, "write", counted)
    search(Parabola(), evaluations=20, parallel=8)
    assert writes == [16, 16, 8]


def test_rows_without_a_value_are_failures_with_a_reason(search: Search) -> None:
    history = search(Parabola(), evaluations=60)
    assert history.failed
    assert all(trial.reason == "loss is nan" for trial in history.failed)
    assert all("x" in trial.metrics or float(str(trial.config["x"])) > 0.8 for trial in history.done)


def test_a_batch_that_fails_as_a_whole_is_tried_row_by_row(search: Search) -> None:
    history = search(Picky(), evaluations=60, parallel=20)
    assert history.done
    assert {trial.reason for trial in history.failed} == {"ZeroDivisionError: x is above 0.8"}
    assert all(float(str(trial.config["x"])) <= 0.8 for trial in history.done)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (float("nan"), "the objective returned float, not numbers by name"),
        (None, "the objective returned NoneType, not numbers by name"),
        ({}, "the objective returned no 'loss', only nothing"),
        ({"los": 1.0, "x": 2.0}, "the objective returned no 'loss', only 'los', 'x'"),
        ({"loss": float("nan")}, "loss is nan"),
        ({"loss": float("-inf")}, "loss is -inf"),
        ({"loss": "1.0"}, "loss is no number but str"),
        ({"loss": True}, "loss is no number but bool"),
        ({"loss": None}, "loss is no number but NoneType"),
    ],
)
def test_what_is_not_a_finite_number_is_a_failure(search: Search, result: Any, reason: str) -> None:
    (trial,) = search(Returns(result), evaluations=1).trials
    assert (trial.state, trial.reason) == ("failed", reason)


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.int64(2)])
def test_numbers_of_any_kind_are_kept_as_floats(search: Search, value: Any) -> None:
    (trial,) = search(Returns({"loss": value, "gap": float("inf"), "label": "a"}), evaluations=1).trials
    assert (trial.value, trial.metrics) == (2.0, {"loss": 2.0})


def test_every_trial_has_a_seed_of_its_own_whoever_runs_it(search: Search) -> None:
    history = search(Measured(), Script(size=4), parallel=4)
    seeds = {trial.number: trial.metrics["seed"] for trial in history.done}
    assert seeds == {number: trial_seed(7, number) for number in seeds}
    assert len(set(seeds.values())) == len(seeds)
    assert trial_seed(7, 0) != trial_seed(8, 0)


CRASHED, LOST = Status.CRASHED, Status.LOST


@pytest.mark.parametrize(
    ("ends", "state", "reason", "attempts"),
    [
        ([CRASHED], "done", None, 2),
        ([CRASHED, CRASHED], "failed", "crashed: some reason", 2),
        ([LOST] * 5, "done", None, 6),
        ([LOST] * 6, "failed", "lost: some reason", 6),
        ([LOST, CRASHED, LOST], "done", None, 4),
        ([Status.TIMEOUT], "failed", "timeout: some reason", 1),
        ([Status.FAILED], "failed", "some reason", 1),
    ],
)
def test_the_retry_policy(
    search: Search, tmp_path: Path, ends: list[Status], state: str, reason: str | None, attempts: int
) -> None:
    backend = Script({0: ends})
    history = search(Measured(), backend, evaluations=4, parallel=2)
    trial = next(trial for trial in history.trials if str(trial.config) == backend.seen[0])
    assert (trial.state, trial.reason) == (state, reason)
    assert backend.tries[backend.seen[0]] == attempts
    retried = [record for record in read(tmp_path / "job").records if isinstance(record, Retried)]
    assert [record.number for record in retried] == [trial.number] * (attempts - 1)
    assert [record.status for record in retried] == ends[: attempts - 1]
    assert len(history.ended) == 4


TEMPORARY, TIMEOUT, MEMORY, FAILED = Status.TEMPORARY, Status.TIMEOUT, Status.MEMORY, Status.FAILED


@pytest.mark.parametrize(
    ("retries", "ends", "state", "attempts"),
    [
        ({TIMEOUT: 2}, [TIMEOUT, TIMEOUT], "done", 3),
        ({TIMEOUT: 2}, [TIMEOUT] * 3, "failed", 3),
        ({MEMORY: 1, FAILED: 1}, [MEMORY, FAILED], "done", 3),
        ({CRASHED: 0}, [CRASHED], "failed", 1),
        ({TEMPORARY: 1}, [TEMPORARY, CRASHED], "failed", 2),
    ],
)
def test_a_job_says_which_ends_are_temporary(
    search: Search, retries: dict[Status, int], ends: list[Status], state: str, attempts: int
) -> None:
    backend = Script({0: ends})
    history = search(Measured(), backend, evaluations=4, parallel=2, policy=Policy(retries))
    trial = next(trial for trial in history.trials if str(trial.config) == backend.seen[0])
    assert (trial.state, backend.tries[backend.seen[0]]) == (state, attempts)


def test_a_result_that_is_no_number_is_a_failure_to_the_policy_too(search: Search, tmp_path: Path) -> None:
    history = search(Returns({"loss": float("nan")}), evaluations=1, policy=Policy({FAILED: 2}))
    assert [trial.reason for trial in history.failed] == ["loss is nan"]
    retried = [record for record in read(tmp_path / "job").records if isinstance(record, Retried)]
    assert [record.reason for record in retried] == ["loss is nan"] * 2


@dataclass(frozen=True)
class Stops(Measured):
    """Says at once that nothing can succeed."""

    def evaluate(self, config: Mapping[str, Value], *, seed: int) -> Metrics:
        raise StopSearch("the data set is not there")


def test_a_trial_may_stop_the_search_and_resuming_goes_on(search: Search, tmp_path: Path) -> None:
    history = search(Stops(), Script(size=3), parallel=3)
    assert len(history) == 3, "no more were asked"
    assert {trial.reason for trial in history.failed} == {"stop: the data set is not there"}
    assert len(history.failed) == 3, "those that ran were awaited"
    notes = [record.text for record in read(tmp_path / "job").records if isinstance(record, Note)]
    assert notes[0].endswith(": stop: the data set is not there")
    assert len(search(Measured()).ended) == 20


def test_an_end_that_the_job_names_stops_the_search(search: Search) -> None:
    backend = Script({2: [TIMEOUT]}, size=1)
    policy = Policy(stop_on=frozenset({TIMEOUT}))
    history = search(Measured(), backend, policy=policy)
    assert len(history) == 3
    assert history[2].reason == "timeout: some reason"


def test_attempts_are_counted_on_when_a_search_is_resumed(search: Search, tmp_path: Path) -> None:
    with Journal.open(tmp_path / "job", HEADER) as journal:
        journal.append(Asked(0, {"x": 0.5}), Retried(0, "crashed", "some reason"))
    history = search(Measured(), Script({0: [CRASHED]}), evaluations=1)
    assert history[0].reason == "crashed: some reason", "it had crashed once before"


class Hours(Script):
    """Each task takes an hour of a clock that the test looks at."""

    hours = 0.0

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        began = self.hours
        self.hours += 1.0
        return [replace(each, started=began, ended=self.hours) for each in super().wait(timeout)]


def test_no_trial_begins_that_would_not_end_within_the_wall_time(search: Search) -> None:
    backend = Hours(size=1)
    walltime = Walltime(5.5, lambda: backend.hours)
    history = search(Measured(), backend, walltime=walltime)
    assert (len(history.ended), len(history.pending)) == (5, 0)
    assert walltime.was_short
    assert len(search(Measured()).ended) == 20


def test_what_runs_when_the_wall_time_is_over_is_given_up_and_run_again(search: Search) -> None:
    with ProcessPoolBackend(2) as backend:
        while backend.free() < 2:
            backend.wait()
        history = search(Measured(60.0), backend, evaluations=4, parallel=2, walltime=Walltime(0.5))
        assert backend.slots == 0, "the workers were stopped"
    assert (len(history.ended), len(history.pending)) == (0, 2)
    assert len(search(Measured(), evaluations=4).ended) == 4


def test_the_wall_time_ends_a_search_over_a_closed_form_too(search: Search) -> None:
    ticks = iter(range(1000))
    history = search(Parabola(), evaluations=500, walltime=Walltime(9.5, lambda: float(next(ticks))))
    assert 0 < len(history) < 20
    assert not history.pending


def test_as_many_trials_as_asked_for_are_in_flight_and_no_slot_waits_for_a_batch(search: Search) -> None:
    backend = Script(size=5)
    history = search(Measured(), backend, evaluations=30, parallel=3)
    assert backend.most == 3
    assert [trial.number for trial in history.ended[-2:]] == [1, 0], "the oldest ran all the time"


def test_trials_that_were_running_are_run_first_and_unchanged(search: Search, tmp_path: Path) -> None:
    asked: list[Asked] = [Asked(number, {"x": 0.1 * number}) for number in range(4)]
    with Journal.open(tmp_path / "job", HEADER) as journal:
        journal.append(*asked, Done(1, 0.5))
    backend = Script(size=3)
    history = search(Measured(), backend, evaluations=8, parallel=3)
    resubmitted = [(arguments[1], arguments[2]) for arguments in backend.submitted[:3]]
    assert resubmitted == [(asked[n].config, trial_seed(7, n)) for n in (0, 2, 3)]
    assert [history[number].config for number in range(4)] == [each.config for each in asked]
    assert history[1].value == 0.5


def test_a_space_that_runs_out_ends_the_search_with_what_it_has(search: Search, tmp_path: Path) -> None:
    class Finite(Engine):
        name: ClassVar[str] = "finite"

        def _propose(self, number: int, rng: np.random.Generator) -> Config:
            if number == 3:
                raise Infeasible("every configuration has been asked")
            return {"x": number / 10}

    finite = ConfigurationSpace(space=[CategoricalHyperparameter("x", [0.0, 0.1, 0.2])])
    for objective in (Parabola(), Measured()):
        folder = tmp_path / type(objective).__name__
        for _ in range(2):  # resuming does not repeat the note
            history = search(objective, folder=folder, engine=Finite(finite), parallel=2)
            assert len(history.ended) == 3
        notes = [record for record in read(folder).records if isinstance(record, Note)]
        assert notes == [Note("ended after 3 trials: every configuration has been asked")]


def test_a_space_with_nothing_feasible_is_an_error(search: Search) -> None:
    class Never(Engine):
        name: ClassVar[str] = "never"

        def _propose(self, number: int, rng: np.random.Generator) -> Config:
            raise Infeasible("no configuration satisfies the constraints")

    space = ConfigurationSpace(space=[Float("x", (0.0, 1.0))])
    for objective in (Parabola(), Measured()):
        with pytest.raises(Infeasible, match="no configuration"):
            search(objective, engine=Never(space))


@pytest.mark.parametrize("objective", [Parabola(), Measured()])
def test_stopping_asks_no_more_and_awaits_what_runs(search: Search, objective: Objective) -> None:
    ended: list[int] = []
    backend = InlineBackend() if isinstance(objective, ClosedForm) else Script(size=3)
    history = search(
        objective,
        backend,
        parallel=3,
        stop=lambda: len(ended) > 3,
        progress=lambda history: ended.append(len(history.ended)),
    )
    assert 3 <= len(history) < 20
    assert not history.pending


def test_progress_is_told_at_the_start_and_after_every_outcome(search: Search) -> None:
    told: list[int] = []
    search(Measured(), evaluations=3, progress=lambda history: told.append(len(history.ended)))
    search(Measured(), evaluations=5, progress=lambda history: told.append(len(history.ended)))
    assert told == [0, 1, 2, 3, 3, 4, 5]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_everything_on_disk(search: Search, tmp_path: Path, number: int) -> None:
    backend = ProcessPoolBackend(2)
    enough = threading.Event()

    def interrupt() -> None:
        enough.wait(60)
        os.kill(os.getpid(), number)

    def progress(history: History) -> None:
        if len(history.ended) >= 4:
            enough.set()

    killer = threading.Thread(target=interrupt)
    killer.start()
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        search(Measured(0.05), backend, evaluations=10_000, parallel=2, progress=progress)
    killer.join()
    assert signal.getsignal(number) is before
    assert backend.free() == backend.slots == 0
    cut = History(read(tmp_path / "job").events)
    assert len(cut.ended) >= 4
    assert len(cut.pending) <= 2
    whole = search(Measured(), evaluations=len(cut) + 2)
    assert [whole[trial.number] for trial in cut.ended] == cut.ended
    assert len(whole.ended) == len(cut) + 2


def test_an_interrupt_of_an_objective_in_the_driver_is_not_its_failure(
    search: Search, tmp_path: Path
) -> None:
    class Interrupting(Measured):
        def evaluate(self, config: Mapping[str, Value], *, seed: int) -> Metrics:
            if len(read(tmp_path / "job").events) > 6:
                os.kill(os.getpid(), signal.SIGINT)
            return super().evaluate(config, seed=seed)

    with pytest.raises(KeyboardInterrupt):
        search(Interrupting())
    history = History(read(tmp_path / "job").events)
    assert not history.failed
    assert len(history.pending) == 1


def test_a_failure_in_a_worker_keeps_its_reason(search: Search) -> None:
    with ProcessPoolBackend(2) as backend:
        history = search(Measured(), backend, evaluations=20, parallel=2)
    assert {trial.reason for trial in history.failed} <= {"x is above 0.9"}
    assert len(history.ended) == 20


def test_loop_and_sweep_start_without_the_heavy_libraries() -> None:
    code = "import sys, runners.sweep, runners.loop, runners.backends.process_pool; print(*sys.modules)"
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    )
    assert "runners.loop" in loaded
    assert loaded.isdisjoint({"ray", "sklearn", "skopt", "matplotlib", "pandas"})
