"""The simulation behind the benchmarks: its figures are those of its history, the driver's time included."""

import numpy as np
import pytest

from experiments.benchmarks.problems import branin
from experiments.benchmarks.simulation import Simulation, simulate
from runners.backends.simulated import Workload
from runners.records import Retried
from search.history import History
from search.trial import Asked, Done


def test_utilisation_and_regret_of_a_history_known_by_heart() -> None:
    """Two workers; one idles for a quarter of the time up to the beginning of the last trial."""
    history = History()
    spans = [(0.0, 8.0, 5.0), (0.0, 4.0, 3.0), (6.0, 9.0, 4.0), (8.0, 20.0, 1.0)]
    for number, (started, ended, value) in enumerate(spans):
        history.append(Asked(number, {"x": float(number)}))
        history.append(Done(number, value, {}, started, ended, "w"))
    found = Simulation(history, 2, 0.0, optimum=1.0)
    assert found.window == 8.0
    assert found.utilisation == pytest.approx((8 + 4 + 2) / 16)
    assert found.regret.tolist() == [4.0, 2.0, 2.0, 0.0]


def test_a_second_attempt_does_not_move_the_end_and_the_first_counts() -> None:
    history = History()
    for number, started in enumerate((0.0, 10.0)):
        history.append(Asked(number, {"x": float(number)}))
        history.append(Done(number, 1.0, {}, started, started + 10.0, "w"))
    history.append(Asked(2, {"x": 2.0}))
    history.append(Done(2, 1.0, {}, 18.0, 28.0, "w"))
    found = Simulation(history, 2, 0.0, 0.0, (Retried(2, "lost", "gone", 4.0, 9.0, "w"),))
    assert found.window == 10.0
    assert found.utilisation == pytest.approx((10 + 5) / 20)


def test_regret_over_time_follows_the_ends() -> None:
    found = simulate(branin(), 5, 25, Workload(60.0, 0.5))
    assert found.regret_at(0.0) == np.inf
    assert found.regret_at(1e9) == found.regret[-1]
    assert np.all(np.diff(found.regret) <= 0.0)
    assert found.driver > 0.0
    assert 0.0 < found.utilisation <= 1.0
    first = min(trial.ended or 0.0 for trial in found.history.done)
    assert found.regret_at(first) == found.regret[0]
