"""Values on the way: what a reporter passes on, and what a program's lines are taken for."""

import contextlib
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives.command import CommandObjective
from objectives.objective import TrialFailed
from objectives.python_objective import PythonObjective
from objectives.reporting import FINE, Reporter, TrialPruned

PROGRAM = """
import json, sys, time
for step in range(1, 2001):
    print(json.dumps({"step": step, "loss": 1 / step}))
    if step == 5:
        print("talk", '{"step": 1', '[1, 2]', json.dumps({"step": True, "loss": 1}), "x" * 100_000, sep="\\n")
        time.sleep(0.3)
    if step >= int(sys.argv[1]):
        break
    if step > 20:
        time.sleep(0.02)
print(0.5)
"""


class Ear:
    """Hears reports, and says stop at a step."""

    def __init__(self, stop_at: float = float("inf")) -> None:
        self.heard: list[tuple[float, float]] = []
        self.report = Reporter(
            lambda step, value: self.heard.append((step, value)),
            lambda: bool(self.heard) and self.heard[-1][0] >= stop_at,
        )


@given(st.integers(1, 5000))
def test_a_reporter_keeps_two_per_cent_of_resolution_of_any_number_of_reports(count: int) -> None:
    ear = Ear()
    for step in range(count):
        ear.report(step, 1.0)
    steps = [step for step, _ in ear.heard]
    assert steps[:FINE] == list(range(min(count, FINE)))
    gaps = [after - before for before, after in zip(steps, [*steps[1:], count], strict=True)]
    assert max(gaps) <= max(1, 2 * count / FINE)


def test_who_is_told_to_stop_leaves_past_any_handler() -> None:
    ear = Ear(stop_at=3)

    def careful() -> None:
        for step in range(10):
            with contextlib.suppress(Exception):
                ear.report(step, 1.0)

    with pytest.raises(TrialPruned):
        careful()
    assert len(ear.heard) == 4


@pytest.mark.parametrize(
    ("step", "value", "why"),
    [(1, float("nan"), "reports nan at step 1"), (float("inf"), 1, "step inf"), (-1, 1, "step -1")],
)
def test_a_report_without_numbers_fails_the_trial(step: float, value: float, why: str) -> None:
    with pytest.raises(TrialFailed, match=why):
        Ear().report(step, value)


def test_a_function_reports_where_it_takes_an_argument_for_it(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("def f(config, seed): return config['x']")
    (tmp_path / "told.py").write_text("def f(config, report):\n    report(1, 9)\n    return config['x']")
    plain, told = (PythonObjective(f"{name}.py:f", tmp_path) for name in ("plain", "told"))
    assert (plain.reports, told.reports) == (False, True)
    ear = Ear()
    assert told.run({"x": 2.0}, seed=0, report=ear.report) == {"value": 2.0}
    assert ear.heard == [(1.0, 9.0)]
    assert told.evaluate({"x": 2.0}, seed=0) == plain.evaluate({"x": 2.0}, seed=0)


def test_lines_of_a_program_are_reports_and_its_last_line_is_the_value(tmp_path: Path) -> None:
    ear = Ear()
    assert program(tmp_path, 8).run({}, seed=0, report=ear.report) == {"loss": 0.5}
    assert ear.heard == [(step, 1 / step) for step in range(1, 9)]


def test_a_program_that_is_told_to_stop_is_killed(tmp_path: Path) -> None:
    ear = Ear(stop_at=5)
    with pytest.raises(TrialPruned):
        program(tmp_path, 2000).run({}, seed=0, report=ear.report)
    assert 5 <= len(ear.heard) < 1000


def test_a_program_that_ended_before_it_could_be_stopped_keeps_its_value(tmp_path: Path) -> None:
    (tmp_path / "quick.py").write_text('print(\'{"step": 1, "loss": 2}\')\nprint(1)')
    command = CommandObjective(f"{sys.executable} quick.py", tmp_path, returns="loss", follow=True)
    assert command.run({}, seed=0, report=Ear(stop_at=1).report) == {"loss": 1.0}


def program(folder: Path, steps: int) -> CommandObjective:
    (folder / "program.py").write_text(PROGRAM)
    return CommandObjective(f"{sys.executable} program.py {steps}", folder, returns="loss", follow=True)
