"""`scalesearch chain`: the report, its JSON, and wrong tables and options in one line each."""

import json
from pathlib import Path

import pytest

from experiments import synthetic_checkpoints as made
from experiments.real_runs import LADDER_LENGTHS, LADDER_SIZES
from objectives import laws
from runners.cli.main import main

ASKED = ["--n", "13e9", "--tokens", "5e12"]


def test_the_table_in_the_repository_is_what_its_maker_writes() -> None:
    assert made.FILE.read_text() == made.table()


def test_the_interval_holds_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chain", str(made.FILE), *ASKED, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    loss = float(laws.custom("hoffmann", **made.LAW).loss(13e9, 5e12))
    for name, truth in (("loss", loss), ("accuracy", float(made.CURVE.accuracy(loss)))):
        low, high = record[f"{name}_interval"]
        assert low < truth < high
        assert low < record[name] < high
        assert record[name] == pytest.approx(truth, rel=0.04)
    assert record["extrapolation"]["n"] == pytest.approx(1.0)


def test_the_report_shows_both_steps_and_what_to_doubt(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chain", str(made.FILE), *ASKED, "--average", "9"]) == 0
    printed = capsys.readouterr().out
    for text in (
        "# From loss to task: 13.0B parameters on 5.00T tokens",
        "From 600 checkpoints of 12 runs in checkpoints.csv.",
        "| size, tokens -> loss |",
        "| loss -> accuracy     |",
        "times about larger runs that were held out",
        "averages over 9 of a run's checkpoints, 18% of them",
        "no checkpoint has a loss as low",
    ):
        assert text in printed


def test_the_ladders_own_columns(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pandas as pd

    table = pd.read_csv(shared / "data/olmo-ladder/ladder_all_checkpoints.csv.gz")
    names = [f"{size}-{length}" for size in LADDER_SIZES for length in LADDER_LENGTHS]
    path = tmp_path / "ladder.csv"
    table[table["run"].isin(names)].sample(frac=1.0, random_state=0).to_csv(path, index=False)
    columns = "n=N,loss=bpb_mmlu_avg_test_rc_5shot,accuracy=acc_mmlu_avg_test_rc_5shot"
    asked = ["--n", "13202396160", "--tokens", "5000088518656", "--columns", columns]
    assert main(["chain", str(path), *asked, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["loss"] == pytest.approx(0.7501562, abs=2e-6)
    assert record["accuracy"] == pytest.approx(0.51268, abs=2e-6)
    assert record["law"]["count"] == "as in the table"


ROWS = "a,1e8,1e9,3,0.3\na,1e8,2e9,2.5,0.4"
HEADER = "run,n,tokens,loss,accuracy"
WRONG: tuple[tuple[str, str, list[str], str], ...] = (
    (HEADER, "a,1e8,1e9,3,30", [], "checkpoints.accuracy, row 1: expected a share of right answers"),
    (HEADER, "a,1e8,1e9,3,0.3\na,2e8,2e9,3,0.3", [], "run a, n: expected one size, got 1e+08 and 2e+08"),
    (HEADER, "a,1e8,1e9,3,0.3\na,1e8,1e9,3,0.3", [], "run a, tokens: expected each value once"),
    (HEADER, "a,1e8,1e9,nan,0.3", [], "checkpoints.loss, row 1: expected a positive finite number"),
    ("run,n,tokens,bpb,accuracy", ROWS, [], "columns.loss: expected one column of the table"),
    (HEADER, ROWS, ["--columns", "los=loss"], "columns.los: expected"),
    (HEADER, ROWS, ["--average", "0"], "average: expected a whole number, at least 1, got 0"),
    (HEADER, ROWS, ["--level", "95"], "level: expected above 0 and below 1, got 95"),
    (HEADER, ROWS, [], "runs: expected at least as many as the 5 free coefficients"),
)


@pytest.mark.parametrize(("header", "rows", "options", "said"), WRONG)
def test_mistakes_are_one_line_each(
    header: str,
    rows: str,
    options: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(f"{header}\n{rows}\n")
    assert main(["chain", str(path), *ASKED, *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert said in line
