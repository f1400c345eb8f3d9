"""The virtual clock: durations as drawn, failures as asked for, the driver's time counted, the same loop."""

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace, Float

from objectives.objective import Metrics, Objective, TrialFailed
from runners.backend import Status, Task
from runners.backends.simulated import SimulatedBackend, Workload
from runners.journal import Journal, read
from runners.loop import run_search
from runners.records import Header, Retried
from search import make_engine
from search.history import History
from search.report import report
from spaces.configs import Value
from spaces.errors import BadInput


@dataclass(frozen=True)
class Bowl(Objective):
    """Least at 0.3; no value above 0.9."""

    def evaluate(self, config: Mapping[str, Value], *, seed: int) -> Metrics:
        x = float(str(config["x"]))
        if x > 0.9:
            raise TrialFailed("x is above 0.9")
        return {"loss": (x - 0.3) ** 2}


def line() -> ConfigurationSpace:
    return ConfigurationSpace(space=[Float("x", (0.0, 1.0))])


def nothing() -> float:
    """A driver that needs no time."""
    return 0.0


def run(folder: Path, backend: SimulatedBackend, evaluations: int, timeout: float | None = None) -> History:
    with Journal.open(folder, Header("demo", "0123", 7)) as journal:
        return run_search(
            engine=make_engine("random", line(), seed=7),
            objective=Bowl(),
            backend=backend,
            journal=journal,
            evaluations=evaluations,
            seed=7,
            parallel=backend.slots,
            timeout=timeout,
        )


def test_durations_are_log_normal_with_the_mean_and_variation_asked_for() -> None:
    drawn = np.array([Workload(60.0, 0.5, seed=1).draw(number)[0] for number in range(20_000)])
    assert drawn.mean() == pytest.approx(60.0, rel=0.02)
    assert drawn.std() == pytest.approx(30.0, rel=0.05)
    logs = np.log(drawn)
    assert abs(((logs - logs.mean()) ** 3).mean()) / logs.std() ** 3 < 0.1, "the logarithm has no skew"


def test_an_hour_of_a_thousand_workers_takes_seconds_and_keeps_all_of_them_busy(tmp_path: Path) -> None:
    began = time.perf_counter()
    backend = SimulatedBackend(1000, Workload(1800.0, 0.0), nothing)
    history = run(tmp_path, backend, 2000)
    timing = report(history, workers=1000).timing
    assert timing is not None
    assert timing.window == backend.now == 3600.0
    assert timing.utilisation == 1.0
    assert len({trial.worker for trial in history.trials}) == 1000
    assert time.perf_counter() - began < 100, "virtual seconds, not real ones"


def test_the_driver_s_own_time_keeps_workers_waiting(tmp_path: Path) -> None:
    ticks = itertools.count()
    backend = SimulatedBackend(4, Workload(1.0, 0.0), lambda: 0.25 * next(ticks))
    timing = report(run(tmp_path, backend, 40), workers=4).timing
    assert timing is not None
    assert backend.driver_seconds >= 10.0
    assert timing.utilisation is not None
    assert timing.utilisation < 0.8


def test_the_same_workload_gives_the_same_journal(tmp_path: Path) -> None:
    def records(folder: Path) -> object:
        ticks = itertools.count()
        workload = Workload(10.0, 0.5, crashes=0.1, losses=0.1, seed=3)
        run(folder, SimulatedBackend(5, workload, lambda: 0.01 * next(ticks)), 60)
        return read(folder).records

    assert records(tmp_path / "one") == records(tmp_path / "two")


def test_crashes_and_losses_come_as_often_as_asked_for_and_are_tried_again(tmp_path: Path) -> None:
    backend = SimulatedBackend(50, Workload(60.0, 0.5, crashes=0.1, losses=0.2), nothing)
    history = run(tmp_path, backend, 1000)
    retried = [record.status for record in read(tmp_path).records if isinstance(record, Retried)]
    attempts = 1000 + len(retried)
    assert retried.count("lost") / attempts == pytest.approx(0.2, abs=0.03)
    crashed = [trial for trial in history.failed if trial.reason == "crashed: died (simulated)"]
    assert len(crashed) == pytest.approx(1000 * (0.1 / 0.8) ** 2, abs=12), "two crashes are final"
    assert len(history.ended) == 1000
    assert not history.pending


def test_a_time_limit_holds_in_virtual_time(tmp_path: Path) -> None:
    history = run(tmp_path, SimulatedBackend(10, Workload(60.0, 0.5), nothing), 200, timeout=60.0)
    late = [trial for trial in history.failed if trial.reason == "timeout: stopped after 60 s"]
    assert 40 < len(late) < 120
    spans = [
        trial.ended - trial.started for trial in history.ended if trial.ended and trial.started is not None
    ]
    assert max(spans) == pytest.approx(60.0)


def test_waiting_goes_no_further_than_its_timeout() -> None:
    backend = SimulatedBackend(1, Workload(10.0, 0.0), nothing)
    backend.submit(Task(0, abs, (-1,)))
    assert backend.wait(4.0) == []
    assert backend.now == 4.0
    (outcome,) = backend.wait()
    assert (outcome.status, outcome.result, backend.now) == (Status.OK, 1, 10.0)


def test_impossible_workloads_are_named() -> None:
    with pytest.raises(BadInput) as caught:
        Workload(seconds=0.0, variation=-1.0, crashes=0.7, losses=0.7)
    fields = [mistake.field for mistake in caught.value.mistakes]
    assert fields == ["workload.seconds", "workload.variation", "workload.losses"]
    with pytest.raises(BadInput, match="workers"):
        SimulatedBackend(0)
