"""Rolling origin and the widths it asks for."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from objectives.fit.bootstrap import resampled
from objectives.fit.calibration import UNTESTED, Calibration, calibrate, quantile
from objectives.fit.cut import Cut
from objectives.fit.estimation import Estimation
from objectives.fit.fitting import solve
from objectives.fit.forms import form_of
from objectives.fit.rolling import cuts, rolling_origin
from objectives.runs import Runs

MakeRuns = Callable[..., Runs]


def hoffmann(runs: Runs) -> Estimation:
    return Estimation(form_of("hoffmann"), runs)


def made(error: float, spread: float, noise: float, decades: float = 1.0, count: int = 200) -> Cut:
    """A cut whose errors are normal with a given size."""
    errors = error * np.random.default_rng(5).standard_normal(count)
    return Cut(1e20, 30, errors, np.full(count, spread), noise, np.full(count, decades))


def test_cuts_are_in_order_of_compute_and_leave_runs_on_both_sides(make_runs: MakeRuns) -> None:
    runs = make_runs()
    masks = cuts(hoffmann(runs))
    assert len(masks) == 5
    for below in masks:
        assert below.sum() >= 7
        assert not below.all()
        assert runs.flops[below].max() < runs.flops[~below].min()
    assert [int(mask.sum()) for mask in masks] == sorted(int(mask.sum()) for mask in masks)


def test_a_table_too_small_to_leave_anything_out_has_no_cuts(make_runs: MakeRuns) -> None:
    few = make_runs().take(np.array([0, 3, 9, 20, 40, 63]))
    assert cuts(hoffmann(few)) == []
    assert rolling_origin(solve(hoffmann(few))) == []
    calibration = calibrate([], 0.01, 1e20)
    assert (calibration.factor, calibration.held_out) == (UNTESTED, 0)


def test_the_errors_are_those_of_the_fit_below_the_cut(make_runs: MakeRuns) -> None:
    """All cuts are solved side by side by weights; each must be what it is alone."""
    runs = make_runs()
    solution = solve(hoffmann(runs))
    masks = cuts(solution.estimation)
    rolled = rolling_origin(solution, replicates=0)
    for below, cut in zip(masks, rolled, strict=True):
        alone = solve(hoffmann(runs.take(below)))
        rest = hoffmann(runs.take(~below))
        expected = np.log(rest.predicted(alone.theta[None])[0]) - rest.log_observed
        np.testing.assert_allclose(cut.error, expected, atol=1e-7)
        assert cut.below == below.sum()
        np.testing.assert_allclose(10**cut.decades * cut.flops, runs.flops[~below])


def test_the_bootstrap_spreads_as_theory_says() -> None:
    """A mean of normal numbers: its bootstrap deviation is sigma over the root of the count."""
    rng = np.random.default_rng(0)
    n, d = np.full(200, 1e9), np.full(200, 1e10)
    loss = 2.0 * np.exp(0.02 * rng.standard_normal(200))
    from objectives.fit.losses import LeastSquares

    held = {"a": 1e-9, "b": 1e-9, "alpha": 0.3, "beta": 0.3}
    estimation = Estimation(form_of("hoffmann"), Runs(n, d, np.zeros(200), loss), LeastSquares(), held=held)
    solution = solve(estimation)
    theta = resampled(estimation, solution.theta[None], 2000, [1])[0]
    assert theta.std() == pytest.approx(0.02 / np.sqrt(200), rel=0.1)


def test_resampling_is_repeatable_and_depends_on_the_seed(make_runs: MakeRuns) -> None:
    solution = solve(hoffmann(make_runs()))
    first, again, other = (
        resampled(solution.estimation, solution.theta[None], 20, [seed]) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_honest_errors_are_not_widened() -> None:
    calibration = calibrate([made(error=0.01, spread=0.0, noise=0.01)], 0.01, 1e20)
    assert calibration.factor < 1.1
    covered, width = calibration.coverage([made(error=0.01, spread=0.0, noise=0.01)]) or (0.0, 0.0)
    assert 0.93 <= covered <= 0.99
    assert width == pytest.approx(1.96 * 0.01, rel=0.35)


def test_errors_larger_than_the_bootstrap_become_drift_that_grows_with_the_distance() -> None:
    calibration = calibrate([made(error=0.05, spread=0.002, noise=0.005, decades=2.0)], 0.005, 1e20)
    assert calibration.drift == pytest.approx(0.025, rel=0.15)
    near, far = calibration.half_width(np.array([0.002, 0.002]), np.array([0.0, 2.0]))
    assert far > 5 * near
    assert calibration.inflation > 5


@settings(max_examples=50)
@given(st.floats(1e-4, 0.2), st.floats(0, 0.05), st.floats(1e-4, 0.05), st.floats(0.05, 3))
def test_at_least_the_level_of_the_calibrating_errors_is_covered(
    error: float, spread: float, noise: float, decades: float
) -> None:
    cut = made(error, spread, noise, decades)
    covered, _ = calibrate([cut], noise, 1e20).coverage([cut]) or (0.0, 0.0)
    assert covered >= 0.95 - 1e-9


@settings(max_examples=50)
@given(st.lists(st.floats(0.1, 10), min_size=3, max_size=40), st.floats(0.1, 5), st.floats(1, 5))
def test_intervals_hold_their_point_and_widen_with_the_inflation(
    draws: list[float], point: float, inflation: float
) -> None:
    narrow = Calibration(0.01, 0.0, 1.0, 1.0, 1e20, 9).interval(point, np.array(draws))
    wide = Calibration(0.01, 0.0, 1.0, inflation, 1e20, 9).interval(point, np.array(draws))
    assert narrow[0] <= point <= narrow[1]
    assert wide[0] <= narrow[0] * (1 + 1e-9)
    assert wide[1] >= narrow[1] * (1 - 1e-9)


def test_a_weighted_quantile_is_the_plain_one_where_weights_are_equal() -> None:
    values = np.array([3.0, 1.0, 2.0, 4.0])
    assert quantile(values, np.ones(4), 0.5) == 2.0
    assert quantile(values, np.ones(4), 1.0) == 4.0
    assert quantile(values, np.array([1.0, 1.0, 1.0, 97.0]), 0.5) == 4.0
