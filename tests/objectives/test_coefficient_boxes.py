"""The boxes of ytopt's benchmark: the corner optima and the box extremes known in closed form."""

import itertools

import numpy as np
import pytest

from objectives import laws
from objectives.law_objectives import CoefficientLoss
from spaces.coefficients import BOXES, coefficients_space
from spaces.configs import Config, Configs
from spaces.encoding import Encoder

RUN = {"n": 18.8e9, "tokens": 110.2e9}
"""The constants of the benchmark; the sparsity is 0.98 where the law has one."""

LEAST: dict[str, tuple[float, Config]] = {
    "hoffmann": (1.603607, {"e": 1.6, "a": 350.0, "b": 350.0, "alpha": 0.5, "beta": 0.5}),
    "frantar": (
        0.834677,
        {"e": 0.6, "a_S": 15.0, "b_S": 0.8, "c_S": 30.0, "b_N": 0.3, "a_D": 6e8, "b_D": 0.3},
    ),
    "abnar": (
        1.179779,
        {
            "e": 0.8,
            "a": 16000.0,
            "b": 5300.0,
            "c": 0.4,
            "d": 15.0,
            "alpha": 0.8,
            "beta": 0.6,
            "lambda": -0.2,
            "delta": 0.1,
            "gamma": 0.2,
        },
    ),
}
AT_DEFAULTS = {"hoffmann": 2.1530, "frantar": 1.1479, "abnar": 2.1693}
MOST = {"hoffmann": 4.857048, "frantar": 6.162872, "abnar": 41.554953}


def objective(family: str) -> CoefficientLoss:
    return CoefficientLoss(laws.get(family), **RUN, sparsity=0.0 if family == "hoffmann" else 0.98)


@pytest.mark.parametrize("family", BOXES)
def test_names_are_the_coefficients_of_the_law(family: str) -> None:
    assert objective(family).unsuitable(list(coefficients_space(family))) == []


@pytest.mark.parametrize("family", BOXES)
def test_the_optimum_is_the_known_corner(family: str) -> None:
    encoder = Encoder(coefficients_space(family))
    corners = np.array(list(itertools.product([0.0, 1.0], repeat=len(encoder.names))))
    losses = objective(family).evaluate_many(encoder.decode_many(corners))["loss"]
    value, corner = LEAST[family]
    assert losses.min() == pytest.approx(value, abs=5e-7)
    assert losses.max() == pytest.approx(MOST[family], abs=5e-7)
    assert encoder.decode(corners[losses.argmin()]) == corner


@pytest.mark.parametrize("family", BOXES)
def test_nothing_inside_the_box_beats_the_corner(family: str) -> None:
    encoder = Encoder(coefficients_space(family))
    rows = encoder.random(100_000, np.random.default_rng(0))
    losses = objective(family).evaluate_many(encoder.decode_many(rows))["loss"]
    assert losses.min() > LEAST[family][0]
    assert losses.max() < MOST[family]


@pytest.mark.parametrize("family", BOXES)
def test_defaults_are_those_of_the_benchmark(family: str) -> None:
    space = coefficients_space(family)
    defaults = Configs.from_rows([dict(space.get_default_configuration())])
    loss = objective(family).evaluate_many(defaults)["loss"][0]
    assert loss == pytest.approx(AT_DEFAULTS[family], abs=5e-5)
