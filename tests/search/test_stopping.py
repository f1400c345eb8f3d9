"""Stopping rules: what each says about a history, and what it calls itself."""

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace, Float

from search.engine import Engine
from search.stopping import NoChange, StoppingRules
from spaces.configs import Config


class Foresight(Engine):
    """Asks anything, and expects half as much of each further suggestion."""

    name = "foresight"
    foresees = True

    def _propose(self, number: int, rng: np.random.Generator) -> Config:
        self._expected = 2.0**-number
        return {"x": float(rng.random())}


@pytest.fixture
def engine() -> Engine:
    return Foresight(ConfigurationSpace(space=[Float("x", (0.0, 1.0))]))


def after(rules: StoppingRules, engine: Engine, values: list[float | None]) -> int | None:
    """After how many outcomes the rules hold; `None` where they never do."""
    for count, value in enumerate(values):
        if rules.met(engine) is not None:
            return count
        (suggestion,) = engine.ask()
        if value is None:
            engine.tell_failure(suggestion, "diverged")
        else:
            engine.tell(suggestion, value)
    return None if rules.met(engine) is None else len(values)


@pytest.mark.parametrize(
    ("rules", "values", "count"),
    [
        (StoppingRules(value=1.0), [3.0, 1.5, 1.0, 0.5], 3),
        (StoppingRules(no_change=NoChange(3)), [5.0, 4.0, 4.0, None, 4.5, 1.0], 5),
        (StoppingRules(no_change=NoChange(3)), [5.0, 4.0, 3.0, 2.0, 1.0, 0.0], None),
        (StoppingRules(no_change=NoChange(2, 0.1)), [5.0, 4.95, 4.92, 1.0], 3),
        (StoppingRules(no_change=NoChange(2, 0.1)), [5.0, 4.95, 4.85, 4.8, 4.6, 4.55], None),
        (StoppingRules(no_change=NoChange(2)), [None, None, None, None], None),
        (StoppingRules(expected_improvement=0.1), [9.0] * 6, 4),
        (StoppingRules(no_change=NoChange(2), expected_improvement=0.1), [9.0] * 6, 3),
        (StoppingRules(), [1.0] * 9, None),
    ],
)
def test_when_rules_hold(
    engine: Engine, rules: StoppingRules, values: list[float | None], count: int | None
) -> None:
    assert after(rules, engine, values) == count


def test_what_was_known_before_counts_as_a_value_but_not_as_an_evaluation(engine: Engine) -> None:
    for known in range(30):
        engine.tell_known({"x": known / 30}, 1.0 + known)
    assert after(StoppingRules(no_change=NoChange(3)), engine, [2.0] * 5) == 3


def test_the_time_of_a_search_is_told_by_whoever_runs_it(engine: Engine) -> None:
    rules = StoppingRules(time=60.0)
    assert rules.met(engine, 59.9) is None
    stop = rules.met(engine, 61.0)
    assert stop is not None
    assert [stop.rule] == rules.names() == ["time=60.0"]


def test_a_foreseen_suggestion_is_the_one_that_is_asked(engine: Engine) -> None:
    assert engine.expected_improvement() == 1.0
    assert engine.expected_improvement() == 1.0
    (foreseen,) = engine.ask()
    other = Foresight(engine.space)
    assert other.ask() == [foreseen]
    assert engine.expected_improvement() == 0.5
