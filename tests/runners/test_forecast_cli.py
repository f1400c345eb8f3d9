"""`scalesearch forecast` from the command line: the record, the report, and one line for each mistake."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments import synthetic_curve
from runners.cli.main import main

CURVE = synthetic_curve.FOLDER / "wsd-beginning.csv"
SCHEDULE = "wsd:peak=3e-4,end=3e-5,steps=24000,decay=20000,warmup=2160"
ROWS = CURVE.read_text().splitlines()
Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("name", synthetic_curve.SCHEDULES)
def test_the_curves_of_the_examples_are_what_their_script_makes(name: str) -> None:
    assert synthetic_curve.table(name) == (synthetic_curve.FOLDER / f"{name}.csv").read_text()


def test_the_record_has_forecast_baselines_and_alarm(capsys: Capture) -> None:
    assert main(["forecast", str(CURVE), "--schedule", SCHEDULE, "--json", "--what-if", "decay-now"]) == 0
    record = json.loads(capsys.readouterr().out)
    low, high = record["forecast"]["interval"]
    assert low < synthetic_curve.truth() < high
    assert [each["name"] for each in record["forms"]] == [
        *("annealing", "multi-power", "power", "exponential", "reciprocal", "last-value")
    ]
    assert record["watch"]["alarm"] is None
    assert record["what_if"]["forecast"]["loss"] > record["forecast"]["loss"]
    assert record["curve"]["tokens_per_step"] == synthetic_curve.TOKENS_PER_STEP
    assert any("multi-power" in each for each in record["assumptions"])


def test_tokens_and_steps_give_the_same_answer(capsys: Capture) -> None:
    losses = []
    tokens = "wsd:peak=3e-4,end=3e-5,tokens=12e9,decay=10e9,warmup=1.08e9"
    for options in (["--schedule", SCHEDULE], ["--schedule", tokens]):
        assert main(["forecast", str(CURVE), *options, "--json"]) == 0
        losses.append(json.loads(capsys.readouterr().out)["forecast"]["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)


def test_a_page_with_a_picture(tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "page.html"
    assert (
        main(["forecast", str(CURVE), "--total-steps", "24000", "--law", "power", "--html", str(page)]) == 0
    )
    assert "<svg" in page.read_text()
    printed = capsys.readouterr().out
    assert "stays at its last logged value" in printed
    assert "asked for" in printed


def test_finished_curves_are_taken_or_left_out_in_words(capsys: Capture) -> None:
    likes = [
        str(synthetic_curve.FOLDER / f"{name}.csv")
        for name in ("wsd-finished", "wsd-longer", "cosine-finished")
    ]
    assert main(["forecast", str(CURVE), "--schedule", SCHEDULE, *(f"--like={each}" for each in likes)]) == 0
    printed = capsys.readouterr().out
    assert "its forecasts of 2 finished curves" in printed
    assert "1 of the curves given by --like are left out" in printed


def test_one_finished_curve_teaches_and_one_spike_does_not_tell(tmp_path: Path, capsys: Capture) -> None:
    like = synthetic_curve.FOLDER / "wsd-longer.csv"
    assert main(["forecast", str(CURVE), "--schedule", SCHEDULE, f"--like={like}", "--json"]) == 0
    taught = json.loads(capsys.readouterr().out)
    assert taught["chosen_by"].startswith("its forecasts of one finished curve")
    assert any("1% is assumed" in each for each in taught["assumptions"])
    assert taught["forecast"]["loss"] == pytest.approx(synthetic_curve.truth(), rel=0.01)
    spiked = _with_losses(tmp_path / "spike.csv", slice(35, 36), 3.0)
    widths = []
    for path in (CURVE, spiked):
        assert main(["forecast", str(path), "--schedule", SCHEDULE, "--json"]) == 0
        low, high = json.loads(capsys.readouterr().out)["forecast"]["interval"]
        widths.append(high / low - 1)
    assert widths[1] == pytest.approx(widths[0], rel=0.2)


def _with_losses(path: Path, rows: slice, higher: float) -> Path:
    """The curve with some losses raised."""
    cells = [line.split(",") for line in ROWS]
    for row in cells[1:][rows]:
        row[3] = f"{float(row[3]) + higher:.4f}"
    path.write_text("\n".join(",".join(row) for row in cells))
    return path


def test_a_loss_that_jumps_is_an_alarm(tmp_path: Path, capsys: Capture) -> None:
    path = _with_losses(tmp_path / "jump.csv", slice(30, None), 1.0)
    assert main(["forecast", str(path), "--schedule", SCHEDULE]) == 0
    assert "ALARM" in capsys.readouterr().out


def test_an_alarm_is_told_on_both_streams(tmp_path: Path, capsys: Capture) -> None:
    path = _with_losses(tmp_path / "broken.csv", slice(34, None), 0.5)
    assert main(["forecast", str(path), "--schedule", SCHEDULE]) == 0
    said = capsys.readouterr()
    assert "ALARM" in said.err
    assert "reality has left the interval" in said.out


def replaced(row: int, column: int, value: str) -> list[str]:
    """The rows of the curve with one cell changed; rows from 1."""
    cells = ROWS[row].split(",")
    cells[column] = value
    return [*ROWS[:row], ",".join(cells), *ROWS[row + 1 :]]


FLAWS: dict[str, tuple[Callable[[], list[str]], list[str], str]] = {
    "a loss that is no number": (
        lambda: replaced(7, 3, "nan"),
        [],
        "curve.loss, row 7: expected a positive finite number, got nan",
    ),
    "steps out of order": (lambda: replaced(9, 0, "100"), [], "curve.step, row 9: expected more than 1280"),
    "a restart": (lambda: [*ROWS, *ROWS[20:40]], [], "curve.step, row 46: expected more than 7200"),
    "a gap": (lambda: [*ROWS[:15], *ROWS[30:]], [], "curve.step, row 15: expected no gap"),
    "tokens of other steps": (
        lambda: replaced(12, 1, "5"),
        [],
        "curve.tokens, row 12: expected 500000 tokens",
    ),
    "too few rows": (lambda: ROWS[:6], [], "curve: expected at least 8 rows, got 5"),
    "an empty table": (lambda: ROWS[:1], [], "curve: expected at least one row"),
    "no loss": (
        lambda: [ROWS[0].replace("loss", "score"), *ROWS[1:]],
        [],
        "columns.loss: expected a column of losses",
    ),
    "no such column": (
        lambda: ROWS,
        ["--columns", "loss=val"],
        "columns.loss: expected a column of the table",
    ),
    "no such field": (lambda: ROWS, ["--columns", "los=loss"], "columns.los: expected step | tokens | loss"),
    "a schedule that was not followed": (
        lambda: replaced(40, 2, "1e-4"),
        [],
        "curve.learning_rate, row 40: expected 0.0003, as in the schedule wsd, got 0.0001",
    ),
    "an end before now": (
        lambda: ROWS,
        ["--schedule", "constant:peak=3e-4,steps=5000,warmup=2160"],
        "total_steps: expected an end of training after",
    ),
    "tokens that are missing": (
        lambda: [",".join(line.split(",")[:1] + line.split(",")[2:]) for line in ROWS],
        ["--schedule", "constant:peak=3e-4,tokens=5e9"],
        "schedule: expected columns of steps and tokens in the curve",
    ),
    "no such law": (lambda: ROWS, ["--law", "powr"], "law: expected auto | annealing"),
    "no such question": (lambda: ROWS, ["--what-if", "decay"], "what_if: expected decay-now"),
    "a level": (lambda: ROWS, ["--level", "95"], "level: expected a share above 0 and below 1"),
    "an earlier time": (lambda: ROWS, ["--as-of", "1e9"], "as_of: expected a time within the curve"),
    "a share": (lambda: ROWS, ["--decay-share", "0"], "decay_share: expected a share of the training"),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_mistake_is_one_line_and_exit_code_2(flaw: str, tmp_path: Path, capsys: Capture) -> None:
    rows, options, said = FLAWS[flaw]
    path = tmp_path / "curve.csv"
    path.write_text("\n".join(rows()) + "\n")
    given = options if "--schedule" in options else [*options, "--schedule", SCHEDULE]
    assert main(["forecast", str(path), *given]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if not line.startswith(f"error: {said}")] == lines[1:]
    assert lines[0].startswith(f"error: {said}")


def test_without_an_end_there_is_no_forecast(capsys: Capture) -> None:
    assert main(["forecast", str(CURVE)]) == 2
    assert capsys.readouterr().err.startswith("error: total_steps: expected the end of training")
