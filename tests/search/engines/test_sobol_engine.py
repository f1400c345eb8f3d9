"""Sobol search."""

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace, Float
from scipy.stats import qmc

from search import make_engine
from search.trial import Asked


@pytest.fixture
def plane() -> ConfigurationSpace:
    return ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0))])


def test_the_first_64_points_have_one_in_each_64th_of_every_axis(plane: ConfigurationSpace) -> None:
    """The net property of a Sobol sequence, which scrambling keeps."""
    configs = [suggestion.config for suggestion in make_engine("sobol", plane, seed=3).ask(64)]
    for axis in ("x", "y"):
        bins = [int(float(config[axis] or 0) * 64) for config in configs]
        assert sorted(bins) == list(range(64))


def test_a_constraint_thins_the_same_sequence(plane: ConfigurationSpace) -> None:
    free = make_engine("sobol", plane, seed=1)
    bound = make_engine("sobol", plane, seed=1, constraint=lambda rows: rows["x"] > rows["y"])
    sequence = [suggestion.config for suggestion in free.ask(200)]
    feasible = [config for config in sequence if float(config["x"] or 0) > float(config["y"] or 0)]
    assert [suggestion.config for suggestion in bound.ask(len(feasible))] == feasible


def test_points_somebody_else_asked_are_skipped(plane: ConfigurationSpace) -> None:
    sequence = [suggestion.config for suggestion in make_engine("sobol", plane).ask(4)]
    engine = make_engine("sobol", plane)
    engine.replay([Asked(0, sequence[0]), Asked(1, sequence[2])])
    assert [suggestion.config for suggestion in engine.ask(2)] == [sequence[1], sequence[3]]


def test_the_sequence_is_more_even_than_random(plane: ConfigurationSpace) -> None:
    discrepancy = {
        name: qmc.discrepancy(np.array([list(s.config.values()) for s in make_engine(name, plane).ask(128)]))
        for name in ("sobol", "random")
    }
    assert discrepancy["sobol"] < discrepancy["random"] / 10
