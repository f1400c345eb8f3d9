"""A sweep: every search runs once, whatever becomes of the others, of a worker, or of the driver."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from runners.backend import Backend, Outcome, Status
from runners.backends.inline import InlineBackend
from runners.backends.process_pool import ProcessPoolBackend
from runners.journal import FILE, Journal, read
from runners.records import Header, Note, SearchEnd
from runners.sweep import FOLDER, SweepResult, Unit, run_sweep
from search.history import History
from search.trial import Done
from spaces.errors import BadInput, Infeasible

HEADER = Header("sweep", "4567", 7)


def count(name: str, folder: Path) -> dict[str, Any]:
    """A search that notes that it was called."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "calls", "a") as calls:
        calls.write("called\n")
    return {"name": name, "calls": calls_of(folder)}


def calls_of(folder: Path) -> int:
    return (folder / "calls").read_text().count("called")


def infeasible(name: str, folder: Path) -> dict[str, Any]:
    raise Infeasible("nothing satisfies the constraints")


def unspeakable(name: str, folder: Path) -> dict[str, Any]:
    return {"best": float("nan"), "path": folder.name}


def interrupted(name: str, folder: Path) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGINT)
    return {}


def crash(name: str, folder: Path) -> dict[str, Any]:
    count(name, folder)
    os._exit(9)


class Chunks(InlineBackend):
    """Pretends that a search takes 0.01 s, and keeps what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        outcomes = super().wait(timeout)
        self.sizes += [len(outcome.result) for outcome in outcomes]
        return [
            Outcome(each.number, each.status, each.result, started=0.0, ended=0.01 * len(each.result))
            for each in outcomes
        ]


class Dying(InlineBackend):
    """Loses every task until a number of them is lost."""

    def __init__(self, losses: int) -> None:
        super().__init__()
        self.losses = losses

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        outcomes = super().wait(timeout)
        if outcomes and self.losses:
            self.losses -= 1
            return [Outcome(outcomes[0].number, Status.LOST, error="its node went away")]
        return outcomes


Sweep = Callable[..., SweepResult]


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    """Runs or resumes a sweep in the test's folder."""

    def run(calls: Mapping[str, Any], backend: Backend | None = None, **options: Any) -> SweepResult:
        version = options.pop("version", None)
        units = [Unit(name, call, version) for name, call in calls.items()]
        with Journal.open(tmp_path, HEADER) as journal:
            return run_sweep(units, backend=backend or InlineBackend(), journal=journal, **options)

    return run


def test_each_search_runs_in_its_own_folder(sweep: Sweep, tmp_path: Path) -> None:
    result = sweep({f"c={each}": count for each in range(5)})
    assert result.summaries == {f"c={each}": {"name": f"c={each}", "calls": 1} for each in range(5)}
    assert result.failures == {}
    assert sorted(path.name for path in (tmp_path / FOLDER).iterdir()) == sorted(result.summaries)


def test_a_failed_search_stops_no_other_and_keeps_its_reason(sweep: Sweep, tmp_path: Path) -> None:
    calls = {"a": count, "b": infeasible, "c": unspeakable, "d": count}
    result = sweep(calls)
    assert sorted(result.summaries) == ["a", "d"]
    assert result.failures["b"] == "Infeasible: nothing satisfies the constraints"
    assert result.failures["c"].startswith("its summary is not JSON")
    ends = {each.name: each for each in read(tmp_path).records if isinstance(each, SearchEnd)}
    assert ends["b"].reason == result.failures["b"]
    assert ends["a"].started is not None


def test_what_has_returned_is_not_called_again_and_what_failed_is(sweep: Sweep, tmp_path: Path) -> None:
    first = sweep({"a": count, "b": infeasible})
    second = sweep({"a": count, "b": count, "c": count})
    assert first.failures
    assert second.failures == {}
    assert second.summaries["a"] == {"name": "a", "calls": 1}
    assert [calls_of(tmp_path / FOLDER / name) for name in "abc"] == [1, 1, 1]


def test_a_search_of_which_more_is_asked_is_called_again(sweep: Sweep) -> None:
    sweep({"a": count}, version="25")
    assert sweep({"a": count}, version="25").summaries["a"]["calls"] == 1
    assert sweep({"a": count}, version="50").summaries["a"]["calls"] == 2
    assert sweep({"a": count}, version="50").summaries["a"]["calls"] == 2


def test_short_searches_share_a_task_and_the_last_ones_are_spread(sweep: Sweep) -> None:
    backend = Chunks()
    result = sweep({f"s{each}": count for each in range(200)}, backend)
    assert len(result.summaries) == 200
    assert backend.sizes[0] == 1
    assert max(backend.sizes) == 31  # 0.3 s of searches that take 0.01 s
    assert backend.sizes[-3:] == [1, 1, 1]


def test_searches_on_a_lost_machine_are_called_again_without_charge(sweep: Sweep, tmp_path: Path) -> None:
    result = sweep({"a": count, "b": count}, Dying(5))
    assert sorted(result.summaries) == ["a", "b"]
    notes = [each for each in read(tmp_path).records if isinstance(each, Note)]
    assert notes[0].text == "a: lost: its node went away; tried again"
    assert sweep({"z": count}, Dying(100)).failures == {"z": "lost: its node went away"}


def test_a_search_that_kills_its_worker_fails_alone(sweep: Sweep, tmp_path: Path) -> None:
    calls: dict[str, Any] = {f"s{each}": count for each in range(12)}
    calls["killer"] = crash
    with ProcessPoolBackend(2) as backend:
        result = sweep(calls, backend)
    assert len(result.summaries) == 12
    assert result.failures == {"killer": "crashed: its process exited with code 9"}
    assert calls_of(tmp_path / FOLDER / "killer") >= 2


@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "/a", "a\0b"])
def test_a_name_must_be_a_folder_name(sweep: Sweep, name: str) -> None:
    with pytest.raises(BadInput, match="a name that can be a folder's"):
        sweep({name: count})


def test_names_must_differ(tmp_path: Path) -> None:
    with Journal.open(tmp_path, HEADER) as journal, pytest.raises(BadInput, match="'a' twice"):
        run_sweep([Unit("a", count), Unit("a", count)], backend=InlineBackend(), journal=journal)


def test_stopping_begins_no_more_searches(sweep: Sweep) -> None:
    told: list[int] = []
    result = sweep(
        {f"s{each}": count for each in range(9)},
        stop=lambda: len(told) > 3,
        progress=lambda result: told.append(len(result.summaries)),
    )
    assert len(told) == 4
    assert told[-1] == len(result.summaries) < 9


def test_an_interrupt_keeps_what_has_returned(sweep: Sweep) -> None:
    backend = InlineBackend()
    with pytest.raises(KeyboardInterrupt):
        sweep({"a": count, "b": interrupted, "c": count}, backend)
    assert backend.free() == 0
    told: list[int] = []
    result = sweep({"a": count, "c": count}, progress=lambda result: told.append(len(result.summaries)))
    assert told == [1, 2]
    assert result.summaries["a"]["calls"] == 1


PROGRAM = '''
"""A sweep to be killed: RUNNER FOLDER LIFE; every evaluation leaves a line in FOLDER/evaluated-LIFE."""
import os, sys, time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from ConfigSpace import ConfigurationSpace, Float

from objectives.objective import ClosedForm
from runners.backends.inline import InlineBackend
from runners.journal import Journal
from runners.loop import run_search
from runners.records import Header
from runners.sweep import Unit, run_sweep
from search.factory import make_engine


@dataclass(frozen=True)
class Slow(ClosedForm):
    log: Path

    def evaluate_many(self, configs):
        time.sleep(0.005)
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for config in configs:
            os.write(descriptor, f"{config['x']!r}\\n".encode())
        os.close(descriptor)
        return {"loss": configs["x"] ** 2}


def search(log, name, folder):
    seed = int(name[1:])
    space = ConfigurationSpace(space=[Float("x", (0.0, 1.0))])
    with Journal.open(folder, Header(name, name, seed)) as journal:
        history = run_search(
            engine=make_engine("random", space, seed=seed), objective=Slow(log), backend=InlineBackend(),
            journal=journal, evaluations=EVALUATIONS, seed=seed)
    return {"best": history.best.value}


EVALUATIONS, SEARCHES = 25, 30

if __name__ == "__main__":
    runner, folder, life = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    if runner == "ray":
        from runners.backends.ray_backend import RayBackend as Pool
    else:
        from runners.backends.process_pool import ProcessPoolBackend as Pool
    units = [Unit(f"s{k}", partial(search, folder / f"evaluated-{life}")) for k in range(SEARCHES)]
    with Pool(2) as backend, Journal.open(folder, Header("sweep", "sweep", 0)) as journal:
        result = run_sweep(units, backend=backend, journal=journal)
    assert len(result.summaries) == SEARCHES, result
'''


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[[str, str], subprocess.Popen[bytes]]]:
    """Starts the program above; whatever is left of it ends with the test."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    started: list[subprocess.Popen[bytes]] = []
    root = str(Path(__file__).resolve().parents[2])

    def start(runner: str, life: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(path), runner, str(tmp_path / "job"), life]
        environment = {**os.environ, "PYTHONPATH": root}
        started.append(subprocess.Popen(command, env=environment, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def done_trials(folder: Path) -> dict[str, set[str]]:
    """Search -> the x of every trial its journal has as done."""
    done: dict[str, set[str]] = {}
    for path in folder.glob(f"{FOLDER}/*/{FILE}"):
        events = read(path.parent).events
        history = History(events)
        done[path.parent.name] = {
            repr(history[event.number].config["x"]) for event in events if isinstance(event, Done)
        }
    return done


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["process", pytest.param("ray", marks=pytest.mark.ray)])
def test_killing_the_driver_loses_no_finished_trial(
    runner: str, program: Callable[[str, str], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    job, total = tmp_path / "job", 25 * 30
    job.mkdir()
    moment = random.Random(17).randint(total // 4, 3 * total // 4)
    driver = program(runner, "first")
    while sum(map(len, done_trials(job).values())) < moment:
        assert driver.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    shutil.copytree(job, tmp_path / "killed", ignore=shutil.ignore_patterns("*.lock"))

    assert program(runner, "second").wait(timeout=200) == 0
    killed, resumed = done_trials(tmp_path / "killed"), done_trials(job)
    assert all(killed[name] <= resumed[name] for name in killed)
    assert sum(map(len, resumed.values())) == total
    again = (job / "evaluated-second").read_text().split()
    assert len(set(again)) == len(again)
    recorded = set().union(*killed.values())
    assert recorded.isdisjoint(again)
    first = (job / "evaluated-first").read_text().split()
    assert set(first) | set(again) == set().union(*resumed.values())
