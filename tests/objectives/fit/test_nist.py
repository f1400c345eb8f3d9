"""The solver against NIST's reference problems of nonlinear regression: 27 problems, two starts each.

The folder `nist` holds the Statistical Reference Datasets (StRD) as published by the US National Institute of
Standards and Technology, public domain, one file a problem. Certified values are stated to eleven digits.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from objectives.fit.covariance import standard_errors
from objectives.fit.losses import LeastSquares
from objectives.fit.solver import Minima, Model, minimise
from objectives.laws.law import Array

FOLDER = Path(__file__).parent / "nist"
Curve = Callable[[Array, Array], tuple[Array, list[Array]]]
"""Parameters (p, B, 1) and x -> the curve (B, R) and its derivatives by each parameter."""


def saturating(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """Misra1a, BoxBOD: b1 (1 - exp(-b2 x))."""
    left = np.exp(-b[1] * x)
    return b[0] * (1 - left), [1 - left, b[0] * x * left]


def misra1b(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """b1 (1 - (1 + b2 x/2)^-2)."""
    base = 1 + b[1] * x / 2
    return b[0] * (1 - base**-2), [1 - base**-2, b[0] * x * base**-3]


def misra1c(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """b1 (1 - (1 + 2 b2 x)^(-1/2))."""
    base = 1 + 2 * b[1] * x
    return b[0] * (1 - base**-0.5), [1 - base**-0.5, b[0] * x * base**-1.5]


def misra1d(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """b1 b2 x / (1 + b2 x)."""
    base = 1 + b[1] * x
    return b[0] * b[1] * x / base, [b[1] * x / base, b[0] * x / base**2]


def chwirut(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """exp(-b1 x) / (b2 + b3 x)."""
    y = np.exp(-b[0] * x) / (b[1] + b[2] * x)
    by_b2 = -y / (b[1] + b[2] * x)
    return y, [-x * y, by_b2, x * by_b2]


def lanczos(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """Three exponentials, b1 exp(-b2 x) + ..."""
    terms = [np.exp(-rate * x) for rate in b[1::2]]
    y = sum((size * term for size, term in zip(b[::2], terms, strict=True)), np.zeros(1))
    pairs = ((term, -size * x * term) for size, term in zip(b[::2], terms, strict=True))
    return y, [slope for pair in pairs for slope in pair]


def gauss(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """An exponential and two Gaussian peaks, b3 exp(-(x - b4)^2 / b5^2) + ..."""
    left = np.exp(-b[1] * x)
    y, slopes = b[0] * left, [left, -b[0] * x * left]
    for size, centre, width in (b[2:5], b[5:8]):
        z = (x - centre) / width
        bell = np.exp(-(z**2))
        y = y + size * bell
        slopes += [bell, size * bell * 2 * z / width, size * bell * 2 * z**2 / width]
    return y, slopes


def danwood(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """b1 x^b2."""
    power = x ** b[1]
    return b[0] * power, [power, b[0] * power * np.log(x)]


def rational(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """Kirby2 (quadratic / quadratic), Hahn1 and Thurber (cubic / cubic); the denominator starts with 1."""
    degree = len(b) // 2
    powers = [x**k for k in range(degree + 1)]
    above = sum((b[k] * powers[k] for k in range(degree + 1)), np.zeros(1))
    below = 1 + sum((b[degree + k] * powers[k] for k in range(1, degree + 1)), np.zeros(1))
    y = above / below
    return y, [*(power / below for power in powers), *(-y * power / below for power in powers[1:])]


def mgh09(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """b1 (x^2 + b2 x) / (x^2 + b3 x + b4)."""
    below = x**2 + b[2] * x + b[3]
    ratio = (x**2 + b[1] * x) / below
    by_b4 = -b[0] * ratio / below
    return b[0] * ratio, [ratio, b[0] * x / below, x * by_b4, by_b4]


def mgh10(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """b1 exp(b2 / (x + b3))."""
    power = np.exp(b[1] / (x + b[2]))
    by_b2 = b[0] * power / (x + b[2])
    return b[0] * power, [power, by_b2, -b[1] * by_b2 / (x + b[2])]


def mgh17(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """b1 + b2 exp(-b4 x) + b3 exp(-b5 x)."""
    first, second = np.exp(-b[3] * x), np.exp(-b[4] * x)
    y = b[0] + b[1] * first + b[2] * second
    return y, [np.ones_like(y), first, second, -b[1] * x * first, -b[2] * x * second]


def nelson(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """Of log y: b1 - b2 x1 exp(-b3 x2)."""
    power = x[0] * np.exp(-b[2] * x[1])
    return b[0] - b[1] * power, [np.ones_like(power), -power, b[1] * power * x[1]]


def roszman1(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """b1 - b2 x - arctan(b3 / (x - b4)) / pi."""
    away = x - b[3]
    size = np.pi * (away**2 + b[2] ** 2)
    y = b[0] - b[1] * x - np.arctan(b[2] / away) / np.pi
    return y, [np.ones_like(y), -x + 0 * y, -away / size, -b[2] / size]


def enso(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """A constant and three cycles, of period 12, b4 and b7."""
    angles = 2 * np.pi * x / np.stack([np.full_like(b[3], 12.0), b[3], b[6]])
    cosines, sines = np.cos(angles), np.sin(angles)
    pairs = ((b[1], b[2]), (b[4], b[5]), (b[7], b[8]))
    y, by_period = b[0], []
    for (p, q), period, angle, c, s in zip(pairs, (None, b[3], b[6]), angles, cosines, sines, strict=True):
        y = y + p * c + q * s
        by_period.append(None if period is None else (p * s - q * c) * angle / period)
    (c1, c2, c3), (s1, s2, s3) = cosines, sines
    return y, [np.ones_like(y), c1, s1, by_period[1], c2, s2, by_period[2], c3, s3]


def eckerle4(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """(b1/b2) exp(-((x - b3) / b2)^2 / 2)."""
    z = (x - b[2]) / b[1]
    bell = np.exp(-(z**2) / 2) / b[1]
    return b[0] * bell, [bell, b[0] * bell * (z**2 - 1) / b[1], b[0] * bell * z / b[1]]


def rat42(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """b1 / (1 + exp(b2 - b3 x))."""
    power = np.exp(b[1] - b[2] * x)
    by_b1 = 1 / (1 + power)
    by_b2 = -b[0] * by_b1 * power * by_b1
    return b[0] * by_b1, [by_b1, by_b2, -x * by_b2]


def rat43(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """b1 / (1 + exp(b2 - b3 x))^(1/b4)."""
    power = np.exp(b[1] - b[2] * x)
    by_b1 = (1 + power) ** (-1 / b[3])
    by_b2 = -b[0] * by_b1 / b[3] * power / (1 + power)
    return b[0] * by_b1, [by_b1, by_b2, -x * by_b2, b[0] * by_b1 * np.log1p(power) / b[3] ** 2]


def bennett5(b: Array, x: Array) -> tuple[Array, list[Array]]:
    """b1 (b2 + x)^(-1/b3)."""
    power = (b[1] + x) ** (-1 / b[2])
    return b[0] * power, [
        power,
        -b[0] * power / (b[2] * (b[1] + x)),
        b[0] * power * np.log(b[1] + x) / b[2] ** 2,
    ]


CURVES: dict[str, Curve] = {
    **dict.fromkeys(("Misra1a", "BoxBOD"), saturating),
    **{"Misra1b": misra1b, "Misra1c": misra1c, "Misra1d": misra1d},
    **dict.fromkeys(("Chwirut1", "Chwirut2"), chwirut),
    **dict.fromkeys(("Lanczos1", "Lanczos2", "Lanczos3"), lanczos),
    **dict.fromkeys(("Gauss1", "Gauss2", "Gauss3"), gauss),
    **dict.fromkeys(("Kirby2", "Hahn1", "Thurber"), rational),
    **{"DanWood": danwood, "MGH09": mgh09, "MGH10": mgh10, "MGH17": mgh17, "Nelson": nelson},
    **{"Roszman1": roszman1, "ENSO": enso, "Eckerle4": eckerle4, "Rat42": rat42, "Rat43": rat43},
    "Bennett5": bennett5,
}


ROUNDED = "Lanczos1"
"""Its data lie within 2e-13 of the curve: a sum of squares of 1.4e-25 is rounding of double precision."""


def problem(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.json").read_text()))


def model(name: str) -> Model:
    """Residuals and Jacobian of one problem as the solver takes them."""
    record = problem(name)
    x, y = np.array(record["x"]), np.array(record["y"], dtype=np.float64)
    y = np.log(y) if name == "Nelson" else y

    def residuals(theta: Array) -> tuple[Array, Array]:
        curve, slopes = CURVES[name](theta.T[:, :, None], x)
        columns = [np.broadcast_to(slope, curve.shape) for slope in slopes]
        return curve - y, np.stack(columns, axis=-1)

    return residuals


@cache
def solved(name: str) -> Minima:
    """Both starts, told to the solver to be far from the optimum."""
    record = problem(name)
    starts = np.array(record["starts"], dtype=np.float64)
    weights = np.ones(len(record["y"]))
    return minimise(model(name), starts, LeastSquares(), weights, damping=100.0, steps=6000)


def digits(found: npt.ArrayLike, certified: npt.ArrayLike) -> float:
    """The log relative error: how many digits agree, of the worst number; at most 11, which are stated."""
    found, certified = np.asarray(found), np.asarray(certified)
    with np.errstate(divide="ignore"):
        error = np.abs(found - certified) / np.abs(certified)
        return float(np.min(np.clip(-np.log10(error), 0.0, 11.0)))


each_problem = pytest.mark.parametrize("name", CURVES)


def test_all_27_problems_are_here() -> None:
    assert len(CURVES) == 27
    assert {path.stem for path in FOLDER.glob("*.json")} == set(CURVES)


@each_problem
def test_both_starts_lead_to_the_certified_values(name: str) -> None:
    record = problem(name)
    minima = solved(name)
    for theta, value in zip(minima.theta, minima.value, strict=True):
        assert digits(theta, np.array(record["certified"])) >= 9.5
        assert digits(2 * value, record["residual_sum_of_squares"]) >= (2.0 if name == ROUNDED else 9.0)


@each_problem
def test_standard_errors_are_the_certified_standard_deviations(name: str) -> None:
    record = problem(name)
    for theta in solved(name).theta:
        found = standard_errors(model(name), theta)
        assert digits(found, np.array(record["deviations"])) >= (2.0 if name == ROUNDED else 9.0)


def test_only_three_first_starts_need_more_than_the_usual_damping_and_steps() -> None:
    for name in CURVES:
        record = problem(name)
        starts = np.array(record["starts"], dtype=np.float64)
        minima = minimise(model(name), starts, LeastSquares(), np.ones(len(record["y"])))
        there = [digits(theta, np.array(record["certified"])) >= 9.5 for theta in minima.theta]
        assert there == [name not in ("BoxBOD", "MGH10", "MGH17"), True], name
