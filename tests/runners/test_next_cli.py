"""`scalesearch next`: the answer from a fit.json alone, and one clear line for every mistake."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from objectives.fit import fit
from objectives.fit.record import to_record
from objectives.laws import get
from objectives.runs import Runs
from runners.cli.main import main


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fit.json of a small synthetic table."""
    random = np.random.default_rng(0)
    n = 10 ** random.uniform(7.5, 9.5, 40)
    d = n * 10 ** random.uniform(0.5, 2.3, 40)
    loss = get("hoffmann", "epoch-full").loss(n, d) * np.exp(random.normal(0, 0.005, 40))
    path = tmp_path_factory.mktemp("fit") / "fit.json"
    record = to_record(fit(Runs(n, d, np.zeros(40), loss), law="hoffmann", draws=100, compare=()))
    path.write_text(json.dumps(record))
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, list[str]]:
    code = main(["next", *arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.out, captured.err.splitlines()


def answer(saved: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    code, out, err = run(capsys, str(saved), "--allowance", "1e21", "--target", "1e23", "--json", *options)
    assert (code, err) == (0, [])
    record: dict[str, Any] = json.loads(out)
    return record


def test_the_record_holds_what_the_report_shows(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = answer(saved, capsys, "--max", "4")
    assert (record["kind"], record["goal"], record["target"], record["allowance"]) == (
        "next-runs", "size", 1e23, 1e21,
    )  # fmt: skip
    assert 1 <= len(record["picks"]) <= 4
    assert record["cost"] == record["picks"][-1]["cumulative_cost"] <= 1e21
    low, high = record["now"]["n"]
    after = record["picks"][-1]["expected"]["n"]
    assert low < after[0] < record["optimum"]["n"] < after[1] < high
    assert record["inflation"] >= 1


def test_the_grid_may_be_given(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = answer(saved, capsys, "--sizes", "1e8, 1e9", "--tokens", "1e10,2e10", "--for", "loss")
    assert record["goal"] == "loss"
    assert {pick["n"] for pick in record["picks"]} <= {1e8, 1e9}
    assert {pick["tokens"] for pick in record["picks"]} <= {1e10, 2e10}


def test_the_document_names_the_runs_and_the_one_large_run(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, str(saved), "--allowance", "1e21", "--target", "1e23")
    assert (code, err) == (0, [])
    assert out.startswith("# Which runs to buy next, for the best model of 1e+23 FLOPs\n")
    headings = [line for line in out.splitlines() if line.startswith("## ")]
    assert headings == ["## Runs to buy", "## One large run instead", "## What the expectation rests on"]
    assert "| 1   |" in out
    assert "after the batch, expected" in out


GOOD = ("--allowance", "1e21", "--target", "1e23")
MISTAKES: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no allowance": (("--target", "1e23"), 2, "error: Missing option '--allowance'"),
    "no target": (("--allowance", "1e21"), 2, "error: Missing option '--target'"),
    "a negative allowance": (("--allowance=-1", "--target", "1e23"), 2, "error: allowance: expected"),
    "an infinite target": (("--allowance", "1e21", "--target", "inf"), 2, "error: target: expected"),
    "sizes in words": ((*GOOD, "--sizes", "small"), 2, "error: sizes: expected numbers with commas"),
    "an empty list": ((*GOOD, "--tokens", ""), 2, "error: tokens: expected numbers with commas"),
    "a negative size": ((*GOOD, "--sizes=-1e8"), 2, "error: sizes: expected positive finite numbers"),
    "sparsity for a dense law": ((*GOOD, "--sparsities", "0.5"), 2, "error: sparsities: expected 0"),
    "no runs at all": ((*GOOD, "--max", "0"), 2, "error: max: expected at least 1, got 0"),
    "no copies": ((*GOOD, "--copies", "0"), 2, "error: copies: expected at least 1, got 0"),
    "an unknown goal": ((*GOOD, "--for", "fun"), 2, "error: Invalid value for '--for'"),
    "an allowance below every run": (
        ("--allowance", "1e9", "--target", "1e23"),
        3,
        "error: no run: the cheapest candidate costs",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_in_one_line(
    mistake: str, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options, expected, line = MISTAKES[mistake]
    code, out, err = run(capsys, str(saved), *options)
    assert (code, out) == (expected, "")
    assert len(err) == 1
    assert err[0].startswith(line)


def test_every_mistake_has_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, str(tmp_path / "gone.json"), *GOOD, "--sizes", "a", "--tokens", "b")
    assert code == 2
    assert [line.split(":")[1].strip() for line in err] == ["sizes", "tokens", "fit"]


FILES = {
    "no JSON": "{",
    "another kind of file": '{"kind": "report"}',
    "a list": "[]",
}


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_no_fit_is_named(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(FILES[file])
    code, out, err = run(capsys, str(path), *GOOD)
    assert (code, out, len(err)) == (2, "", 1)
    assert err[0].startswith("error: fit: expected a fit.json")
    assert "wrong.json" in err[0]


def test_a_fit_without_its_runs_is_named(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = json.loads(saved.read_text())
    del record["runs"]["table"]["tokens"]
    path = tmp_path / "fit.json"
    path.write_text(json.dumps(record))
    code, _, err = run(capsys, str(path), *GOOD)
    assert code == 2
    assert err == [
        "error: fit: expected a fit.json that `scalesearch fit -o` wrote, runs included, "
        "got fit.json: KeyError 'tokens'"
    ]
