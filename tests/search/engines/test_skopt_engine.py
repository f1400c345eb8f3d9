"""The scikit-optimize engine against scikit-optimize itself, closed forms, and random search."""

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Constant, Float, Integer
from scipy.stats import norm
from skopt import Optimizer

from search import Engine, make_engine
from search.engines.skopt_engine import Hedge
from search.engines.skopt_model import Acquisition, Features, Surrogate
from search.engines.skopt_options import CHOICES
from search.trial import Asked, Done, Event
from spaces.configs import Config
from spaces.encoding import Encoder
from spaces.errors import BadInput


def square() -> ConfigurationSpace:
    return ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0))])


def bowl(config: Config) -> float:
    """A minimum of zero at (0.3, 0.7)."""
    x, y = (float(config[axis] or 0) for axis in ("x", "y"))
    return (x - 0.3) ** 2 + (y - 0.7) ** 2


def run(engine: Engine, trials: int) -> list[Config]:
    asked = []
    for _ in range(trials):
        suggestion = engine.ask()[0]
        engine.tell(suggestion, bowl(suggestion.config))
        asked.append(suggestion.config)
    return asked


@pytest.mark.parametrize("acquisition", ["EI", "LCB"])
def test_the_gaussian_process_proposes_what_skopt_proposes(acquisition: str) -> None:
    points = np.random.default_rng(5).random((12, 2))
    values = [bowl({"x": x, "y": y}) for x, y in points.tolist()]
    peer = Optimizer(
        [(0.0, 1.0), (0.0, 1.0)],
        "GP",
        n_initial_points=12,
        acq_func=acquisition,
        acq_func_kwargs={"xi": 1e-4},
        random_state=0,
    )
    peer.tell(points.tolist(), values)
    events: list[Event] = [Asked(number, {"x": x, "y": y}) for number, (x, y) in enumerate(points.tolist())]
    events += [Done(number, value) for number, value in enumerate(values)]
    ours = make_engine("skopt", square(), learner="GP", acquisition=acquisition, xi=1e-4)
    ours.replay(events)
    proposed = ours.ask()[0].config
    assert [proposed["x"], proposed["y"]] == pytest.approx(peer.ask(), abs=0.01)


def test_acquisitions_are_their_closed_forms() -> None:
    mean, std, best, xi = np.array([0.0, 0.5, 2.0]), np.array([0.1, 1.0, 0.5]), 0.2, 0.05
    gain = best - xi - mean
    expected = {
        "LCB": mean - 3.0 * std,
        "EI": -(gain * norm.cdf(gain / std) + std * norm.pdf(gain / std)),
        "PI": -norm.cdf(gain / std),
    }
    for name, values in expected.items():
        assert Acquisition(name, kappa=3.0, xi=xi).of(mean, std, best) == pytest.approx(values, rel=1e-12)


@pytest.mark.parametrize("learner", ["RF", "ET", "GBRT", "GP"])
@pytest.mark.parametrize("acquisition", CHOICES["acquisition"])
def test_every_learner_works_with_every_acquisition(learner: str, acquisition: str) -> None:
    space = ConfigurationSpace(
        space=[
            Float("x", (0.0, 1.0)),
            Categorical("kind", ["a", "b", "c"]),
            Integer("k", (1, 9)),
            Constant("z", 1),
        ]
    )
    engine = make_engine(
        "skopt", space, learner=learner, acquisition=acquisition, initial_points=4, pool=100, seed=2
    )
    for number in range(7):
        suggestion = engine.ask()[0]
        engine.tell(suggestion, float(number % 3))
    assert len(engine.history.done) == 7


def test_the_gaussian_process_comes_far_nearer_than_random_search() -> None:
    ours, random = [], []
    for seed in range(3):
        engine = make_engine("skopt", square(), seed=seed, learner="GP", initial_points=6, pool=1000)
        baseline = make_engine("random", square(), seed=seed)
        ours.append(min(map(bowl, run(engine, 16))))
        random.append(min(map(bowl, run(baseline, 16))))
    assert np.median(ours) < np.median(random) / 100


def test_dummy_is_random_search() -> None:
    dummy = run(make_engine("skopt", square(), learner="DUMMY", seed=4), 15)
    assert dummy == run(make_engine("random", square(), seed=4), 15)


def test_the_liar_decides_the_second_of_a_batch_and_not_the_first() -> None:
    batches = {}
    for liar in CHOICES["liar"]:
        engine = make_engine("skopt", square(), learner="GP", acquisition="LCB", liar=liar, initial_points=5)
        run(engine, 6)
        batches[liar] = [suggestion.config for suggestion in engine.ask(2)]
    first, second = zip(*batches.values(), strict=True)
    assert first[0] == first[1] == first[2]
    assert second[0] != second[2]


def test_the_gains_of_the_hedge_survive_a_replay() -> None:
    def make() -> Engine:
        return make_engine("skopt", square(), learner="GP", initial_points=4, pool=50, kappa=20.0)

    unbroken, events = make(), list[Event]()
    for number in range(10):
        suggestion = unbroken.ask()[0]
        value = 10.0 * bowl(suggestion.config)
        unbroken.tell(suggestion, value)
        events += [Asked(number, suggestion.config), Done(number, value)]
    for known in (6, 8):
        resumed = make()
        resumed.replay(events[: 2 * known])
        for event in events[2 * known :]:
            if isinstance(event, Asked):
                assert resumed.ask()[0].config == event.config
            elif isinstance(event, Done):
                resumed.tell(event.number, event.numbers)


def test_a_region_that_fails_is_left() -> None:
    engine = make_engine("skopt", square(), learner="RF", acquisition="LCB", initial_points=12, pool=500)
    for _ in range(12 + 10):
        suggestion = engine.ask()[0]
        if float(suggestion.config["x"] or 0) > 0.5:
            engine.tell_failure(suggestion, "out of memory")
        else:
            engine.tell(suggestion, bowl(suggestion.config))
    assert sum(trial.number >= 12 for trial in engine.history.failed) <= 2


@pytest.mark.parametrize("generator", CHOICES["initial_generator"])
def test_initial_designs_are_feasible_and_seeded(generator: str) -> None:
    def start(seed: int) -> list[Config]:
        engine = make_engine(
            "skopt",
            square(),
            seed=seed,
            constraint=lambda rows: rows["x"] + rows["y"] <= 1.0,
            initial_generator=generator,
        )
        return [suggestion.config for suggestion in engine.ask(10)]

    first = start(0)
    assert all(float(config["x"] or 0) + float(config["y"] or 0) <= 1.0 for config in first)
    assert first == start(0)
    assert first != start(1)


def test_an_unconstrained_latin_hypercube_has_one_point_in_each_tenth() -> None:
    engine = make_engine("skopt", square(), initial_generator="lhs")
    configs = [suggestion.config for suggestion in engine.ask(10)]
    for axis in ("x", "y"):
        assert sorted(int(float(config[axis] or 0) * 10) for config in configs) == list(range(10))


def test_a_generator_too_wide_for_skopt_is_refused() -> None:
    space = ConfigurationSpace({f"x{number}": (0.0, 1.0) for number in range(41)})
    for generator in ("sobol", "grid"):
        with pytest.raises(BadInput, match=r"engine\.initial_generator"):
            make_engine("skopt", space, initial_generator=generator)
    assert make_engine("skopt", space, initial_generator="halton").ask()


def test_categories_are_one_hot_and_descents_leave_them_alone() -> None:
    encoder = Encoder(
        ConfigurationSpace(
            space=[
                Categorical("kind", ["a", "b", "c"]),
                Float("x", (0.0, 1.0)),
                Constant("z", 1),
                Categorical("on", [0, 1]),
            ]
        )
    )
    features = Features(encoder)
    row = encoder.encode({"kind": "c", "x": 0.25, "z": 1, "on": 1})
    points = features.of(row[None, :])
    assert points.shape == (1, 5)
    assert sorted(points[0].tolist()) == [0.0, 0.0, 0.25, 0.75, 1.0]
    free = [bounds for bounds in features.bounds(points[0]) if bounds[0] < bounds[1]]
    assert free == [(0.0, 1.0)]
    assert encoder.decode(features.moved(row, np.full(5, 0.9))) == {"kind": "c", "x": 0.9, "z": 1, "on": 1}


def test_the_hedge_follows_the_acquisition_whose_points_are_predicted_lowest() -> None:
    encoder = Encoder(square())
    rows = encoder.canonical(np.random.default_rng(0).random((30, 2)))
    values = np.array([100.0 * bowl(encoder.decode(row)) for row in rows])
    surrogate = Surrogate("RF", Features(encoder), rows, values, seed=0)
    wanted = np.array([[0.9, 0.1], [0.3, 0.7], [0.9, 0.9]])
    hedge, rng = Hedge(), np.random.default_rng(0)
    first = {tuple(hedge.choose(wanted, rng)[0]) for _ in range(50)}
    hedge.reward(surrogate, outcomes=1)
    later = {tuple(hedge.choose(wanted, rng)[0]) for _ in range(50)}
    assert len(first) == 3
    assert later == {(0.3, 0.7)}
