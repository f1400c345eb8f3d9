"""`scalesearch temporal`: the report, its JSON and its page, and wrong options in one line each."""

import json
from pathlib import Path

import numpy as np
import pytest

from runners.cli.main import main


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of known curves: 30 checkpoints, 16 positions."""
    path = tmp_path_factory.mktemp("temporal") / "made.csv"
    tokens = np.geomspace(1e5, 1e7, 30).round()
    lines = ["run,tokens,lr,position,loss"]
    for run, size in (("small", 1.2), ("large", 1.0)):
        for t in tokens:
            lr = 1e-3 * min(1.0, (1.0 - t / 1e7) / 0.2)
            a2 = 2.0 * size + 0.3 * (t / 1e7) ** -0.3 - 0.1 * (1 - lr / 1e-3)
            losses = 0.8 / (1 + 0.1 * np.arange(1, 17)) + a2
            lines += [f"{run},{t:.0f},{lr:.4g},{i},{loss:.5f}" for i, loss in enumerate(losses, 1)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_report_has_the_forecast_the_choice_and_the_doubts(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    assert main(["temporal", str(table), "--run", "large", "--prefix", "0.6", "--html", str(page)]) == 0
    printed = capsys.readouterr().out
    for heading in (
        "# Loss by position: large of made.csv",
        "## Forecast",
        "## Curves over trained tokens",
        "## The position law at each checkpoint",
        "## Do all positions learn alike?",
        "## What is assumed, and what to doubt",
    ):
        assert heading in printed
    for forecaster in ("temporal law", "power law", "reciprocal", "exponential", "last value"):
        assert f"\n| {forecaster}" in printed
    assert "the paper's is not known" in printed
    text = page.read_text()
    assert text.count("<svg") == 3
    assert 'src="http' not in text
    assert 'href="http' not in text
    assert "<script" not in text


def test_the_json_has_every_number_of_the_report(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["temporal", str(table), "--run", "large", "--prefix", "0.6", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    last = record["forecast"][-1]
    assert last["measured"] == pytest.approx(
        2.0 + 0.3 - 0.1 + np.mean(0.8 / (1 + 0.1 * np.arange(1, 17))), abs=1e-5
    )
    gain = 0.044 * record["last"]["loss"]  # assumed, for it could not see the decay
    assert last["loss"] == pytest.approx(last["measured"] + 0.1 - gain, abs=0.02)
    assert any("it is taken to lower the loss by 4.4%" in text for text in record["assumptions"])
    assert record["checkpoints"][-1]["a1"] == pytest.approx(0.1, rel=1e-2)
    assert record["first_position"] == 1


def test_a_finished_run_tells_what_the_decay_does(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["temporal", str(table), "--run", "large", "--prefix", "0.6", "--like", "small", "--json"]
    assert main(arguments) == 0
    last = json.loads(capsys.readouterr().out)["forecast"][-1]
    assert last["loss"] == pytest.approx(last["measured"], abs=0.02)


def test_families_and_the_first_position_can_be_given(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    families = "a0=constant,a1=constant,a2=power"
    arguments = ["temporal", str(table), "--run", "large", "--families", families, "--json"]
    assert main([*arguments, "--first-position", "0", "--tokens", "2e7", "--final-lr", "0"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["choice"]["families"] == {"a0": "constant", "a1": "constant", "a2": "power"}
    assert record["checkpoints"][0]["a1"] == pytest.approx(0.1 / 1.1, rel=1e-2)  # the same curve from 0
    assert [each["tokens"] for each in record["forecast"]] == [2e7]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], "run: expected one of the table's runs (small, large), got none"),
        (["--run", "larg"], "run: expected small | large (did you mean large?), got larg"),
        (["--prefix", "1.5"], "prefix: expected a share above 0 and at most 1, got 1.5"),
        (
            ["--run", "large", "--prefix", "0.01"],
            "prefix: expected a share that holds more than 6 checkpoints",
        ),
        (
            ["--run", "large", "--tokens", "1e6"],
            "tokens: expected numbers beyond the last checkpoint (1e+07)",
        ),
        (["--tokens", "-1"], "tokens: expected positive finite numbers"),
        (["--prefix", "0.5", "--tokens", "2e7"], "tokens: expected none with prefix"),
        (["--level", "95"], "level: expected a number between 0 and 1, got 95"),
        (["--first-position", "2"], "first_position: expected 0 or 1, got 2"),
        (["--final-lr", "-1"], "final_lr: expected a finite number, at least 0, got -1"),
        (["--run", "large", "--like", "large"], "like: expected another run of the table: small"),
        (["--families", "a3=power"], "families.a3: expected a0 | a1 | a2"),
        (["--families", "a0=powr"], "families.a0: expected constant"),
        (["--families", "a0"], "families: expected COEFFICIENT=FAMILY"),
    ],
)
def test_a_wrong_option_is_one_clear_line(
    table: Path, options: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["temporal", str(table), *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert expected in captured.err


def test_without_a_learning_rate_what_needs_one_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plain.csv"
    lines = [f"{k},{i},{3 + 1 / k + 1 / i}" for k in range(1, 10) for i in range(1, 10)]
    path.write_text("tokens,position,loss\n" + "\n".join(lines) + "\n")
    assert main(["temporal", str(path), "--final-lr", "0"]) == 2
    assert "final_lr: expected a table with a column lr" in capsys.readouterr().err
    assert main(["temporal", str(path), "--families", "a2=power+decay"]) == 2
    assert "families: expected a table with a column lr, got a2=power+decay" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_a_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["temporal", str(tmp_path / "none.csv")]) == 2
    assert "expected a readable CSV file" in capsys.readouterr().err
