"""What holds for every problem the solver is given (against certified values: test_nist)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from objectives.fit.losses import Asymmetric, Huber, LeastSquares, Loss
from objectives.fit.solver import Model, minimise
from objectives.laws.law import Array

X = np.geomspace(1.0, 1e4, 40)
TRUTH = np.array([0.6, 2.0, 0.45])
START = np.array([[0.3, 1.0, 0.3], [0.0, 0.0, 0.8]])
LOSSES = [LeastSquares(), Huber(0.02), Asymmetric(0.02)]

each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
seeds = st.integers(0, 2**32 - 1)


def curve(y: Array, x: Array = X) -> Model:
    """A power law over a floor, exp(c) + exp(a) x^-b, compared as logarithms; no value where b > 3."""

    def model(theta: Array) -> tuple[Array, Array]:
        c, a, b = (theta[:, [j]] for j in range(3))
        floor, power = np.exp(c) + 0.0 * x, np.exp(a - b * np.log(x))
        total = np.where(b > 3.0, np.nan, floor + power)
        slopes = np.stack([floor, power, -power * np.log(x)], axis=-1)
        return np.log(total) - y, slopes / total[:, :, None]

    return model


def measured(seed: int) -> Array:
    """Log losses with noise, a tenth of them far off."""
    random = np.random.default_rng(seed)
    noise = random.normal(0.0, 0.01, len(X)) + (random.uniform(size=len(X)) < 0.1) * random.normal(
        0, 0.3, len(X)
    )
    return np.asarray(curve(np.zeros(len(X)))(TRUTH[None])[0][0] + noise)


def gradient(model: Model, theta: Array, loss: Loss, weights: Array) -> Array:
    """Of F by the parameters, each relative to what its terms add up to without their signs."""
    r, jacobian = model(theta[None])
    terms = (weights * loss.slope(r[0]))[:, None] * jacobian[0]
    return np.asarray(terms.sum(axis=0) / np.abs(terms).sum(axis=0))


@each_loss
@settings(max_examples=15)
@given(seed=seeds, exponent=st.floats(-6.0, 6.0))
def test_the_scale_of_the_weights_changes_nothing_but_f(loss: Loss, seed: int, exponent: float) -> None:
    model, factor = curve(measured(seed)), 10.0**exponent
    weights = np.random.default_rng(seed).uniform(0.1, 2.0, len(X))
    one = minimise(model, START, loss, weights)
    other = minimise(model, START, loss, factor * weights)
    np.testing.assert_allclose(other.value, factor * one.value, rtol=1e-11)
    np.testing.assert_allclose(other.theta, one.theta, rtol=1e-8, atol=1e-8)


@each_loss
@settings(max_examples=15)
@given(seed=seeds)
def test_the_order_of_the_rows_does_not_matter(loss: Loss, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(X))
    y, weights = measured(seed), np.random.default_rng(seed).uniform(0.1, 2.0, len(X))
    one = minimise(curve(y), START, loss, weights)
    other = minimise(curve(y[order], X[order]), START, loss, weights[order])
    np.testing.assert_allclose(other.value, one.value, rtol=1e-11)
    np.testing.assert_allclose(other.theta, one.theta, rtol=1e-8, atol=1e-8)


@each_loss
@settings(max_examples=15)
@given(seed=seeds)
def test_a_whole_number_weight_is_that_many_rows(loss: Loss, seed: int) -> None:
    """Which is what lets a bootstrap resample by weights."""
    y, times = measured(seed), np.random.default_rng(seed).multinomial(len(X), np.full(len(X), 1 / len(X)))
    weighted = minimise(curve(y), START[:1], loss, times.astype(float))
    repeated = minimise(curve(np.repeat(y, times), np.repeat(X, times)), START[:1], loss, np.ones(len(X)))
    np.testing.assert_allclose(weighted.value, repeated.value, rtol=1e-10)


@each_loss
@settings(max_examples=10)
@given(seed=seeds)
def test_problems_solved_together_end_where_they_end_alone(loss: Loss, seed: int) -> None:
    random, model = np.random.default_rng(seed), curve(measured(seed))
    starts = TRUTH + random.normal(0.0, 0.3, (6, 3))
    weights = random.multinomial(len(X), np.full(len(X), 1 / len(X)), size=6).astype(float)
    lower = np.where(random.uniform(size=(6, 3)) < 0.2, starts - 0.05, -np.inf)
    together = minimise(model, starts, loss, weights, lower=lower)
    for b in range(6):
        alone = minimise(model, starts[b : b + 1], loss, weights[b], lower=lower[b])
        np.testing.assert_allclose(together.value[b], alone.value[0], rtol=1e-11)
        np.testing.assert_allclose(together.theta[b], alone.theta[0], rtol=1e-8, atol=1e-8)


@each_loss
@settings(max_examples=25)
@given(
    seed=seeds,
    sides=st.lists(st.sampled_from(["none", "below", "above", "held"]), min_size=3, max_size=3),
)
def test_bounds_hold_and_the_gradient_vanishes_or_points_out(loss: Loss, seed: int, sides: list[str]) -> None:
    """The conditions of Karush, Kuhn and Tucker, with bounds that the truth lies beyond."""
    model, weights = curve(measured(seed)), np.ones(len(X))
    lower = np.where([side in ("below", "held") for side in sides], TRUTH + 0.05, -np.inf)
    upper = np.where([side == "above" for side in sides], TRUTH - 0.05, np.inf)
    upper = np.where([side == "held" for side in sides], lower, upper)
    minima = minimise(model, START, loss, weights, lower=lower, upper=upper)
    theta = minima.theta[minima.best]
    assert np.all((lower <= minima.theta) & (minima.theta <= upper))
    slope = gradient(model, theta, loss, weights)
    assert np.all(np.abs(slope[(theta > lower) & (theta < upper)]) < 1e-8)
    assert np.all(slope[(theta == lower) & (lower < upper)] > -1e-8)
    assert np.all(slope[(theta == upper) & (lower < upper)] < 1e-8)
    assert minima.decrease[minima.best] < 1e-12


@each_loss
def test_a_start_without_value_is_reported_and_disturbs_no_other(loss: Loss) -> None:
    model, weights = curve(measured(1)), np.ones(len(X))
    starts = np.array([[0.3, 1.0, 5.0], START[0], [np.nan, 1.0, 0.3], START[1], [1e4, 1.0, 0.3]])
    minima = minimise(model, starts, loss, weights)
    assert np.all(np.isinf(minima.value[[0, 2, 4]]))
    assert np.all(np.isinf(minima.decrease[[0, 2, 4]]))
    alone = minimise(model, START, loss, weights)
    np.testing.assert_array_equal(minima.theta[[1, 3]], alone.theta)
    assert minima.best in (1, 3)


def test_no_step_is_taken_to_where_there_is_no_value() -> None:
    """The first whole step would pass b = 3."""
    minima = minimise(curve(measured(2)), np.array([[0.0, -8.0, 2.9]]), LeastSquares(), np.ones(len(X)))
    assert np.all(np.isfinite(minima.theta))
    assert np.isfinite(minima.value[0])


@each_loss
def test_a_noiseless_curve_is_recovered_to_rounding(loss: Loss) -> None:
    y = curve(np.zeros(len(X)))(TRUTH[None])[0][0]
    minima = minimise(curve(y), START, loss, np.ones(len(X)))
    np.testing.assert_allclose(minima.theta, [TRUTH, TRUTH], rtol=1e-12)
    assert np.all(minima.value < 1e-25)


def test_a_parameter_without_effect_stays_where_it_is() -> None:
    def model(theta: Array) -> tuple[Array, Array]:
        r, jacobian = curve(measured(4))(theta[:, :3])
        return r, np.concatenate([jacobian, np.zeros((*r.shape, 1))], axis=2)

    start = np.column_stack([START, [7.0, -7.0]])
    minima = minimise(model, start, Huber(0.02), np.ones(len(X)))
    np.testing.assert_array_equal(minima.theta[:, 3], [7.0, -7.0])
    plain = minimise(curve(measured(4)), START, Huber(0.02), np.ones(len(X)))
    np.testing.assert_allclose(minima.value, plain.value, rtol=1e-11)


def test_fewer_rows_than_parameters_are_met_exactly() -> None:
    minima = minimise(curve(measured(5)[:2], X[:2]), START, LeastSquares(), np.ones(2))
    assert np.all(minima.value < 1e-20)


def test_the_model_keeps_its_own_arrays() -> None:
    """Even read-only ones: the solver writes into copies."""
    design = np.column_stack([np.ones(5), np.arange(5.0)])
    shared = np.broadcast_to(design, (1, 5, 2))
    minima = minimise(
        lambda theta: (theta @ design.T - 2.0, shared), np.zeros((1, 2)), LeastSquares(), np.ones(5)
    )
    np.testing.assert_allclose(minima.theta, [[2.0, 0.0]], atol=1e-14)


def test_a_looser_tolerance_takes_fewer_steps_to_the_same_objective() -> None:
    model, weights = curve(measured(6)), np.ones(len(X))
    tight, loose = (
        minimise(model, START, Huber(0.02), weights, tolerance=tolerance) for tolerance in (1e-22, 1e-15)
    )
    assert loose.steps < tight.steps
    np.testing.assert_allclose(loose.value, tight.value, rtol=1e-13)
