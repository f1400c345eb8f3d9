"""Boxes against hypervolumes; the expected improvement against one objective, simulation and differences."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.acquisition import log_expected_improvement
from search.boxes import undominated_boxes
from search.gaussian_process import GaussianProcess, Hyperparameters
from search.hypervolume_improvement import Edges, HypervolumeImprovement, rounded_down
from search.pareto import hypervolume, non_dominated

Array = npt.NDArray[np.float64]

corners = st.integers(1, 4).flatmap(lambda k: st.lists(st.tuples(*[st.integers(0, 5)] * k), min_size=1))
"""A candidate, and the points it may improve on."""


def gain(point: Array, points: Array, reference: Array) -> float:
    """What a point adds to the hypervolume."""
    return hypervolume(np.vstack([points, point]), reference) - hypervolume(points, reference)


@given(corners)
@settings(max_examples=80)
def test_what_a_point_gains_is_its_share_of_disjoint_boxes(rows: list[tuple[int, ...]]) -> None:
    drawn = np.array(rows, dtype=np.float64)
    point, points, reference = drawn[0], drawn[1:], np.full(drawn.shape[1], 4.5)
    lower, upper = undominated_boxes(points, reference)
    shares = np.prod(np.maximum(upper - np.maximum(lower, point), 0.0), axis=1)
    assert shares.sum() == pytest.approx(gain(point, points, reference))


@pytest.mark.parametrize(("objectives", "boxes"), [(2, 31), (3, 61)])
def test_boxes_are_few(objectives: int, boxes: int) -> None:
    points = np.random.default_rng(0).standard_normal((30, objectives))
    points = 1.0 - np.abs(points) / np.linalg.norm(points, axis=1)[:, None]
    assert len(undominated_boxes(points, np.full(objectives, 1.1))[0]) == boxes


def processes(count: int) -> tuple[list[GaussianProcess], Array]:
    """Processes over the same rows, and their targets."""
    rng = np.random.default_rng(1)
    x = rng.random((8, 2))
    targets = np.column_stack([np.sin((j + 1) * x.sum(axis=1) + j) for j in range(count)])
    hyperparameters, numeric = Hyperparameters(np.array([0.4, 0.7]), 1e-8), np.zeros(2, dtype=np.bool_)
    return [GaussianProcess(x, y, hyperparameters, numeric) for y in targets.T], targets


def test_for_one_objective_it_is_the_expected_improvement() -> None:
    (process,), targets = processes(1)
    rows = np.random.default_rng(2).random((50, 2))
    found = HypervolumeImprovement([process], targets, np.array([9.0]))(rows)
    expected = log_expected_improvement(*process.predict(rows), float(targets.min()))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("count", [2, 3])
def test_it_is_the_mean_gain_over_many_draws(count: int) -> None:
    models, targets = processes(count)
    reference = targets.max(axis=0)
    row = np.array([[0.8, 0.1]])
    mean, std = (np.array([model.predict(row)[which][0] for model in models]) for which in (0, 1))
    draws = np.random.default_rng(0).normal(mean, std, (1000, count))
    gains = [gain(draw, targets, reference) for draw in draws]
    found = np.exp(HypervolumeImprovement(models, targets, reference)(row)[0])
    assert found == pytest.approx(np.mean(gains), abs=4.0 * np.std(gains) / np.sqrt(len(gains)))


def test_its_gradient_is_that_of_differences_also_far_from_the_front() -> None:
    models, targets = processes(2)
    success, _ = processes(1)
    score = HypervolumeImprovement(models, targets, targets.max(axis=0), success[0])
    rows = np.vstack([np.random.default_rng(3).random((20, 2)), models[0].x[:2] + 1e-3])
    gradient = score.with_gradient(rows)[1]
    for j, step in enumerate(1e-6 * np.eye(2)):
        difference = (score(rows + step) - score(rows - step)) / 2e-6
        np.testing.assert_allclose(gradient[:, j], difference, rtol=1e-3, atol=1e-4)


def test_far_from_the_front_the_logarithm_is_finite_and_keeps_its_order() -> None:
    edges = Edges.of(np.array([-np.inf, 0.0]), np.array([0.0, 1.0]))
    logs = edges.log_gain(np.array([5.0, 50.0, 500.0]), np.ones(3))
    assert np.isfinite(logs).all()
    assert (np.diff(logs, axis=0) < 0.0).all()


def test_a_front_of_too_many_points_is_rounded_down_to_fewer_that_dominate_it() -> None:
    t = np.linspace(0.0, np.pi / 2, 900)
    points = 1.0 - np.column_stack([np.cos(t), np.sin(t)])
    rounded = rounded_down(points, np.array([1.1, 1.1]))
    assert 100 < len(rounded) <= 200
    assert non_dominated(rounded).all()
    assert all((rounded <= point).all(axis=1).any() for point in points)
