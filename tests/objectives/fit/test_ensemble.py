"""A law with its uncertainty: predictions, intervals of the optimum, the safer configuration."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from objectives import laws
from objectives.budget import Budget
from objectives.exact import Box, optimum
from objectives.fit.calibration import Calibration
from objectives.fit.ensemble import Ensemble
from objectives.fit.pipeline import Fit, fit_runs
from objectives.fit.recommendation import recommend
from objectives.runs import Runs

MakeRuns = Callable[..., Runs]
LAW = laws.get("hoffmann", "epoch")
HONEST = Calibration(noise=0.01, drift=0.02, factor=1.5, inflation=2.0, flops=1e22, held_out=50)


@pytest.fixture(scope="module")
def fit(make_runs: MakeRuns) -> Fit:
    return fit_runs(make_runs(), "hoffmann", draws=200, compare=("coupled",))


def alone(law: laws.Law = LAW, calibration: Calibration = HONEST) -> Ensemble:
    """An ensemble without any spread of coefficients."""
    return Ensemble(law, np.tile(list(law.coefficients.values()), (5, 1)), calibration)


def test_without_spread_the_width_is_noise_and_drift() -> None:
    inside, beyond = (alone().predict(n, d) for n, d in ((1e9, 1e10), (1e11, 1.0e13)))
    assert np.log(inside.high / inside.loss) == pytest.approx(1.96 * 1.5 * 0.01, rel=1e-3)
    decades = np.log10(6e24 / 1e22)
    expected = 1.96 * 1.5 * np.hypot(0.01, 0.02 * decades)
    assert np.log(beyond.high / beyond.loss) == pytest.approx(expected, rel=1e-3)


def test_predictions_broadcast_and_hold_the_point(fit: Fit) -> None:
    predicted = fit.ensemble.predict(np.array([[1e8], [1e9], [1e10]]), np.array([1e10, 1e11]))
    assert predicted.loss.shape == predicted.low.shape == predicted.high.shape == (3, 2)
    assert np.all((predicted.low < predicted.loss) & (predicted.loss < predicted.high))
    one = fit.ensemble.predict(1e9, 1e11)
    assert float(one.high) == pytest.approx(predicted.high[1, 1], rel=1e-12)


def test_every_replicates_optimum_is_the_exact_one(fit: Fit) -> None:
    """All replicates are solved in one call; each must be what the solver says of it alone."""
    chosen = fit.ensemble.optima(Budget(1e22))
    for row in (0, 57, 199):
        values = dict(zip(fit.law.coefficients, fit.ensemble.draws[row].tolist(), strict=True))
        single = optimum(laws.custom("hoffmann", **values), Budget(1e22))
        assert chosen.n[row, 0] == pytest.approx(single.n, rel=1e-9)


def test_the_interval_of_the_optimum_holds_it_and_widens_with_the_budget(fit: Fit) -> None:
    widths = []
    for flops in (1e20, 1e22, 1e24):
        best = optimum(fit.law, flops)
        sure = fit.ensemble.uncertainty(best, Budget(flops))
        assert sure.n[0] < best.n < sure.n[1]
        assert sure.tokens[0] < best.tokens < sure.tokens[1]
        assert sure.loss[0] < best.loss < sure.loss[1]
        assert sure.sparsity == (0.0, 0.0)
        widths.append(np.log(sure.loss[1] / sure.loss[0]))
    assert widths == sorted(widths)


def test_intervals_keep_to_a_searchs_own_bounds(fit: Fit) -> None:
    box = Box(n=(1e9, 1.5e9))
    best = optimum(fit.law, Budget(1e22), box)
    sure = fit.ensemble.uncertainty(best, Budget(1e22), box)
    assert sure.n[1] == pytest.approx(1.5e9)


def test_a_certain_law_recommends_its_optimum() -> None:
    best = optimum(LAW, Budget(1e22))
    safer = recommend(alone(), best, Budget(1e22))
    assert safer.n == pytest.approx(best.n, rel=5e-3)
    assert safer.expected_loss == pytest.approx(best.loss, rel=1e-9)
    assert safer.gain < 1e-8


def test_a_second_law_pulls_the_recommendation_between_the_two() -> None:
    other = laws.get("hoffmann", "tex")
    both = replace(alone(), alternatives=(other,), weights=(0.5, 0.5))
    first, second = (optimum(law, Budget(1e23)) for law in (LAW, other))
    safer = recommend(both, first, Budget(1e23))
    assert min(first.n, second.n) < safer.n < max(first.n, second.n)
    grid = np.geomspace(first.n / 10, first.n * 10, 4001)
    mean = np.mean([law.loss(grid, 1e23 / (6 * grid)) for law in (LAW, other)], axis=0)
    assert safer.expected_loss == pytest.approx(float(mean.min()), rel=1e-9)
    assert safer.n == pytest.approx(grid[np.argmin(mean)], rel=0.02)


def test_a_sparse_law_is_recommended_a_sparsity_within_its_cap() -> None:
    law = laws.get("generalized", "moe")
    budget = Budget(1e21, max_total_params=5e10)
    best = optimum(law, budget)
    safer = recommend(alone(law), best, budget)
    assert safer.sparsity == pytest.approx(best.sparsity, abs=0.01)
    assert safer.n / (1 - safer.sparsity) <= 5e10 * (1 + 1e-9)
    assert safer.expected_loss == pytest.approx(best.loss, rel=1e-4)
