"""Forecasts of curves with a known end, on made and on real curves; the alarm; the pruner."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.real_curves import ladder, likes_of, real_curves
from objectives.curves.alarm import watch
from objectives.curves.correction import Drops, Finished, correction
from objectives.curves.curve import Curve
from objectives.curves.fitting import Setting, fit_curve
from objectives.curves.forecast import decay_now, forecast, rate_changes, same_plan
from objectives.curves.forms import BASELINES, FORMS, coefficients_of
from objectives.curves.multi_power import PUBLISHED
from objectives.curves.pruning import Pruner
from objectives.curves.schedule import Constant, Cosine, Schedule, WarmupStableDecay
from spaces.errors import BadInput

WSD = WarmupStableDecay(3e-4, 24_000.0, 2160.0, 3e-5, 20_000.0)
COSINE = Cosine(3e-4, 24_000.0, 2160.0, 3e-5)


def made(schedule: Schedule, share: float = 1.0, *, noise: float = 5e-4, factor: float = 1.0) -> Curve:
    """A curve of the multi-power law."""
    step = np.arange(160.0, share * schedule.length + 1.0, 160.0)
    error = np.exp(noise * np.random.default_rng(0).standard_normal(len(step)))
    return Curve(step, factor * PUBLISHED["100M"].loss(schedule, step) * error)


@pytest.mark.parametrize("name", FORMS)
def test_derivatives_by_coordinates_are_the_numeric_ones(name: str) -> None:
    form, setting = FORMS[name], Setting(COSINE, 24_000.0)
    inputs = setting.inputs(np.array([3000.0, 9000.0, 20_000.0]), 8000.0)
    theta = form.starts(np.array([3.3, 3.0]), inputs, form.prior(3.0, 1000.0, 8000.0))[:1]
    _, jacobian = form.evaluate(theta, inputs)
    for j in range(theta.shape[1]):
        step = 1e-6 * np.eye(theta.shape[1])[j]
        numeric = (form.evaluate(theta + step, inputs)[0] - form.evaluate(theta - step, inputs)[0]) / 2e-6
        assert jacobian[0, :, j] == pytest.approx(numeric[0], rel=1e-5, abs=1e-7)


def test_the_papers_coefficients_come_back() -> None:
    setting, curve = Setting(WSD, WSD.length), made(WSD, noise=0.0)
    fitted = fit_curve(FORMS["multi-power"], curve, setting)
    found = coefficients_of(FORMS["multi-power"], fitted.theta, 3e-4, fitted.now, setting.span)
    assert found["L0"] == pytest.approx(PUBLISHED["100M"].L0, rel=0.01)
    assert found["alpha"] == pytest.approx(PUBLISHED["100M"].alpha, rel=0.05)


@pytest.mark.parametrize("schedule", [WSD, COSINE, Constant(3e-4, 24_000.0, 2160.0)])
def test_the_end_lies_inside_and_near(schedule: Schedule) -> None:
    curve, truth = made(schedule, 0.3), PUBLISHED["100M"].loss(schedule, schedule.length)[0]
    value, low, high = forecast(curve, Setting(schedule, schedule.length)).final()
    assert low < truth < high
    assert value == pytest.approx(truth, rel=0.01)


def test_what_cannot_know_of_a_decay_is_no_candidate_before_it() -> None:
    found = forecast(made(WSD, 0.3), Setting(WSD, WSD.length))
    assert rate_changes(found.curve, found.setting)
    assert {each.form.name for each in found.candidates if each.weight > 0} <= set(FORMS) - set(BASELINES)
    assert sum(each.weight for each in found.candidates) == pytest.approx(1.0)


def test_an_earlier_decay_ends_higher_and_is_foreseen() -> None:
    found = forecast(made(WSD, 0.5), Setting(WSD, WSD.length))
    plan = decay_now(found.curve, found.setting, share=0.1, end=3e-5)
    assert plan is not None
    assert plan.schedule is not None
    truth = PUBLISHED["100M"].loss(plan.schedule, plan.length)[0]
    value, low, high = found.under(plan).final()
    assert low < truth < high
    assert value > found.final()[0]
    assert decay_now(found.curve, Setting(None, 24_000.0), share=0.1, end=0.0) is None


def test_finished_curves_under_the_same_plan_teach_and_others_do_not() -> None:
    setting = Setting(WSD, WSD.length)
    longer = WSD.extended(36_000.0)
    finished = [
        Finished(made(WSD, factor=1.1), setting),
        Finished(made(longer), Setting(longer, longer.length)),
        Finished(made(COSINE), Setting(COSINE, COSINE.length)),
    ]
    assert [same_plan(setting, each.setting, 0.3) for each in finished] == [True, True, False]
    taught = forecast(made(WSD, 0.3), setting, finished)
    assert taught.likes == 2
    truth = PUBLISHED["100M"].loss(WSD, WSD.length)[0]
    assert taught.final()[0] == pytest.approx(truth, rel=0.01)
    assert forecast(made(WSD, 0.3), setting, finished[2:]).likes == 0


def test_a_factor_that_all_curves_agree_on_is_found() -> None:
    seen = [Drops(predicted, 1.5 * predicted) for predicted in (0.04, 0.05, 0.06, 0.05, 0.04)]
    found = correction(seen)
    assert 1.45 < found.factor < 1.5
    assert found.spread(0.05) < 0.01


def test_an_alarm_where_the_loss_leaves_its_interval() -> None:
    curve, setting = made(WSD, 0.6), Setting(WSD, WSD.length)
    assert watch(curve, setting, 8000.0).alarm is None
    broken = replace(curve, loss=np.where(curve.time > 10_000, curve.loss + 0.4, curve.loss))
    seen = watch(broken, setting, 8000.0)
    assert seen.alarm is not None
    assert "above" in seen.alarm
    assert 10_000 < seen.outside[0] < 11_000


def test_real_curves_are_forecast_within_their_intervals(shared: Path) -> None:
    curves = list(ladder(shared / "data"))
    inside, errors = [], []
    for curve in curves[::9]:
        likes = [each.finished for each in likes_of(curve, curves, 4)]
        value, low, high = forecast(curve.finished.beginning(0.3), curve.finished.setting, likes).final()
        inside.append(low < curve.finished.end < high)
        errors.append(abs(value / curve.finished.end - 1))
    assert np.mean(inside) >= 0.8
    assert np.median(errors) <= 0.01


def test_the_pruner_sees_that_a_decay_will_win(shared: Path) -> None:
    curves = [
        each
        for each in real_curves(shared)["multi-power"]
        if each.traits["size"] == 100.0 and each.name.endswith("24000")
    ]
    pruner = Pruner({each.name: each.finished.setting for each in curves}, caution=1.0)
    seen = {each.name: each.finished.beginning(0.5) for each in curves}
    assert min(seen, key=lambda name: seen[name].loss[-1]) == "100M cosine_24000"  # best so far
    decision = pruner.should_stop(seen)
    assert decision.best is not None
    assert decision.best.startswith("100M wsd")
    assert decision.stop[0] == "100M constant_24000"
    assert pruner.should_stop({each.name: each.finished.beginning(0.01) for each in curves[:0]}).best is None


@pytest.mark.parametrize("loss", [np.nan, np.inf, 0.0])
def test_a_curve_made_in_python_holds_to_the_same_rules(loss: float) -> None:
    with pytest.raises(BadInput, match=r"curve\.loss: .* in row 2"):
        Curve(np.array([1.0, 2.0]), np.array([3.0, loss]))
    with pytest.raises(BadInput, match=r"curve\.time: .* row 2"):
        Curve(np.array([2.0, 2.0]), np.array([3.0, 3.0]))


def test_a_run_too_young_is_not_judged() -> None:
    pruner = Pruner(Setting(WSD, WSD.length))
    old, young = made(WSD, 0.3), made(WSD, 0.05, factor=2.0)
    decision = pruner.should_stop({"old": old, "young": young, "bad": replace(old, loss=1.2 * old.loss)})
    assert decision.stop == ("bad",)
    assert [each.name for each in decision.outlooks] == ["old", "bad"]
