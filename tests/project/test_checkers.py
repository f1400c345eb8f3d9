"""The checkers check: they see the files they are meant to see, and the exceptions carry reasons."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def count_of_files() -> int:
    ours = [
        path
        for folder in ("spaces", "objectives", "search", "runners", "tests", "experiments")
        for path in (ROOT / folder).rglob("*.py")
        if not path.is_relative_to(ROOT / "experiments/ytopt")  # written for another program, in its style
    ]
    return len(ours)


@pytest.mark.slow
def test_mypy_is_clean_and_saw_every_file() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    found = re.search(r"no issues found in (\d+) source files", result.stdout)
    assert found, result.stdout
    assert int(found[1]) >= count_of_files() >= 80


def test_ruff_is_clean_and_saw_every_file() -> None:
    ruff = [sys.executable, "-m", "ruff"]
    seen = subprocess.run(
        [*ruff, "check", "--show-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert len([line for line in seen.stdout.splitlines() if line.endswith(".py")]) >= count_of_files()
    for command in (["check"], ["format", "--check"]):
        result = subprocess.run([*ruff, *command], cwd=ROOT, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout


def test_an_ignored_type_error_names_its_code() -> None:
    bare = [
        str(path)
        for folder in ("spaces", "objectives", "search", "runners")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"#\s*type:\s*ignore(?!\[)", path.read_text())
    ]
    assert bare == []


def test_no_tracked_file_names_a_registry_or_a_path_of_one_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode != 0:
        pytest.skip("needs a git checkout")
    # Written in parts, or this file would be one of them.
    parts = ["py", "pi[.]org|python", "hosted|registry[.]", "npmjs|deb[.]", "debian|/(?:work|ro", "ot)/"]
    hosts = re.compile("".join(parts))
    offences = [
        name for name in tracked.stdout.split() if hosts.search((ROOT / name).read_text(errors="replace"))
    ]
    assert offences == []
