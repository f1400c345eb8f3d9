"""A user's function as the objective."""

from pathlib import Path

import numpy as np
import pytest

from objectives.objective import TrialFailed
from objectives.python_objective import PythonObjective
from objectives.reading import as_metrics
from spaces.errors import BadInput


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text("OFFSET = 10\n")
    (tmp_path / "mine.py").write_text(
        "from helper import OFFSET\n"
        "def plain(config): return config['x'] + OFFSET\n"
        "def seeded(config, seed): return {'value': seed, 'other': config['x']}\n"
        "def broken(config): raise RuntimeError('no GPU')\n"
        "constant = 3\n"
    )
    (tmp_path / "wrong.py").write_text("import no_such_module_anywhere\n")
    return tmp_path


def test_a_function_in_a_file_beside_its_helpers_is_called(folder: Path) -> None:
    assert PythonObjective("mine.py:plain", folder).evaluate({"x": 2}, seed=0) == {"value": 12.0}


def test_a_function_that_takes_a_seed_gets_the_trials_seed(folder: Path) -> None:
    metrics = PythonObjective("mine.py:seeded", folder).evaluate({"x": 2}, seed=7)
    assert metrics == {"value": 7.0, "other": 2.0}


def test_a_function_in_an_installed_module_is_called() -> None:
    assert PythonObjective("operator:length_hint").evaluate({"x": 2}, seed=0) == {"value": 1.0}


def test_what_the_function_raises_is_left_to_the_backend(folder: Path) -> None:
    with pytest.raises(RuntimeError, match="no GPU"):
        PythonObjective("mine.py:broken", folder).evaluate({"x": 2}, seed=0)


@pytest.mark.parametrize(
    "target",
    [
        "mine.py",
        "mine.py:",
        ":plain",
        "gone.py:f",
        "wrong.py:f",
        "mine.py:absent",
        "mine.py:constant",
        "no_such:f",
    ],
)
def test_a_target_that_is_no_function_is_refused(folder: Path, target: str) -> None:
    with pytest.raises(BadInput, match=r"objective\.target"):
        PythonObjective(target, folder).evaluate({"x": 1}, seed=0)


@pytest.mark.parametrize(
    "returned", [2, 2.0, np.float32(2), np.array(2.0), np.array([2]), {"value": 2, "s": "x"}]
)
def test_every_kind_of_real_number_is_a_value(returned: object) -> None:
    assert as_metrics(returned, "value") == {"value": 2.0}


@pytest.mark.parametrize(
    "returned", [None, "2", True, [1, 2], 1j, np.nan, {"loss": 1}, {"value": None}, np.inf]
)
def test_anything_else_is_a_failure(returned: object) -> None:
    with pytest.raises(TrialFailed, match="value"):
        as_metrics(returned, "value")


def test_a_file_may_define_dataclasses_with_postponed_annotations(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text(  # a library's name: it must not shadow the library
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Point:\n    x: float\n"
        "def f(config): return Point(config['x']).x\n"
    )
    assert PythonObjective("random.py:f", tmp_path).evaluate({"x": 3.0}, seed=0) == {"value": 3.0}


def test_a_file_that_exits_when_imported_is_refused(tmp_path: Path) -> None:
    (tmp_path / "leaves.py").write_text("import sys\nsys.exit(3)\n")
    with pytest.raises(BadInput, match=r"objective\.target"):
        PythonObjective("leaves.py:f", tmp_path).evaluate({"x": 1}, seed=0)
