"""An external program as the objective: its value, and every way it can go wrong, as a reason."""

import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives.command import CommandObjective, fill
from objectives.objective import OutOfMemory, StopSearch, TemporaryFailure, TimedOut, TrialFailed
from spaces.errors import BadInput


def python(code: str, **options: object) -> CommandObjective:
    return CommandObjective(f"{sys.executable} -c '{code}' {{x}}", **options)  # type: ignore[arg-type]


def test_the_last_line_is_the_value() -> None:
    objective = python('import sys; print("talk"); print(2 * float(sys.argv[1])); print()')
    assert objective.evaluate({"x": 1.25}, seed=0) == {"value": 2.5}


def test_a_json_object_gives_all_its_finite_numbers() -> None:
    objective = python('print("""{"loss": 3.5, "time": 2, "note": "a", "bad": NaN}""")', returns="loss")
    assert objective.evaluate({"x": 0}, seed=0) == {"loss": 3.5, "time": 2.0}


def test_the_configuration_is_in_the_environment_as_json() -> None:
    objective = python('import json, os; print(json.loads(os.environ["SCALESEARCH_CONFIG"])["y"] + 1)')
    assert objective.evaluate({"x": 0, "y": 41}, seed=0) == {"value": 42.0}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit(3)", "exit code 3"),
        ("import sys; sys.exit(\"out of disk\")", "standard error ends with: out of disk"),
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("pass", "value must be a number, got str: no output"),
        ("print(\"nan\")", "value must be a number"),
        ("print(\"NaN\")", "value is nan"),
        ("print(\"Infinity\")", "value is inf"),
        ("print(True)", "value must be a number"),
        ("print(\"true\")", "value must be a number, got bool"),
        ("print(\"{}\")", "no metric"),
    ],
)  # fmt: skip
def test_a_program_without_a_value_fails_with_the_reason(code: str, reason: str) -> None:
    with pytest.raises(TrialFailed, match=reason):
        python(code).evaluate({"x": 0}, seed=0)


def test_a_missing_program_fails_with_the_reason() -> None:
    with pytest.raises(TrialFailed, match="cannot start"):
        CommandObjective("no-such-program-anywhere").evaluate({}, seed=0)


def test_a_late_program_is_killed_with_its_children(tmp_path: Path) -> None:
    flag = tmp_path / "alive"
    script = tmp_path / "slow.sh"
    script.write_text(f"(sleep 1.5; touch {flag}) &\nsleep 30\n")
    with pytest.raises(TimedOut, match=r"^still running after 0\.3 s$"):
        CommandObjective(f"sh {script}", timeout=0.3).evaluate({}, seed=0)
    time.sleep(2)
    assert not flag.exists()


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=30))
def test_a_value_stays_within_its_argument_whatever_it_contains(text: str) -> None:
    assert fill("run --name={name} {gone}", {"name": text}) == ["run", f"--name={text}", ""]


def test_unknown_placeholders_are_named() -> None:
    mistakes = CommandObjective("train {lr} {batch} {seed}").unsuitable(["lr"])
    assert [mistake.field for mistake in mistakes] == ["objective.command {batch}"]


@pytest.mark.parametrize("command", ["", "  ", "run '"])
def test_a_malformed_command_is_refused(command: str) -> None:
    with pytest.raises(BadInput, match=r"objective\.command"):
        CommandObjective(command).unsuitable([])


def test_a_program_past_its_memory_is_stopped_with_its_children(tmp_path: Path) -> None:
    script = tmp_path / "eat.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "if len(sys.argv) == 1: subprocess.run([sys.executable, __file__, 'child'])\n"
        "block = bytearray(400_000_000); time.sleep(60)\n"
    )
    start = time.monotonic()
    with pytest.raises(OutOfMemory, match=r"^stopped above 200 MB$"):
        CommandObjective(f"{sys.executable} {script}", memory=200_000_000).evaluate({}, seed=0)
    assert time.monotonic() - start < 30


@pytest.mark.parametrize(("code", "failure"), [(75, TemporaryFailure), (78, StopSearch), (3, TrialFailed)])
def test_exit_codes_may_ask_for_another_try_or_end_the_search(code: int, failure: type[TrialFailed]) -> None:
    with pytest.raises(TrialFailed, match=f"exit code {code}") as caught:
        CommandObjective(f"sh -c 'exit {code}'").evaluate({}, seed=0)
    assert type(caught.value) is failure
