"""The native engine: the boundary of the constraint, failures, batches, replay, the choice of surrogate."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer

from search import Engine, make_engine
from search.trial import Asked, Done, Event, Failed
from spaces.configs import Config, Configs
from spaces.errors import BadInput, Infeasible

ROOT = Path(__file__).resolve().parents[3]


def plane() -> ConfigurationSpace:
    return ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0))])


def inside(rows: Configs) -> npt.NDArray[np.bool_]:
    """A disc round the origin of radius 0.9."""
    return np.asarray(rows["x"] ** 2 + rows["y"] ** 2 <= 0.81)


def slope(config: Config) -> float:
    """Falls towards (2, 1): on the disc, least at 0.9 (2, 1) / sqrt(5), where it is -0.9 sqrt(5)."""
    return -2.0 * float(config["x"] or 0) - float(config["y"] or 0)


def run(engine: Engine, evaluations: int, fails: Any = lambda config: False) -> list[Event]:
    """Search by `slope`; the events of it."""
    events: list[Event] = []
    for _ in range(evaluations):
        (s,) = engine.ask()
        events.append(Asked(s.number, s.config))
        if fails(s.config):
            engine.tell_failure(s, "diverged")
            events.append(Failed(s.number, "diverged"))
        else:
            engine.tell(s, slope(s.config))
            events.append(Done(s.number, slope(s.config)))
    return events


@pytest.mark.parametrize("seed", [0, 1])
def test_an_optimum_on_a_curved_boundary_is_found_to_1e_6_without_an_infeasible_trial(seed: int) -> None:
    engine = make_engine("native", plane(), seed=seed, constraint=inside)
    run(engine, 30)
    assert np.all(inside(Configs.from_rows(trial.config for trial in engine.history.trials)))
    best = engine.best()
    assert best is not None
    assert best.value == pytest.approx(-0.9 * np.sqrt(5.0), abs=1e-6)


def test_a_replayed_search_goes_on_as_the_unbroken_one_wherever_it_was_cut() -> None:
    unbroken = make_engine("native", plane(), seed=5, constraint=inside)
    events = run(unbroken, 40, lambda config: config["x"] < 0.1)
    for cut in (2, 13, 30, 58, 79):
        resumed = make_engine("native", plane(), seed=5, constraint=inside)
        resumed.replay(events[:cut])
        if isinstance(events[cut], Asked):
            (suggestion,) = resumed.ask()
            assert Asked(suggestion.number, suggestion.config) == events[cut]


def test_another_process_with_more_threads_asks_the_same_and_another_seed_does_not() -> None:
    script = (
        "import sys, json\n"
        "from ConfigSpace import ConfigurationSpace, Float\n"
        "from search import make_engine\n"
        "space = ConfigurationSpace(space=[Float(n, (0.0, 1.0)) for n in 'abcd'])\n"
        "engine = make_engine('native', space, seed=int(sys.argv[1]))\n"
        "for _ in range(20):\n"
        "    s, = engine.ask()\n"
        "    engine.tell(s, sum((v - 0.3) ** 2 for v in s.config.values()))\n"
        "sys.stdout.write(json.dumps([t.config for t in engine.history.trials]))\n"
    )

    def output(seed: int, threads: int) -> bytes:
        variables = {**os.environ, "PYTHONHASHSEED": str(threads)}
        variables |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
        return subprocess.run(
            [sys.executable, "-c", script, str(seed)],
            cwd=ROOT,
            env=variables,
            check=True,
            capture_output=True,
        ).stdout

    one = output(0, 1)
    assert one == output(0, 2)
    assert one != output(1, 1)


def test_a_batch_spreads_out_instead_of_asking_one_place_many_times() -> None:
    engine = make_engine("native", plane(), seed=0)
    run(engine, 8)
    rows = engine.encoder.encode_many([s.config for s in engine.ask(6)])
    distances = np.linalg.norm(rows[:, None] - rows[None], axis=2) + np.eye(6)
    assert distances.min() > 1e-3


def crowded(space: ConfigurationSpace, workers: int, asks: int, **options: Any) -> tuple[Engine, list[Event]]:
    """A search with so many trials pending: the oldest ends whenever one more is asked; one in nine fails."""
    engine = make_engine("native", space, seed=5, **options)
    events: list[Event] = []
    for _ in range(asks):
        (s,) = engine.ask()
        events.append(Asked(s.number, s.config))
        if len(engine.history.pending) <= workers:
            continue
        oldest = engine.history.pending[0]
        failed = oldest.number % 9 == 8
        events.append(
            Failed(oldest.number, "diverged") if failed else Done(oldest.number, slope(oldest.config))
        )
        engine.replay(events[-1:])
    return engine, events


@pytest.mark.parametrize("surrogate", ["gp", "forest"])
def test_a_crowded_search_cut_inside_a_batch_goes_on_as_the_unbroken_one(surrogate: str) -> None:
    space = plane() if surrogate == "gp" else conditional()
    engine, events = crowded(space, 130, 170, surrogate=surrogate)
    configs = [tuple(trial.config.items()) for trial in engine.history.trials]
    assert len(set(configs)) == len(configs)
    asks = [index for index, event in enumerate(events) if isinstance(event, Asked)]
    for cut in asks[-7:-2]:  # batches are of 4
        resumed = make_engine("native", space, seed=5, surrogate=surrogate)
        resumed.replay(events[:cut])
        (suggestion,) = resumed.ask()
        assert Asked(suggestion.number, suggestion.config) == events[cut]


def test_a_crowd_keeps_to_the_constraint_and_finds_the_optimum_on_its_boundary() -> None:
    engine, _ = crowded(plane(), 100, 350, constraint=inside)
    assert np.all(inside(Configs.from_rows(trial.config for trial in engine.history.trials)))
    best = engine.best()
    assert best is not None
    assert best.value == pytest.approx(-0.9 * np.sqrt(5.0), abs=1e-5)


def test_a_crowd_at_the_end_of_a_small_space_gets_every_configuration_once() -> None:
    space = ConfigurationSpace(space=[Integer("x", (1, 20)), Integer("y", (1, 10))])
    engine, _ = crowded(space, 120, 200)
    assert len(engine.history) == 200
    with pytest.raises(Infeasible, match="every feasible configuration"):
        engine.ask()


def test_a_hidden_cliff_is_approached_and_not_run_into_every_time() -> None:
    """Of the last twenty trials at most fourteen, on average over seeds: one seed alone has from 8 to 17.

    One seed of ten ends 0.05 above the least value, with the oldest versions of NumPy and SciPy.
    """
    beyond, values = [], []
    for seed in range(5):
        engine = make_engine("native", plane(), seed=seed)
        run(engine, 50, lambda config: config["x"] > 0.6)
        beyond.append(sum(trial.config["x"] > 0.6 for trial in engine.history.trials[-20:]))  # type: ignore[operator]
        best = engine.best()
        assert best is not None
        assert best.value is not None
        values.append(best.value)
    assert np.median(values) == pytest.approx(-2.2, abs=1e-3)
    assert max(values) < -2.1
    assert np.mean(beyond) <= 14


def test_a_search_of_failures_alone_goes_on() -> None:
    engine = make_engine("native", plane(), seed=0)
    run(engine, 12, lambda config: True)
    assert len(engine.history.failed) == 12


def test_pending_trials_alone_do_not_stop_it() -> None:
    suggestions = make_engine("native", plane(), seed=0).ask(20)
    assert len({tuple(s.config.items()) for s in suggestions}) == 20


def test_integers_and_categories_are_solved_exactly() -> None:
    space = ConfigurationSpace(
        space=[Integer("depth", (1, 60)), Categorical("kind", ["a", "b", "c"]), Float("x", (0.0, 1.0))]
    )
    engine = make_engine("native", space, seed=0)
    for _ in range(45):
        (s,) = engine.ask()
        depth, x = float(s.config["depth"] or 0), float(s.config["x"] or 0)
        engine.tell(s, 0.01 * (depth - 23) ** 2 + (x - 0.7) ** 2 + (s.config["kind"] != "b"))
    best = engine.best()
    assert best is not None
    assert (best.config["depth"], best.config["kind"]) == (23, "b")
    assert best.config["x"] == pytest.approx(0.7, abs=1e-3)


def conditional() -> ConfigurationSpace:
    space = plane()
    kind, experts = Categorical("kind", ["dense", "moe"]), Integer("experts", (2, 64), log=True)
    space.add(kind, experts)
    space.add(EqualsCondition(experts, kind, "moe"))
    return space


@pytest.mark.parametrize("surrogate", ["auto", "gp", "forest"])
def test_every_surrogate_beats_its_initial_design_in_a_conditional_space(surrogate: str) -> None:
    engine = make_engine("native", conditional(), seed=0, surrogate=surrogate)
    values = []
    for _ in range(40):
        (s,) = engine.ask()
        bonus = float(s.config["experts"] or 0) / 64 if s.config["kind"] == "moe" else 0.0
        values.append(slope(s.config) - bonus)
        engine.tell(s, values[-1])
    assert min(values) < -3.6
    assert min(values) < min(values[:6])


def test_a_forest_is_grown_only_where_it_is_asked_for() -> None:
    def configs(space: ConfigurationSpace, surrogate: str) -> list[Config]:
        engine = make_engine("native", space, seed=0, surrogate=surrogate)
        run(engine, 12)
        return [trial.config for trial in engine.history.trials]

    assert configs(conditional(), "auto") == configs(conditional(), "gp")
    assert configs(plane(), "gp") != configs(plane(), "forest")


def test_options_of_another_value_are_named() -> None:
    with pytest.raises(BadInput) as caught:
        make_engine("native", plane(), surrogate="svm", initial_points=1)
    assert [mistake.field for mistake in caught.value.mistakes] == [
        "engine.surrogate",
        "engine.initial_points",
    ]
