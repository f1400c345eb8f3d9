"""From trials to surrogates: refits at counts, bounded data, labels of failures."""

import numpy as np

from search.gaussian_process import GaussianProcess
from search.surrogates import DATA_CAP, LONGEST, ProcessFactory, last_refit, subset

RNG = np.random.default_rng(0)
ROWS = RNG.random((60, 2))
VALUES = np.sin(4 * ROWS[:, 0]) + ROWS[:, 1]
NO_CATEGORIES = np.zeros(2, dtype=np.bool_)


def test_refits_are_due_at_every_trial_and_later_at_every_sixteenth_part() -> None:
    assert [last_refit(n) for n in range(2, 32)] == list(range(2, 32))
    assert [last_refit(n) for n in (33, 100, 500, 1000)] == [32, 100, 496, 992]
    assert all(n - last_refit(n) <= min(n / 16, LONGEST) for n in range(2, 3000))


def test_hyperparameters_depend_on_the_trials_and_not_on_when_they_were_asked_for() -> None:
    steady, late = ProcessFactory(NO_CATEGORIES), ProcessFactory(NO_CATEGORIES)
    for n in range(10, 61):
        steady.make(ROWS[:n], VALUES[:n], 0)
    one, other = steady.make(ROWS, VALUES, 0), late.make(ROWS, VALUES, 0)
    np.testing.assert_array_equal(one.predict(ROWS[::3] + 0.01), other.predict(ROWS[::3] + 0.01))


def test_a_subset_holds_the_best_half_and_an_even_spread_in_order() -> None:
    values = RNG.permutation(1000).astype(np.float64)
    kept = subset(values, 100)
    assert len(kept) == 100
    assert np.all(np.diff(kept) > 0)
    assert set(np.argsort(values)[:50]) <= set(kept.tolist())
    np.testing.assert_array_equal(subset(values[:100], 100), np.arange(100))


def test_a_process_takes_no_more_than_its_cap() -> None:
    rows = RNG.random((DATA_CAP + 100, 2))
    process = ProcessFactory(NO_CATEGORIES).make(rows, rows.sum(axis=1), 0)
    assert DATA_CAP <= len(process.x) < DATA_CAP + LONGEST


def test_what_came_after_a_fit_is_known_as_if_the_covariance_were_factorised_anew() -> None:
    factory = ProcessFactory(NO_CATEGORIES)
    grown, fitted = factory.make(ROWS[:47], VALUES[:47], 0), factory.make(ROWS[:46], VALUES[:46], 0)
    anew = GaussianProcess(grown.x, grown.y, fitted.hyperparameters, NO_CATEGORIES)
    for one, other in zip(grown.predict(ROWS + 0.01), anew.predict(ROWS + 0.01), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)


def test_success_is_likely_unless_trials_near_by_failed() -> None:
    failed = ROWS[:, 0] > 0.7
    labels = ProcessFactory(NO_CATEGORIES).success(ROWS, np.where(failed, -1.0, 1.0))
    mean, _ = labels.predict(np.array([[0.3, 0.5], [0.9, 0.5], [50.0, 5.0]]))
    assert mean[0] > 0.5
    assert mean[1] < -0.5
    np.testing.assert_allclose(mean[2], 1.0, atol=1e-3)
