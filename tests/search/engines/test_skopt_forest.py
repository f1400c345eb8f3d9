"""The quick forests against skopt's own: one prediction from the same trees, the same trees on average."""

import numpy as np
import pytest
from skopt.utils import cook_estimator

from search.engines.skopt_forest import QuickForest


@pytest.mark.parametrize("learner", ["RF", "ET"])
def test_a_quick_forest_is_skopts(learner: str) -> None:
    rng = np.random.default_rng(0)
    points, others = rng.random((40, 3)), rng.random((300, 3))
    values = np.sin(6 * points).sum(axis=1)
    ours, theirs = [], []
    for seed in range(12):
        peer = cook_estimator(learner, space=[(0.0, 1.0)] * 3, random_state=seed).fit(points, values)
        theirs.append(peer.predict(others, return_std=True))
        quick = QuickForest(cook_estimator(learner, space=[(0.0, 1.0)] * 3, random_state=seed))
        ours.append(quick.fit(points, values).predict(others))
        quick._trees = [tree.tree_ for tree in peer.estimators_]
        np.testing.assert_allclose(quick.predict(others), theirs[-1], rtol=0, atol=1e-12)
    gap = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
    noise = np.hypot(np.std(ours, axis=0), np.std(theirs, axis=0)) / np.sqrt(12)
    assert np.sqrt(np.mean((gap / noise) ** 2)) < 1.5  # 1 if only seeds differ


def test_the_same_seed_grows_the_same_trees() -> None:
    points = np.random.default_rng(0).random((20, 2))
    first, again = (
        QuickForest(cook_estimator("RF", random_state=3)).fit(points, points[:, 0]).predict(points)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)
