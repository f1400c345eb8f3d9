"""Standard errors against other programs and against repetition (least squares: test_nist)."""

import numpy as np
import pytest

from objectives.fit.covariance import covariance, standard_errors
from objectives.fit.losses import Huber, LeastSquares
from objectives.fit.solver import Model, minimise
from objectives.laws.law import Array

LOSS = np.array([42, 37, 37, 28, 18, 18, 19, 20, 15, 14, 14, 13, 11, 12, 8, 7, 8, 8, 9, 15, 15.0])
AIR = [80, 80, 75, 62, 62, 62, 62, 62, 58, 58, 58, 58, 58, 58, 50, 50, 50, 50, 50, 56, 70]
WATER = [27, 27, 25, 24, 22, 23, 24, 24, 23, 18, 18, 17, 18, 19, 18, 18, 19, 19, 20, 20, 20]
ACID = [89, 88, 90, 87, 87, 87, 93, 93, 87, 80, 89, 88, 82, 93, 89, 86, 72, 79, 80, 82, 91]
PLANT = np.column_stack([np.ones(21), AIR, WATER, ACID])
"""Stack loss of an ammonia plant (Brownlee 1965), which every robust regression is tried on."""
DELTA = 1.345 * 2.842867948032296


def linear(design: Array, y: Array) -> Model:
    def model(theta: Array) -> tuple[Array, Array]:
        return theta @ design.T - y, np.broadcast_to(design, (len(theta), *design.shape))

    return model


STACK = linear(PLANT, LOSS)


def test_huber_estimates_and_errors_are_those_of_statsmodels() -> None:
    """RLM of statsmodels 0.14 with HuberT, the scale held, and covariance H1."""
    minima = minimise(STACK, np.zeros((1, 4)), Huber(DELTA), np.ones(21))
    expected = [-41.13749477404577, 0.8171067217614078, 0.982086661080552, -0.1313271932848543]
    np.testing.assert_allclose(minima.theta[0], expected, rtol=1e-9)
    errors = standard_errors(STACK, minima.theta[0], Huber(DELTA))
    expected = [10.59715569332563, 0.12013395805941651, 0.3278422554227059, 0.13922938371955845]
    np.testing.assert_allclose(errors, expected, rtol=1e-9)


def test_least_squares_errors_are_those_of_statsmodels() -> None:
    """OLS, OLS with HC1, and WLS of statsmodels 0.14."""
    theta = minimise(STACK, np.zeros((1, 4)), LeastSquares(), np.ones(21)).theta[0]
    plain = [11.895996850644247, 0.1348581853553723, 0.3680242652727039, 0.15629404324862103]
    np.testing.assert_allclose(standard_errors(STACK, theta), plain, rtol=1e-10)
    robust = [7.12614996317373, 0.17665666885409514, 0.49628777888880693, 0.09606099140710535]
    np.testing.assert_allclose(standard_errors(STACK, theta, sandwich=True), robust, rtol=1e-10)
    weights = np.arange(1.0, 22.0)
    theta = minimise(STACK, np.zeros((1, 4)), LeastSquares(), weights).theta[0]
    weighted = [9.713279673148834, 0.12424613097262771, 0.3345387849133798, 0.12961343676595344]
    np.testing.assert_allclose(standard_errors(STACK, theta, weights=weights), weighted, rtol=1e-10)


@pytest.mark.parametrize("factor", [1e-6, 7.0, 1e6])
@pytest.mark.parametrize("sandwich", [False, True])
def test_the_scale_of_the_weights_does_not_matter(factor: float, sandwich: bool) -> None:
    weights = np.linspace(0.5, 2.0, 21)
    theta = minimise(STACK, np.zeros((1, 4)), Huber(DELTA), weights).theta[0]
    one, other = (
        covariance(STACK, theta, Huber(DELTA), weights * scale, sandwich=sandwich) for scale in (1.0, factor)
    )
    np.testing.assert_allclose(one, other, rtol=1e-9)
    np.testing.assert_allclose(one, one.T, rtol=1e-12)


@pytest.mark.parametrize("sandwich", [False, True])
def test_errors_are_the_spread_of_estimates_over_repeated_noise(sandwich: bool) -> None:
    """With heavy tails, which Huber's loss is for. Where the noise grows with x only the sandwich holds."""
    random = np.random.default_rng(3)
    x = np.linspace(0.0, 1.0, 200)
    design = np.column_stack([np.ones(200), x])
    noise = random.standard_t(3, size=(400, 200)) * ((0.05 + x**2) if sandwich else 1.0)
    estimates, errors = [], []
    for y in noise:
        model = linear(design, y)
        theta = minimise(model, np.zeros((1, 2)), Huber(0.7), np.ones(200)).theta[0]
        estimates.append(theta)
        errors.append(standard_errors(model, theta, Huber(0.7), sandwich=sandwich))
    np.testing.assert_allclose(np.mean(errors, axis=0), np.std(estimates, axis=0), rtol=0.1)


def test_what_the_residuals_do_not_determine_has_infinite_variance() -> None:
    """Columns 1 and 2 are the same, and 3 has no effect; 0 is determined."""
    x = np.linspace(-1.0, 1.0, 30)
    design = np.column_stack([np.ones(30), x, x, np.zeros(30)])
    matrix = covariance(linear(design, np.sin(9.0 * x)), np.zeros(4))
    assert np.isfinite(matrix[0, 0])
    assert np.all(np.isinf(np.diag(matrix)[1:]))
    assert np.isnan(matrix[0, 1])


def test_as_many_parameters_as_residuals_leave_nothing_to_judge_by() -> None:
    assert np.all(np.isinf(standard_errors(linear(np.eye(3), np.arange(3.0)), np.zeros(3))))
