"""Searches over finite spaces: the report knows the best of every configuration."""

import json
from pathlib import Path

import numpy as np
import pytest

from objectives import laws
from objectives.budget import Budget
from objectives.capability.objective import PerformanceObjective
from runners.cli.main import main
from spaces.architecture_space import architecture_space
from spaces.encoding import Encoder

SPACE = {"layers": [16, 32, 64], "d_model": [1024, 2048, 4096], "n_kv_heads": [4, 8], "d_ff": [4096, 8192]}
JOB = """
evaluations: 6
engine: random
budget: {{flops: 1e23, max_total_params: 5e9}}
space: {{kind: architecture, kinds: {kinds}, layers: [16, 32, 64], d_model: [1024, 2048, 4096],
         n_kv_heads: [4, 8], d_ff: [4096, 8192]}}
objective: {{kind: performance{more}}}
"""


def report(tmp_path: Path, capsys: pytest.CaptureFixture[str], job: str, *options: str) -> str:
    path = tmp_path / "shapes.yaml"
    path.write_text(job)
    assert main(["search", str(path), "--quiet", "--out", str(tmp_path / "out"), *options]) == 0
    return capsys.readouterr().out


def test_the_gap_is_to_the_best_of_all_shapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (search,) = json.loads(report(tmp_path, capsys, JOB.format(kinds="dense", more=""), "--json"))["searches"]
    encoder = Encoder(architecture_space("dense", **SPACE))
    objective = PerformanceObjective(laws.get("performance"), Budget(1e23, max_total_params=5e9))
    every = encoder.decode_many(encoder.every())
    allowed = every.select(objective.feasible(every))
    errors = [objective.evaluate(config, seed=0)["mmlu_error"] for config in allowed]
    found, reached = search["enumerated"], search["best"]["value"]
    assert found["value"] == min(errors)
    assert (found["configurations"], found["feasible"]) == (len(every), len(errors))
    assert found["better"] == np.sum(np.array(errors) < reached - 1e-9) > 0
    assert found["gap"] == pytest.approx(reached - min(errors))


def test_the_report_shows_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = report(tmp_path, capsys, JOB.format(kinds="dense", more=", min_mmlu: 50"))
    assert "## Best of all configurations" in text
    assert "above the certified optimum" in text


def test_a_space_too_large_to_list_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = JOB.format(kinds="[dense, moe]", more=", moe_as: effective-dense-size")
    job = job.replace("layers: [16, 32, 64], ", "")
    (search,) = json.loads(report(tmp_path, capsys, job, "--json"))["searches"]
    assert "enumerated" not in search
