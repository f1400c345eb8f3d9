"""What is known before a search, in the history and in what the native engine makes of it."""

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace, Float

from search import make_engine
from search.history import History
from search.trial import Asked, Done, Event, Failed, Given, TrialState
from spaces.configs import Config

EVENTS: list[Event] = [
    Given(-1, {"x": 0.1}, "old"),
    Done(-1, 3.0),
    Given(-2, {"x": 0.2}, "old"),
    Failed(-2, "diverged"),
    Given(-3, {"x": 0.3}, "a colleague"),
    Asked(0, {"x": 0.3}),
    Asked(1, {"x": 0.4}, "w"),
    Done(0, 5.0),
]


def test_given_trials_are_known_but_are_no_evaluations() -> None:
    history = History(EVENTS)
    assert [trial.number for trial in history.trials] == [-2, -1, 0, 1]
    assert (history.counts, history.own_counts, history.asked) == ((2, 1), (1, 0), 2)
    assert [trial.number for trial in history.given] == [-1, -2]
    assert history.best is history[-1]
    assert (history[0].source, history[1].source, history[1].worker) == ("a colleague", None, "w")
    assert history.pending_of("w") == history.pending
    assert (history.next_number, history.next_given, history.planned) == (2, -4, [])


def test_a_configuration_without_an_outcome_is_planned_until_it_is_asked() -> None:
    history = History(EVENTS[:5])
    assert [trial.config for trial in history.planned] == [{"x": 0.3}]
    assert history.pending == []
    assert len(history) == 2


def test_a_history_with_given_trials_can_be_looked_up_at_any_moment() -> None:
    for cut in range(len(EVENTS) + 1):
        earlier, moment = History(EVENTS[:cut]), History(EVENTS[:cut]).moment
        found = History(EVENTS).at(moment)
        states = [(trial.number, trial.state, trial.value) for trial in earlier.trials]
        assert [(trial.number, trial.state, trial.value) for trial in found.trials] == states


@pytest.mark.parametrize("event", [Given(0, {}, "x"), Given(-1, {}, "x"), Asked(-1, {}), Done(-7, 1.0)])
def test_what_cannot_follow_is_refused(event: Event) -> None:
    with pytest.raises(ValueError, match=r"number|asked"):
        History(EVENTS).append(event)
    assert History(EVENTS)[-1].state is TrialState.DONE


def test_the_native_engine_goes_on_from_what_it_was_told_and_restarts_nothing() -> None:
    """Twenty values of which the best came early would have settled a search of its own."""
    engine = make_engine("native", ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0))]))

    def value(config: Config) -> float:
        return (float(str(config["x"])) - 0.3) ** 2 + (float(str(config["y"])) - 0.8) ** 2

    points = np.random.default_rng(0).random((20, 2))
    told: list[Config] = [{"x": float(x), "y": float(y)} for x, y in points]
    for config in sorted(told, key=value):
        engine.tell_known(config, value(config))
    for _ in range(4):
        (suggestion,) = engine.ask()
        engine.tell(suggestion, value(suggestion.config))
    ours = [trial.value for trial in engine.history.trials if not trial.given and trial.value is not None]
    assert max(ours) < np.median([value(config) for config in told])
    assert min(ours) < 1e-4
