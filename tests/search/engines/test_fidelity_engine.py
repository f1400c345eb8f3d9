"""Cheap values teach where to look, and are never the best."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ConfigSpace
import numpy as np
import pytest

from search import Engine, make_engine
from search.engines.fidelity_engine import DESIGN_COST, LOOKS_COST
from search.fidelity import Fidelity, target_events
from search.history import History
from search.trial import Asked, Done, Event, Failed, TrialState
from spaces.configs import Config, Configs
from spaces.errors import BadInput, Infeasible

Value = Callable[[Config], float]


def space(lowest: float = 0.1) -> ConfigSpace.ConfigurationSpace:
    """Two parameters and the share of the tokens."""
    made = ConfigSpace.ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)})
    made.add(ConfigSpace.Float("share", (lowest, 1.0), log=True))
    return made


def bowl(config: Mapping[str, Any]) -> float:
    """Least at (0.3, 0.7); with fewer tokens higher, and a little aside."""
    missing = 1.0 - config["share"]
    x, y = config["x"] - 0.3 - 0.1 * missing, config["y"] - 0.7
    return float(1.0 - np.exp(-4 * (x**2 + 2 * y**2)) + 0.2 * missing)


def upside_down(config: Mapping[str, Any]) -> float:
    """The bowl at the target, a hill below it."""
    return bowl(config) if config["share"] == 1.0 else -bowl(config)


def run(engine: Engine, value: Value, cost: float, fails: Callable[[Config], bool] = lambda c: False) -> None:
    """Two trials at a time, told last in, first out, until so much was spent."""
    while engine.history.cost < cost:
        for suggestion in reversed(engine.ask(2)):
            if fails(suggestion.config):
                engine.tell_failure(suggestion, "diverged")
            else:
                engine.tell(suggestion, value(suggestion.config))


def looks(history: History) -> int:
    """Trials below the target that were asked after the first there."""
    first = min(trial.number for trial in history.trials if trial.cost is None)
    return sum(trial.cost is not None for trial in history.trials if trial.number > first)


def test_the_cheap_design_has_the_points_of_the_native_one() -> None:
    """Or what is learnt below the target is not about the points that are evaluated there."""
    cheap = make_engine("fidelity", space(), seed=3, fidelity="share").ask(4)
    alone = make_engine("native", Fidelity.of(space(), "share", 1.0).at_target(space()), seed=3).ask(4)
    assert all(float(each.config["share"] or 1.0) < 1.0 for each in cheap)
    for below, whole in zip(cheap, alone, strict=True):
        assert {**below.config, "share": 1.0} == pytest.approx(dict(whole.config))


def test_cheap_values_are_followed_where_they_tell_and_only_the_target_is_best() -> None:
    engine = make_engine("fidelity", space(), fidelity="share")
    run(engine, bowl, 2.0)
    assert engine.best() is None or engine.best().config["share"] == 1.0  # type: ignore[union-attr]
    run(engine, bowl, 9.0)
    history, best = engine.history, engine.best()
    assert best is not None
    assert best.value == bowl(best.config) < 1e-2
    assert best.config["share"] == 1.0
    assert looks(history) > 0
    for trial in history.trials:
        share = float(str(trial.config["share"]))
        partial = trial.state is TrialState.PARTIAL
        assert trial.cost == (None if share == 1.0 else pytest.approx(share))
        assert (trial.value, trial.estimate) == (
            (None, bowl(trial.config)) if partial else (trial.value, None)
        )
        assert partial == (share < 1.0)
    assert history.counts == (len(history.done), 0)
    assert history.cost == pytest.approx(sum(trial.cost or 1.0 for trial in history.trials))


def test_cheap_values_that_mislead_cost_their_design_and_leave_the_native_search_as_it_is() -> None:
    engine = make_engine("fidelity", space(), fidelity="share")
    alone = make_engine("native", Fidelity.of(space(), "share", 1.0).at_target(space()))
    run(engine, upside_down, DESIGN_COST + 10.0)
    run(alone, upside_down, 10.0)
    history = engine.history
    assert sum(trial.cost or 0.0 for trial in history.trials) <= DESIGN_COST
    asked = [trial.config for trial in history.trials if trial.cost is None]
    assert asked == [trial.config for trial in alone.history.trials]


def test_a_replay_goes_on_alike_wherever_it_was_cut_and_failures_are_no_trouble() -> None:
    """Trials of both kinds are pending at the cuts, and have failed before."""
    engine = make_engine("fidelity", space(), seed=3, fidelity="share")
    asked = []
    for number in range(20):
        (suggestion,) = engine.ask()
        asked.append(suggestion.config)
        if number % 6 == 5:
            engine.tell_failure(number, "diverged")
        elif number not in (8, 16):
            engine.tell(number, bowl(suggestion.config))
    assert looks(engine.history) > 0
    events = list(journalled(engine.history))
    for cut in (12, 18):
        resumed = make_engine("fidelity", space(), seed=3, fidelity="share")
        resumed.replay(events[: events.index(engine.history[cut].begun)])
        (again,) = resumed.ask()
        assert again.config == asked[cut]


def journalled(history: History) -> Iterable[Event]:
    """The events in their order, where every trial but those pending ended before the next was asked."""
    ends = {event.number: event for event in history.outcomes}
    for trial in history.trials:
        begun = trial.begun
        assert isinstance(begun, Asked)
        yield Asked(trial.number, json.loads(json.dumps(trial.config)), cost=begun.cost)
        if trial.number in ends:
            yield ends[trial.number]


def test_constraints_hold_at_the_fidelity_asked_and_at_the_target() -> None:
    def allowed(rows: Configs) -> Any:
        return (rows["x"] * rows["share"] <= 0.5) & (rows["y"] + rows["share"] >= 0.6)

    engine = make_engine("fidelity", space(), constraint=allowed, fidelity="share")
    run(engine, bowl, 6.0, fails=lambda config: config["y"] > 0.8)  # type: ignore[operator]
    rows = Configs.from_rows([trial.config for trial in engine.history.trials])
    assert allowed(rows).all()
    assert (rows["x"] <= 0.5).all()
    assert rows["share"].min() < 0.5


def test_between_two_evaluations_at_the_target_looks_cost_no_more_than_half_of_one() -> None:
    engine = make_engine("fidelity", space(0.01), fidelity="share", power=0.5)
    run(engine, bowl, 8.0)
    spent = [0.0]
    for trial in engine.history.trials[12:]:
        spent = [*spent, 0.0] if trial.cost is None else [*spent[:-1], spent[-1] + trial.cost]
        assert trial.cost is None or trial.cost == pytest.approx(float(str(trial.config["share"])) ** 0.5)
    assert max(spent) <= LOOKS_COST


def test_a_finite_space_ends_when_all_of_it_was_asked_at_the_target() -> None:
    small = ConfigSpace.ConfigurationSpace({"k": (1, 9), "steps": (1, 2)})
    engine = make_engine("fidelity", small, fidelity="steps", power=3.0)
    with pytest.raises(Infeasible, match="every feasible configuration"):
        run(engine, lambda c: (c["k"] - 4) ** 2 + 0.1 * (2 - c["steps"]), 100.0)  # type: ignore[operator]
    assert {trial.config["k"] for trial in engine.history.done} == set(range(1, 10))
    assert {trial.config["steps"] for trial in engine.history.done} == {2}


def test_what_is_known_is_of_the_target() -> None:
    engine = make_engine("fidelity", space(), fidelity="share")
    engine.tell_known({"x": 0.5, "y": 0.5, "share": 1.0}, 2.0)
    assert engine.best() is engine.history[-1]
    with pytest.raises(BadInput, match=r"config\.share: expected the target, 1, got 0\.5"):
        engine.tell_known({"x": 0.5, "y": 0.5, "share": 0.5}, 1.0)
    engine.suggest_first([{"x": 0.1, "y": 0.1, "share": 0.25}])
    (first,) = engine.ask()
    assert (first.config["x"], engine.history[0].cost) == (0.1, 0.25)
    with pytest.raises(ValueError, match="not a number is a failure"):
        engine.tell(first, float("nan"))
    engine.tell(first, 1.0)
    assert engine.best() is engine.history[-1]


def test_options_that_make_no_sense_are_refused_by_name() -> None:
    odd = ConfigSpace.ConfigurationSpace({"kind": ["a", "b"], "x": (0.0, 1.0)})
    for fidelity, wrong in (("token", r"engine\.fidelity: expected kind \| x"), ("x", "a range above 0")):
        with pytest.raises(BadInput, match=wrong):
            make_engine("fidelity", odd, fidelity=fidelity)
    with pytest.raises(BadInput, match=r"engine\.power: expected a number above 0, got -1"):
        make_engine("fidelity", space(), fidelity="share", power=-1)


def test_the_events_at_the_target_are_a_search_of_their_own() -> None:
    low: Config = {"x": 0.1, "share": 0.5}
    high: list[Config] = [{"x": 0.1 * k, "share": 1.0} for k in range(4)]
    events: list[Event] = [Asked(0, low, cost=0.5), Asked(1, high[0]), Asked(2, high[1]), Asked(3, high[2])]
    events += [Done(2, 2.0), Done(0, 0.0), Failed(1, "diverged")]
    assert target_events(History(events), [high[3]]) == [
        *(Asked(0, high[0]), Asked(1, high[1]), Done(1, 2.0)),
        *(Failed(0, "diverged"), Asked(2, high[2]), Asked(3, high[3])),
    ]
