"""What a certificate says of good fits, of bad ones, and of a floor nobody can know."""

from collections.abc import Callable

import numpy as np
import pytest

from objectives.fit.certificate import certify, profile
from objectives.fit.estimation import Estimation
from objectives.fit.fitting import Solution, solve
from objectives.fit.forms import form_of
from objectives.fit.losses import Huber, LeastSquares
from objectives.runs import Runs

MakeRuns = Callable[..., Runs]


def fitted(runs: Runs, law: str = "hoffmann", **options: object) -> Solution:
    return solve(Estimation(form_of(law), runs, **options))  # type: ignore[arg-type]


def test_a_good_fit_is_certified(make_runs: MakeRuns) -> None:
    certificate = certify(fitted(make_runs()))
    assert certificate.holds
    assert certificate.reached > certificate.starts / 2
    assert certificate.decrease < 1e-12
    assert 1 < certificate.condition < 1e6
    assert certificate.profile is not None
    assert certificate.profile.identified
    low, high = certificate.profile.interval
    assert low < certificate.profile.value < high
    assert "e is identified: [" in certificate.profile.sentence


def test_a_floor_far_below_the_runs_is_not_identified(make_runs: MakeRuns) -> None:
    """All runs in one corner where the power laws dominate: any floor will do."""
    runs = make_runs(noise=0.02, seed=4)
    corner = runs.take((runs.n < 2e8) & (runs.tokens < 1e10))
    certificate = certify(fitted(corner))
    assert certificate.profile is not None
    assert not certificate.profile.identified
    assert "not identified" in certificate.profile.sentence
    low, high = certificate.profile.interval
    assert high - low > 0.5


def test_coefficients_at_a_bound_are_named(make_runs: MakeRuns) -> None:
    runs = make_runs()
    flat = Runs(runs.n, runs.tokens, runs.sparsity, 2.0 + 1e9 / runs.tokens)  # nothing depends on N
    certificate = certify(fitted(flat))
    assert not certificate.holds
    assert "a" in certificate.at_bounds or "alpha" in certificate.at_bounds


def test_the_profile_interval_is_the_likelihood_ratio_interval_of_a_straight_line() -> None:
    """With exponents and amplitudes held the law is linear in e, and the interval is the textbook's."""
    rng = np.random.default_rng(3)
    n, d = np.geomspace(1e8, 1e10, 40), np.full(40, 1e10)
    loss = 2.0 + 400 / n**0.35 + 0.01 * rng.standard_normal(40)
    held = {"a": 400.0, "b": 1e-9, "alpha": 0.35, "beta": 0.3}
    runs = Runs(n, d, np.zeros(40), loss)
    solution = fitted(runs, loss=LeastSquares(), residual="raw", held=held)
    found = profile(solution, "e")
    rest = loss - 400 / n**0.35
    error = rest.std(ddof=1) / np.sqrt(40)
    assert found.value == pytest.approx(rest.mean(), rel=1e-9)
    half = (found.interval[1] - found.interval[0]) / 2
    assert half == pytest.approx(1.96 * error, rel=0.1)


@pytest.mark.parametrize("loss", [Huber(), LeastSquares()])
def test_the_profile_is_least_at_the_fit(make_runs: MakeRuns, loss: Huber | LeastSquares) -> None:
    solution = fitted(make_runs(), loss=loss)
    grid = profile(solution, "e").grid
    assert min(objective for _, objective in grid) >= solution.objective * (1 - 1e-9)
    values = [value for value, _ in grid]
    assert values == sorted(values)
