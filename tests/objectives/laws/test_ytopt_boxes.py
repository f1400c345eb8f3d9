"""The coefficient boxes of ytopt's hpo4llm benchmark: laws are monotone there, so corners are extremes."""

import numpy as np
import pytest

from objectives import laws

POINT = (18.8e9, 110.2e9)
SPARSITY = 0.98

BOXES = {  # name -> (lower, upper, default), from the benchmark's run_ytopt.py
    "hoffmann": {
        "e": (1.6, 1.7, 1.69),
        "a": (350, 450, 406.4),
        "b": (350, 450, 410.7),
        "alpha": (0.3, 0.5, 0.34),
        "beta": (0.2, 0.5, 0.28),
    },
    "frantar": {
        "e": (0.6, 0.7, 0.651),
        "a_S": (15.0, 18, 16.8),
        "b_S": (0.6, 0.8, 0.722),
        "c_S": (30, 50, 45),
        "b_N": (0.1, 0.3, 0.245),
        "a_D": (6e8, 7.5e8, 6.9e8),
        "b_D": (0.1, 0.3, 0.203),
    },
    "abnar": {
        "e": (0.8, 1, 0.94),
        "a": (16000, 17000, 16612.50),
        "b": (5300, 5500, 5455.67),
        "c": (0.4, 0.5, 0.4598),
        "d": (15, 20, 17.26),
        "alpha": (0.4, 0.8, 0.5962),
        "beta": (0.2, 0.6, 0.3954),
        "lambda": (-0.2, 0.2, -0.1666),
        "delta": (0.1, 0.2, 0.1603),
        "gamma": (0.1, 0.2, 0.1595),
    },
}

EXTREMES = {  # loss at the defaults, least and greatest loss over the box [recomputed]
    "hoffmann": (2.1530, 1.603607, 4.857048),
    "frantar": (1.1479, 0.834677, 6.162872),
    "abnar": (2.1693, 1.179779, 41.554953),
}

each_box = pytest.mark.parametrize("family", list(BOXES))


def slopes(family: str, coefficients: dict[str, float]) -> np.ndarray:
    s = SPARSITY if family != "hoffmann" else 0.0
    return laws.custom(family, **coefficients).coefficient_gradient(*POINT, s)


def loss(family: str, coefficients: dict[str, float]) -> float:
    s = SPARSITY if family != "hoffmann" else 0.0
    return float(laws.custom(family, **coefficients).loss(*POINT, s))


@each_box
def test_the_boxes_name_all_coefficients_in_the_order_of_the_law(family: str) -> None:
    assert list(BOXES[family]) == list(laws.get(family).coefficients)


@each_box
def test_losses_at_the_defaults_agree_with_recomputed_values(family: str) -> None:
    defaults = {name: default for name, (_, _, default) in BOXES[family].items()}
    assert loss(family, defaults) == pytest.approx(EXTREMES[family][0], abs=5e-5)


@each_box
def test_the_law_is_monotone_in_every_coefficient_over_its_box(family: str) -> None:
    rng = np.random.default_rng(0)
    signs = {
        tuple(
            np.sign(
                slopes(family, {k: rng.uniform(low, high) for k, (low, high, _) in BOXES[family].items()})
            )
        )
        for _ in range(200)
    }
    assert len(signs) == 1


@each_box
def test_the_corners_the_slopes_point_to_hold_the_extreme_losses(family: str) -> None:
    box = BOXES[family]
    rising = slopes(family, {name: default for name, (_, _, default) in box.items()}) > 0
    ends = list(zip(box.items(), rising, strict=True))
    least = loss(family, {name: float(low if up else high) for (name, (low, high, _)), up in ends})
    greatest = loss(family, {name: float(high if up else low) for (name, (low, high, _)), up in ends})
    assert least == pytest.approx(EXTREMES[family][1], abs=1e-6)
    assert greatest == pytest.approx(EXTREMES[family][2], abs=1e-6)
