"""`scalesearch sloth`: known skills found again, real families as measured, mistakes in one line each."""

import json
from pathlib import Path

import pytest

from experiments import synthetic_models as made
from runners.cli.main import main

ASKED = ["--family", "amber", "--n", "70e9", "--tokens", "4e12"]


def test_the_table_in_the_repository_is_what_its_maker_writes() -> None:
    assert made.FILE.read_text() == made.table()


def test_the_intervals_hold_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sloth", str(made.FILE), *ASKED, "--skills", "2", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    truth = made.TRUTH.scores("amber", 70e9, 4e12)
    for each, score in zip(record["benchmarks"], truth, strict=True):
        low, high = each["interval"]
        assert low < score < high
        assert each["held_out_error"] < 0.5 * each["naive_error"]
    assert len(record["tested"]) == len(made.FAMILIES)


def test_real_families_come_out_as_measured(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same figures as in `tests/objectives/capability/test_downstream_skills.py`, in points here."""
    table = shared / "data" / "llm-benchmarks" / "mmlu_architectures.csv"
    columns = ["--columns", "n_total=est_params_B*1e9,tokens=tokens_T*1e12", "--benchmarks", "mmlu=MMLU*0.01"]
    asked = ["--family", "Llama-2", "--n", "400e9", "--tokens", "2e12"]
    assert main(["sloth", str(table), *columns, *asked]) == 0
    printed = capsys.readouterr().out
    assert "| mmlu      | 7.5 points | 9.9 points" in printed
    assert "n is 0.3 decades above the largest of the table" in printed


HEADER = "family,n_total,tokens,mmlu,mine"
ROWS = "a,1e9,1e12,0.3,0.5\na,3e9,1e12,0.4,0.6\nb,1e9,1e12,0.5,0.7"
WRONG: tuple[tuple[str, list[str], str], ...] = (
    (ROWS, ["--family", "c"], "family: expected a | b, got c"),
    (ROWS, ["--skills", "2"], "skills: expected from 1 to the 1 benchmarks of the table, got 2"),
    (ROWS, ["--level", "90"], "level: expected above 0 and below 1, got 90"),
    (ROWS, ["--benchmarks", "mine"], "floors.mine: expected the score of guessing"),
    (ROWS, ["--benchmarks", "mine", "--floors", "mine=x"], "floors.mine: expected a share from 0"),
    (ROWS, ["--benchmarks", "mmlu=MMLU"], "benchmarks.mmlu: expected one column of the table"),
    (ROWS.replace("0.3", "30"), [], "models.mmlu, row 1: expected a share of right answers"),
    (ROWS.replace("1e12", "1", 1), [], "models.tokens, row 1: expected tokens as a count"),
    (ROWS[: ROWS.index("\nb")], [], "models.family: expected at least 2 families, got 1"),
)


@pytest.mark.parametrize(("rows", "options", "said"), WRONG)
def test_mistakes_are_one_line_each(
    rows: str, options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "models.csv"
    path.write_text(f"{HEADER}\n{rows}\n")
    family = [] if "--family" in options else ["--family", "a"]
    assert main(["sloth", str(path), *family, "--n", "1e9", "--tokens", "1e12", *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert said in line


def test_tokens_that_never_vary_are_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "models.csv"
    path.write_text(f"{HEADER}\n{ROWS}\n")
    assert main(["sloth", str(path), "--family", "b", "--n", "1e9", "--tokens", "1e12"]) == 0
    printed = capsys.readouterr().out
    assert "no family has models on different numbers of tokens" in printed
    assert "b has one model in the table" in printed
