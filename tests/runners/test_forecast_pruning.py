"""The forecast as a rule of pruning, on curves whose ends are known; and the field `pruner` of job files."""

from pathlib import Path

import pytest

from runners.forecast_pruning import Forecast, setting_of
from runners.jobs.job import parse_batch
from search.history import History
from search.pruning import CannotJudge, Verdict
from search.trial import Asked, Done, Reported
from spaces.errors import BadInput

LENGTH = 1000


def curve(end: float, drop: float = 1.0) -> list[tuple[float, float]]:
    """A power law that comes to an end."""
    return [(step, end + drop * (step**-0.5 - LENGTH**-0.5)) for step in range(20, LENGTH + 1, 20)]


def judged(rule: Forecast, finished: list[float], running: list[tuple[float, float]]) -> Verdict | None:
    """The first verdict on a trial that reports point by point, beside finished ones."""
    history = History()
    for number, end in enumerate(finished):
        history.append(Asked(number, {}))
        for step, value in curve(end):
            history.append(Reported(number, step, value))
        history.append(Done(number, end))
    number = len(finished)
    history.append(Asked(number, {}))
    for step, value in running:
        history.append(Reported(number, step, value))
        verdict = rule.judge(number, history)
        if verdict is not None:
            return verdict
    return None


@pytest.fixture
def rule() -> Forecast:
    return Forecast(setting_of(None, str(LENGTH), "steps"), every=0.1)


def test_a_trial_that_will_end_above_is_stopped_and_its_end_foreseen(rule: Forecast) -> None:
    verdict = judged(rule, [2.0, 2.1, 2.2, 2.3], curve(2.6))
    assert verdict is not None
    assert verdict.estimate == pytest.approx(2.6, rel=0.01)
    assert "of trial 0" in verdict.reason


@pytest.mark.parametrize("end", [1.999])
def test_a_trial_that_will_end_below_or_level_is_not(rule: Forecast, end: float) -> None:
    assert judged(rule, [2.0, 2.1, 2.2, 2.3], curve(end)) is None


def test_a_trial_that_is_behind_but_will_catch_up_is_not(rule: Forecast) -> None:
    behind = curve(1.8, drop=10.0)
    assert behind[5][1] > curve(2.2)[5][1]
    assert judged(rule, [2.0, 2.1, 2.2, 2.3], behind[:25]) is None


def test_values_that_are_not_positive_cannot_be_judged(rule: Forecast) -> None:
    with pytest.raises(CannotJudge, match="needs positive values; trial 1 has -"):
        judged(rule, [2.0], curve(-3.0))


JOB = """
evaluations: 9
space: {parameters: {x: {type: float, lower: 0, upper: 1}}}
objective: {kind: python, target: 'f.py:%s'}
pruner: %s
"""


@pytest.mark.parametrize(
    ("pruner", "mistake"),
    [
        ("{kind: mediann}", "pruner: expected a mapping whose kind is one of median, halving, forecast"),
        ("median", "pruner: expected a mapping whose kind"),
        ("{kind: median, least: 0}", "pruner.least: expected a number of at least 1"),
        ("{kind: median, leest: 3}", "pruner.leest: expected a known field"),
        ("{kind: halving}", "pruner.start: expected a value"),
        ("{kind: halving, start: 2, factor: 1}", "pruner.factor: expected a number above 1"),
        ("{kind: forecast}", "pruner: expected either schedule or length"),
        ("{kind: forecast, length: 9, least: 1.5}", "pruner.least: expected a number below 1"),
        ("{kind: forecast, schedule: 'cosin:steps=9'}", "pruner.schedule: expected constant"),
        ("{kind: forecast, length: '{y}'}", "pruner.length {y}: expected a parameter of the space (x)"),
        ("{kind: forecast, length: soon}", "pruner.length: expected a number above 0"),
    ],
)
def test_a_mistake_in_the_pruner_is_named(tmp_path: Path, pruner: str, mistake: str) -> None:
    (tmp_path / "f.py").write_text("def f(config, report): return 1\ndef plain(config): return 1")
    with pytest.raises(BadInput) as caught:
        parse_batch(JOB % ("f", pruner), "job", tmp_path)
    assert mistake in str(caught.value)


def test_an_objective_that_does_not_report_has_no_use_for_a_pruner(tmp_path: Path) -> None:
    (tmp_path / "f.py").write_text("def plain(config): return 1")
    with pytest.raises(BadInput, match="pruner: expected an objective that reports"):
        parse_batch(JOB % ("plain", "{kind: median}"), "job", tmp_path)


def test_a_schedule_may_depend_on_the_configuration() -> None:
    setting = setting_of("cosine:peak={rate},end=1e-5,steps={steps}", None, "steps")
    assert setting({"rate": 1e-3, "steps": 500}).length == 500
