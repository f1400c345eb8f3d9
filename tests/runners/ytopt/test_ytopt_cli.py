"""`scalesearch ytopt` takes ytopt's flags and leaves ytopt's files beside the journal."""

import csv
import json
import math
import sys
from pathlib import Path

import pytest
import yaml

from runners.cli.main import main
from runners.ytopt.flags import Flags

EXAMPLES = Path(__file__).resolve().parents[3] / "experiments/ytopt"
BOX, KERNEL = str(EXAMPLES / "box/problem.py"), str(EXAMPLES / "kernel/blocks/problem.py")

Said = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_a_search_leaves_a_report_a_journal_and_the_files_of_ytopt(here: Path, capsys: Said) -> None:
    code = main(["ytopt", BOX, "--max-evals", "12", "--evaluator", "local", "--quiet"])
    said = capsys.readouterr()
    assert code == 0
    assert said.out.startswith("# Best-config report: box")
    assert "CONFIG" in said.err  # what an objective prints is no answer
    raw = (here / "results.csv").read_bytes()
    assert raw == (here / "results/box/results.csv").read_bytes()
    assert raw.startswith(b"x,k,kind,objective,elapsed_sec\r\n")
    rows = list(csv.DictReader((here / "results.csv").read_text().splitlines()))
    assert len(rows) == 12
    values = json.loads((here / "results.json").read_text())
    for row in rows:
        point = json.dumps({"x": float(row["x"]), "k": int(row["k"]), "kind": row["kind"]})
        assert values[point] == float(row["objective"])
    report = json.loads((here / "results/box/report.json").read_text())
    assert report["searches"][0]["best"]["value"] == min(values.values())


def test_failures_inactive_parameters_and_q_stand_there_as_in_ytopt(here: Path) -> None:
    flags = ["--max-evals", "40", "--evaluator", "local", "--quiet", "--engine", "random", "--set-SEED", "1"]
    assert main(["ytopt", "--problem", KERNEL, *flags]) == 0
    rows = list(csv.DictReader((here / "results.csv").read_text().splitlines()))
    first = [rows[0][name] for name in ("p0", "p1", "p2", "p3")]
    assert first == ["10", "0.3", " ", "NA"]  # the defaults
    assert {int(row["p0"]) for row in rows} == set(range(2, 21, 2))
    for row in rows:
        time = float(row["p0"]) - (0.0 if row["p2"] == " " else 0.5)
        assert float(row["objective"]) == (sys.float_info.max if row["p0"] == "20" else time)
        assert (row["p3"] == "NA") == (row["p2"] == " ") == (not math.isnan(float(row["p4"])))
        assert (row["p0"], row["p1"]) != ("2", "0.3")  # forbidden
    report = json.loads((here / "results/blocks/report.json").read_text())
    (failures,) = report["searches"][0]["search"]["failures"]
    assert failures["reason"] == "objective is inf"


def test_a_search_goes_on_and_other_results_are_left_alone(here: Path, capsys: Said) -> None:
    (here / "results.csv").write_text("months of work\n")
    command = ["ytopt", BOX, "--evaluator", "local", "--quiet", "--engine", "random"]
    assert main([*command, "--max-evals", "5"]) == 0
    assert "results.csv of another search stay" in capsys.readouterr().err
    first = (here / "results/box/results.csv").read_text()
    assert main([*command, "--max-evals", "9"]) == 2  # the folder is taken
    assert main([*command, "--max-evals", "9", "--resume"]) == 0
    assert (here / "results/box/results.csv").read_text().startswith(first)
    assert len((here / "results.json").read_text().splitlines()) == 9 + 2
    assert (here / "results.csv").read_text() == "months of work\n"


FLAGS = {
    "none": (Flags("p.py"), {"name": "native"}),
    "initial points": (Flags("p.py", initial_points=7), {"name": "native", "initial_points": 7}),
    "a learner": (Flags("p.py", learner="ET"), {"name": "skopt", "learner": "ET", "initial_points": 4}),
    "all": (
        Flags("p.py", learner="RF", acq_func="LCB", liar_strategy="cl_min", kappa=0.5, initial_points=3),
        {"name": "skopt", "learner": "RF", "acquisition": "LCB", "liar": "cl_min", "kappa": 0.5}
        | {"initial_points": 2},
    ),
    "ours all the same": (Flags("p.py", engine="native", learner="RF"), {"name": "native"}),
}


@pytest.mark.parametrize("case", FLAGS)
def test_flags_choose_the_engine(case: str, tmp_path: Path) -> None:
    flags, engine = FLAGS[case]
    (tmp_path / "p.py").write_text(Path(BOX).read_text())
    job = yaml.safe_load(flags.job_text(tmp_path))
    assert job["engine"] == engine
    assert (job["seed"], job["evaluations"], job["parallel"]) == (12345, 100, "auto")
    assert flags.unused == (["--learner"] if case == "ours all the same" else [])


def test_workers_are_those_of_the_evaluator(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [Flags("p.py", evaluator=name).slots for name in ("subprocess", "ray", "process")] == [
        1,
        None,
        None,
    ]
    monkeypatch.setenv("YTOPT_WORKERS_PER_NODE", "3")
    assert Flags("p.py").slots == 3
    assert Flags("p.py", workers=2).slots == 2


MISTAKES = {
    "no problem": ([], "error: problem: expected exactly one, such as problem.py"),
    "two problems": (["a.py", "--problem", "b"], "error: problem: expected exactly one"),
    "not there": (["nowhere.py"], "error: objective.problem: expected a file, such as problem.py"),
    "evaluator": (["FILE", "--evaluator", "rey"], "(did you mean ray?), got rey"),
    "learner": (["FILE", "--learner", "SVM"], "error: engine.learner: expected RF | ET | GBRT | GP | DUMMY"),
    "evaluations": (["FILE", "--max-evals", "0"], "error: Invalid value for '--max-evals'"),
    "engine": (["FILE", "--engine", "nativ"], "did you mean native?"),
    "time limit": (
        ["FILE", "--evaluator", "local", "--eval-timeout-minutes", "1"],
        "none with the runner local",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(mistake: str, here: Path, capsys: Said) -> None:
    arguments, message = MISTAKES[mistake]
    given = [BOX if each == "FILE" else each for each in arguments]
    assert main(["ytopt", *given, "--quiet"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


@pytest.mark.slow
def test_a_worker_process_evaluates_and_outlives_what_an_objective_does(
    here: Path,
) -> None:
    (here / "rough.py").write_text(ROUGH)
    assert main(["ytopt", "rough.py", "--max-evals", "4", "--quiet", "--engine", "random"]) == 0
    report = json.loads((here / "results/rough/report.json").read_text())
    reasons = {failure["reason"] for failure in report["searches"][0]["search"]["failures"]}
    assert any("exited with code 7" in reason for reason in reasons)
    assert "SystemExit: 1" in reasons


ROUGH = """
import os, sys
from autotune import TuningProblem
from autotune.space import *

def myobj(point):
    if point['i'] == 0:
        sys.exit(1)
    if point['i'] == 1:
        os._exit(7)
    return point['i']

Problem = TuningProblem(None, Space([Integer(0, 3, name='i')]), None, myobj)
"""
