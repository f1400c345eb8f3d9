"""Expected improvement in the units of the values, against closed forms and sampling."""

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace, Float
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from search.engine import Engine
from search.engines.native_engine import NativeEngine
from search.promise import expected_improvement
from search.target_transform import TargetTransform

LINEAR = TargetTransform(center=3.0, spread=2.0, power=1.0, mean=0.5, std=4.0)


@given(st.floats(-3, 3), st.floats(1e-3, 2))
@settings(max_examples=25)
def test_without_a_bend_it_is_the_closed_form(mean: float, std: float) -> None:
    z = (0.2 - mean) / std
    closed = 8.0 * std * (norm.pdf(z) + z * norm.cdf(z))  # a step of the target is 2 x 4 of the value
    assert expected_improvement(mean, std, 0.2, LINEAR) == pytest.approx(closed, rel=2e-2, abs=1e-300)


def test_through_a_bend_it_is_the_mean_of_samples() -> None:
    values = np.exp(np.random.default_rng(0).normal(size=60) * 2.0)
    transform = TargetTransform.fit(values)
    best, mean, std = float(transform(values.min())), -0.9, 0.4
    drawn = transform.inverse(np.random.default_rng(1).normal(mean, std, 200_000))
    assert transform.power < 0.5
    sampled = np.maximum(transform.inverse(np.array(best)) - drawn, 0.0).mean()
    assert expected_improvement(mean, std, best, transform) == pytest.approx(sampled, rel=0.02)


@given(st.floats(-2, 2), st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5))
@settings(max_examples=50)
def test_the_inverse_of_the_transform_is_one(power: float, values: list[float]) -> None:
    transform = TargetTransform(0.3, 100.0, power, 0.1, 2.0)
    assert transform.inverse(transform(np.array(values))) == pytest.approx(values, rel=1e-6, abs=1e-6)


def native() -> Engine:
    return NativeEngine(ConfigurationSpace(space=[Float("x", (0.0, 1.0))]), seed=3)


def test_the_native_engine_expects_less_and_less_of_a_parabola() -> None:
    engine, expected = native(), []
    for _ in range(14):
        expected.append(engine.expected_improvement())
        (suggestion,) = engine.ask()
        engine.tell(suggestion, 1e3 * (float(str(suggestion.config["x"])) - 0.3) ** 2)
    assert expected[0] is None
    known = [each for each in expected if each is not None]
    assert known[0] > 1e-3
    assert known[-1] < 1e-5 * known[0]


def test_looking_ahead_changes_nothing() -> None:
    looking, blind = native(), native()
    for number in range(10):
        looking.expected_improvement()
        assert looking.ask() == blind.ask()
        for engine in (looking, blind):
            engine.tell(number, float(number % 3))
