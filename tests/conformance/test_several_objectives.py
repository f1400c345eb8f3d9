"""What every engine for several objectives keeps beyond the contract of one."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer

from search import Engine, make_engine
from search.pareto import hypervolume
from search.trial import Asked, Done, Event, Failed
from spaces.configs import Config, Configs
from spaces.errors import BadInput

several = pytest.mark.parametrize("name", ["native", "sobol", "random"])

Space = Callable[[], ConfigurationSpace]


def plane() -> ConfigurationSpace:
    return ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0))])


def conditional() -> ConfigurationSpace:
    space = plane()
    kind, experts = Categorical("kind", ["dense", "moe"]), Integer("experts", (2, 64), log=True)
    space.add(kind, experts)
    space.add(EqualsCondition(experts, kind, "moe"))
    return space


def inside(rows: Configs) -> npt.NDArray[np.bool_]:
    return np.asarray(rows["x"] + rows["y"] <= 1.5)


def values(config: Config) -> tuple[float, float]:
    """Squared distances from two points: the front is the segment between (0, 0) and (1, 0)."""
    x, y = float(config["x"] or 0.0), float(config["y"] or 0.0)
    return x**2 + y**2, (x - 1.0) ** 2 + y**2


def run(engine: Engine, trials: int) -> list[Event]:
    """A search in which two trials are pending at a time and every seventh fails."""
    events: list[Event] = []
    for number in range(trials):
        (asked,) = engine.ask()
        events.append(Asked(number, asked.config))
        if number == 0:
            continue
        config = engine.history[number - 1].config
        ended = Failed(number - 1, "diverged") if number % 7 == 0 else Done(number - 1, values=values(config))
        engine.replay([ended])
        events.append(ended)
    return events


@several
@pytest.mark.parametrize("space", [plane, conditional])
def test_a_replayed_search_goes_on_as_the_unbroken_one(
    name: str, space: Callable[[], ConfigurationSpace]
) -> None:
    def make() -> Engine:
        return make_engine(name, space(), seed=3, constraint=inside, objectives=2)

    unbroken = make()
    events = run(unbroken, 15)
    assert np.all(inside(Configs.from_rows(trial.config for trial in unbroken.history.trials)))
    asks = [place for place, event in enumerate(events) if isinstance(event, Asked)]
    for cut in (asks[9], asks[14]):
        resumed = make()
        resumed.replay(events[:cut])
        (suggestion,) = resumed.ask()
        assert Asked(suggestion.number, suggestion.config) == events[cut]


@several
def test_there_is_a_front_and_no_best(name: str) -> None:
    engine = make_engine(name, plane(), objectives=2)
    for told in ((1.0, 2.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0)):
        engine.tell(engine.ask()[0], told)
    assert [trial.number for trial in engine.front()] == [0, 1]
    with pytest.raises(ValueError, match="no best"):
        engine.best()
    with pytest.raises(ValueError, match="expected 2 values, got 1"):
        engine.tell(engine.ask()[0], 1.0)


def test_the_native_engine_covers_a_known_front() -> None:
    """f2 = (1 - sqrt(f1))^2 between (0, 1) and (1, 0), so 1 - 1/6 below (1, 1)."""
    engine = make_engine("native", plane(), seed=0, objectives=2, reference=[1.0, 1.0])
    for _ in range(20):
        (suggestion,) = engine.ask()
        engine.tell(suggestion, values(suggestion.config))
    front = np.array([trial.values for trial in engine.front()])
    assert hypervolume(front, np.ones(2)) == pytest.approx(5.0 / 6.0, abs=0.03)


def test_many_workers_get_rows_that_differ_and_four_objectives_are_searched() -> None:
    engine = make_engine("native", plane(), seed=0, objectives=4)
    suggestions = engine.ask(80)
    for suggestion in suggestions[:10]:
        engine.tell(suggestion, [*values(suggestion.config), *values(suggestion.config)[::-1]])
    suggestions += engine.ask(5)
    assert len({tuple(suggestion.config.items()) for suggestion in suggestions}) == 85


@pytest.mark.parametrize(
    ("name", "objectives", "reference", "line"),
    [
        ("skopt", 2, None, "engine: expected native, sobol or random for several objectives, got skopt"),
        ("native", 7, None, "objectives: expected 1 to 6, got 7"),
        ("native", 2, [1.0], "reference: expected 2 numbers, one for each objective, got [1.0]"),
    ],
)
def test_what_an_engine_cannot_do_is_said_in_one_line(
    name: str, objectives: int, reference: list[float | None] | None, line: str
) -> None:
    with pytest.raises(BadInput) as caught:
        make_engine(name, plane(), objectives=objectives, reference=reference)
    assert str(caught.value) == line
