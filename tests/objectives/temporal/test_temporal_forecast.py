"""Forecasts from positions: the choice of families, intervals, and what the learning rate adds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from objectives.temporal.forecast import BASELINES, GAIN, borrowed, forecast
from objectives.temporal.forecasting import cut_tokens
from objectives.temporal.history import History
from objectives.temporal.history_table import read_histories
from objectives.temporal.position import PositionLaw
from objectives.temporal.record import to_record
from objectives.temporal.track import Clock
from objectives.temporal.uniformity import learned, stretches

POSITIONS = np.arange(1.0, 129.0)
TABLES = Path(__file__).resolve().parents[3] / "experiments" / "temporal"


def run(*, noise: float = 0.0, rate: bool = True, effect: float = -0.25, scale: float = 1.0) -> History:
    """A run as the families have it: a0 logarithmic, a1 hyperbolic, a2 a power with a late linear decay."""
    tokens = np.geomspace(1e5, 1e7, 40)
    t = tokens / tokens[-1]
    share = np.minimum(1.0, (1 - t) / 0.2)
    a2 = 2.0 + 0.35 * scale * t**-0.3 + effect * (1 - share)
    coefficients = np.stack([0.9 + 0.05 * np.log(t), 0.03 + 0.08 / (1 + 8 * t), a2], axis=1)
    losses = PositionLaw.of(coefficients[:, None, :]).loss(POSITIONS)
    losses = losses + noise * np.random.default_rng(1).standard_normal(losses.shape)
    return History("made", tokens, POSITIONS, losses, share * 1e-3 if rate else None)


def test_a_run_of_the_families_is_forecast_to_its_end() -> None:
    whole = run(effect=0.0)
    said = forecast(whole.until(5e6), [1e7])
    assert said.temporal.mean[0] == pytest.approx(whole.mean[-1], rel=2e-3)
    assert said.temporal.chosen.error < 2e-3
    low, high = said.temporal.interval
    assert low[0] <= whole.mean[-1] <= high[0]


def test_candidates_are_ranked_by_held_out_error_and_all_are_there() -> None:
    outlook = forecast(run(noise=0.02, rate=False).until(4e6), [1e7]).temporal
    errors = [each.error for each in outlook.candidates]
    assert errors == sorted(errors)
    assert len(errors) == 3 * 4 * 4 * 3  # early phases, a0, a1, a2 without those that follow a rate
    assert len(outlook.cuts) >= 3


def test_a_decay_to_come_is_told_by_a_finished_run_or_assumed() -> None:
    whole = run()
    seen = whole.until(7e6)
    alone = forecast(seen, [1e7], rates=[0.0])
    same_rate = forecast(seen, [1e7], rates=[1e-3])
    like = run(scale=1.3)
    told = forecast(seen, [1e7], rates=[0.0], like=like)
    gain = GAIN * seen.mean[-1]
    assert alone.temporal.mean[0] == pytest.approx(whole.mean[-1] + 0.25 - gain, abs=0.02)
    assert alone.assumed == pytest.approx(GAIN)
    assert alone.temporal.half_width[0] > 1.9 * GAIN > 3 * same_rate.temporal.half_width[0]
    assert same_rate.temporal.mean[0] == pytest.approx(whole.mean[-1] + 0.25, abs=0.02)
    assert told.temporal.mean[0] == pytest.approx(whole.mean[-1], abs=0.02)
    assert told.assumed == same_rate.assumed == 0.0
    assert borrowed(like, 1)[2] == pytest.approx(-0.25, abs=0.02)


def test_without_learning_rates_no_curve_follows_them() -> None:
    outlook = forecast(run(rate=False).until(4e6), [1e7]).temporal
    assert not any("decay" in name for each in outlook.candidates for name in each.families)


def test_forecasts_go_on_from_the_last_checkpoint() -> None:
    seen = run(noise=0.02).until(4e6)
    said = forecast(seen, [seen.tokens[-1] * 1.0001])
    for outlook in (said.temporal, *said.baselines.values()):
        assert outlook.mean[0] == pytest.approx(seen.mean[-1], rel=1e-4)
    assert set(said.baselines) == set(BASELINES)


def test_intervals_grow_with_the_distance() -> None:
    said = forecast(run(noise=0.02).until(4e6), [5e6, 1e7, 1e8]).temporal
    assert np.all(np.diff(said.half_width) > 0)


def test_cuts_leave_checkpoints_on_both_sides() -> None:
    for count in range(7, 60):
        tokens = np.geomspace(1e5, 1e7, count)
        cuts = cut_tokens(Clock(tokens, np.zeros(count)))
        assert len(cuts) >= 1
        assert np.all(np.searchsorted(tokens, cuts) >= 5)
        assert np.all(cuts < tokens[-1])


def test_uneven_learning_is_seen() -> None:
    whole = run(effect=0.0)
    even = History("even", whole.tokens, POSITIONS, whole.losses[:1] - 0.1 * np.arange(40)[:, None])
    assert learned(even, 1e6, 1e7).unevenness == pytest.approx(0.0, abs=1e-12)
    tilted = even.losses + np.linspace(0, 1, 128) * np.linspace(0, -1, 40)[:, None]
    late = learned(History("tilted", whole.tokens, POSITIONS, tilted), 1e6, 1e7)
    assert late.quarters[-1] > late.quarters[0]
    assert late.unevenness > 0.1
    assert next(each.end for each in stretches(even)) == 1e7


def test_a_curve_that_leaves_the_domain_of_the_law_is_not_chosen() -> None:
    """Falling coefficients that a straight line would take below zero by the end."""
    whole = run(effect=0.0, rate=False)
    coefficients = np.stack([np.linspace(1.5, 0.5, 40), np.linspace(0.9, 0.2, 40), np.full(40, 2.0)], axis=1)
    falling = replace(whole, losses=PositionLaw.of(coefficients[:, None, :]).loss(POSITIONS))
    said = forecast(
        falling,
        [1e9],
        pools={"a0": ("constant", "logarithmic"), "a1": ("logarithmic", "constant"), "a2": ("power",)},
    )
    assert np.all(said.temporal.quantities[:, :2] > 0)
    assert np.isfinite(said.temporal.mean[0])
    assert said.temporal.possible
    forced = forecast(
        falling, [1e9], pools={"a0": ("logarithmic",), "a1": ("logarithmic",), "a2": ("power",)}
    )
    assert not forced.temporal.possible
    assert "do not use this forecast" in " ".join(to_record(forced)["assumptions"])


@pytest.mark.parametrize(("name", "like"), [("w48-wsd", "w32-wsd"), ("w64-cosine", "w48-cosine")])
def test_what_another_run_tells_of_a_decay_is_doubted(name: str, like: str) -> None:
    """Measured runs that intervals without Student's quantile and this doubt had missed."""
    runs = read_histories(TABLES / "library.csv.gz")
    whole = runs[name]
    assert whole.rate is not None
    seen = whole.until(0.5 * whole.tokens[-1])
    said = forecast(seen, whole.tokens[-1:], rates=whole.rate[-1:], like=runs[like], baselines={}).temporal
    low, high = said.interval
    assert low[0] <= whole.mean[-1] <= high[0]
    assert said.held_out == pytest.approx(0.0, abs=0.05)
    assert said.half_width[0] < 0.12
