"""Values on the way through a whole search: journalled, judged, and what becomes of stopped trials."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ConfigSpace import ConfigurationSpace, Float

from objectives.objective import Metrics
from objectives.reporting import Reporter, ReportingObjective
from runners.backend import Backend
from runners.backends.inline import InlineBackend
from runners.backends.process_pool import ProcessPoolBackend
from runners.backends.simulated import SimulatedBackend
from runners.journal import FILE, Journal, read
from runners.loop import run_search
from runners.records import Header, Pruning
from search.factory import make_engine
from search.history import History
from search.pruning import Halving, Median, PruningRule
from search.trial import TrialState
from spaces.configs import Value

STEPS = 20


@dataclass(frozen=True)
class Training(ReportingObjective):
    """A curve that falls to (x - 0.3)^2; above 0.95 it diverges."""

    seconds: float = 0.0

    def run(self, config: Mapping[str, Value], *, seed: int, report: Reporter) -> Metrics:
        x = float(str(config["x"]))
        for step in range(1, STEPS + 1):
            time.sleep(self.seconds)
            report(step, float("nan") if x > 0.95 and step > 3 else (x - 0.3) ** 2 + 1 / step)
        return {"loss": (x - 0.3) ** 2}


Search = Callable[..., History]


@pytest.fixture
def search(tmp_path: Path) -> Search:
    """Runs or resumes a search in the test's folder."""

    def run(
        rule: PruningRule | None = None,
        backend: Backend | None = None,
        folder: Path = tmp_path / "job",
        engine: str = "random",
        seconds: float = 0.0,
        **options: Any,
    ) -> History:
        space = ConfigurationSpace(space=[Float("x", (0.0, 1.0))])
        with Journal.open(folder, Header("demo", "0123", 7)) as journal:
            return run_search(
                engine=make_engine(engine, space, seed=7),
                objective=Training(seconds),
                backend=backend or InlineBackend(),
                journal=journal,
                pruning=rule,
                seed=7,
                **{"evaluations": 20, **options},
            )

    return run


def shown(history: History) -> list[tuple[Any, ...]]:
    """What must not depend on when and where a search ran."""
    return [
        (
            *(each.number, each.config, each.state, each.value, each.estimate, each.reason),
            [(report.step, report.value) for report in history.reports(each.number)],
        )
        for each in history.trials
    ]


def test_reports_are_in_the_journal_and_the_history(search: Search, tmp_path: Path) -> None:
    history = search(evaluations=6)
    again = History(read(tmp_path / "job").events)
    assert shown(again) == shown(history)
    assert all(len(history.reports(trial.number)) == STEPS for trial in history.done)
    assert all(report.at for report in history.reports(0))


def test_trials_above_the_median_are_stopped_and_the_best_is_kept(search: Search, tmp_path: Path) -> None:
    everything = search(folder=tmp_path / "all")
    history = search(Median(least=4, start=3))
    assert len(history.pruned) >= 5
    assert history.best == everything.best or history.best.config == everything.best.config  # type: ignore[union-attr]
    for trial in history.pruned:
        true = everything[trial.number].value
        assert true is not None
        assert trial.estimate == pytest.approx(max(true, _best_then(history, trial.number)), abs=1e-12)
        assert len(history.reports(trial.number)) < STEPS
        assert "above the median" in str(trial.reason)


def _best_then(history: History, number: int) -> float:
    """Values in this search are told in the order of their numbers."""
    return min(trial.value for trial in history.done if trial.number < number and trial.value is not None)


@pytest.mark.parametrize("engine", ["random", "native"])
def test_a_search_with_pruning_cut_anywhere_goes_on_as_if_unbroken(
    search: Search, tmp_path: Path, engine: str
) -> None:
    rule = Median(least=3)
    unbroken = search(rule, evaluations=9, engine=engine)
    assert unbroken.pruned
    lines = (tmp_path / "job" / FILE).read_bytes().splitlines(keepends=True)
    for kept in range(1, len(lines) + 1, 11):
        folder = tmp_path / f"cut{kept}"
        folder.mkdir()
        (folder / FILE).write_bytes(b"".join(lines[:kept]))
        again = search(rule, evaluations=9, engine=engine, folder=folder)
        assert shown(again) == shown(unbroken), kept


def test_a_decision_stands_though_its_trial_was_not_seen_to_end(search: Search, tmp_path: Path) -> None:
    search(Median(least=3), evaluations=9)
    lines = (tmp_path / "job" / FILE).read_bytes().splitlines(keepends=True)
    decided = next(n for n, line in enumerate(lines) if b'"kind":"pruning"' in line)
    (tmp_path / "job" / FILE).write_bytes(b"".join(lines[: decided + 1]))
    stopped = read(tmp_path / "job").records[-1]
    assert isinstance(stopped, Pruning)
    history = search(evaluations=9)  # without any rule by now
    assert [(trial.number, trial.reason) for trial in history.pruned] == [(stopped.number, stopped.reason)]
    assert history[stopped.number].estimate == stopped.estimate


@pytest.mark.parametrize("kind", ["simulated", pytest.param("process", marks=pytest.mark.slow)])
def test_pruning_over_workers(search: Search, kind: str) -> None:
    backend = SimulatedBackend(3) if kind == "simulated" else ProcessPoolBackend(2)
    rule = Halving(start=2, factor=2, end=STEPS)
    with backend:
        history = search(rule, backend, parallel=None, seconds=0.0 if kind == "simulated" else 0.02)
    states = [trial.state for trial in history.trials]
    assert states.count(TrialState.PRUNED) >= 5
    assert TrialState.ASKED not in states
    assert all("diverge" in str(t.reason) or "nan at step 4" in str(t.reason) for t in history.failed)
    assert all(t.ended is not None and t.started is not None and t.ended >= t.started for t in history.ended)
