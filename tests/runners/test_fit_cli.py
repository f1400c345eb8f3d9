"""`scalesearch fit` from the command line: the same bytes everywhere, and one clear line for each mistake."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

from experiments import synthetic_runs
from runners import api
from runners.cli.main import main

TABLE = synthetic_runs.FILE
ROWS = TABLE.read_text().splitlines()
OPTIONS = ("--law", "hoffmann", "--compare", "coupled", "--draws", "60", "--flops", "1e22", "--flops", "1e23")


def said(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with fit.json, fit.html, and what the command printed with and without --json."""
    place = tmp_path_factory.mktemp("fit")
    json_file, page = str(place / "fit.json"), str(place / "fit.html")
    code, printed, talk = said("fit", str(TABLE), *OPTIONS, "--json", "-o", json_file, "--html", page)
    assert code == 0
    assert json_file in talk
    assert page in talk
    (place / "printed.json").write_text(printed)
    (place / "printed.md").write_text(said("fit", str(TABLE), *OPTIONS)[1])
    return place


def test_the_table_of_the_examples_is_what_its_script_makes() -> None:
    assert synthetic_runs.table() == TABLE.read_text()


def test_the_file_and_the_printed_json_are_the_same_bytes(folder: Path) -> None:
    assert (folder / "fit.json").read_bytes() == (folder / "printed.json").read_bytes()


def test_the_record_holds_what_it_must(folder: Path) -> None:
    record = json.loads((folder / "fit.json").read_text())
    assert {"objective", "coefficients", "intervals", "certificate", "selection", "checks"} <= set(record)
    assert record["coefficients"].keys() == record["intervals"].keys() == {"e", "a", "b", "alpha", "beta"}
    assert record["runs"]["columns"] == {}
    assert record["runs"]["excluded"] == {"rows": [], "reason": None}
    assert set(record["versions"]) >= {"scalesearch", "numpy"}
    for cut in record["calibration"]["cuts"]:
        assert {len(column) for column in cut["held_out_runs"].values()} == {cut["above"]}


def test_what_is_left_out_is_recorded(tmp_path: Path) -> None:
    options = ("--law", "hoffmann", "--compare", "none", "--draws", "20", "--drop-highest-loss", "3")
    code, printed, _ = said("fit", str(TABLE), *options, "--columns", "n_total=n_total", "--json")
    record = json.loads(printed)
    losses = {row: float(text.split(",")[2]) for row, text in enumerate(ROWS[1:], 1)}
    highest = sorted(losses, key=lambda row: losses[row])[-3:]
    assert code == 0
    assert record["runs"]["excluded"] == {"rows": sorted(highest), "reason": "the 3 runs of highest loss"}
    assert record["runs"]["columns"] == {"n_total": "n_total"}
    assert record["runs"]["count"] == len(losses) - 3


def test_the_program_s_function_gives_the_same_record(folder: Path) -> None:
    record = api.fit(TABLE, law="hoffmann", compare=("coupled",), draws=60, flops=(1e22, 1e23))
    written = json.loads((folder / "fit.json").read_text())
    assert record.keys() == written.keys()
    assert record["coefficients"] == pytest.approx(written["coefficients"], rel=1e-9)
    for name, column in written["runs"]["table"].items():
        assert record["runs"]["table"][name] == pytest.approx(column, rel=1e-9)
    assert [each["law"] for each in record["selection"]["candidates"]] == ["hoffmann", "coupled"]


def test_a_report_of_the_file_says_what_the_fit_said(folder: Path) -> None:
    fit = str(folder / "fit.json")
    assert said("report", fit)[1] == (folder / "printed.md").read_text()
    assert said("report", fit, "--format", "json")[1] == (folder / "printed.json").read_text()
    assert said("report", fit, "--format", "html")[1] == (folder / "fit.html").read_text()


def test_the_page_needs_nothing_else(folder: Path) -> None:
    page = (folder / "fit.html").read_text()
    assert page.count("<svg") == 6
    assert re.findall(r"<(?:script|link|img|iframe)|@import|(?:src|href)=\"(?!#|data:)", page) == []


def test_plan_takes_the_file(folder: Path) -> None:
    code, printed, _ = said("plan", "--flops", "1e22", "--coefficients", str(folder / "fit.json"), "--json")
    decision = json.loads((folder / "fit.json").read_text())["decisions"][0]
    assert code == 0
    assert json.loads(printed)["optimum"]["n"] == pytest.approx(decision["optimum"]["n"], rel=1e-9)
    assert json.loads(printed)["uncertainty"]["loss"] == pytest.approx(
        decision["uncertainty"]["loss"], rel=1e-9
    )


def test_no_draft_is_left_beside_what_was_written(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {"fit.json", "fit.html", "printed.json", "printed.md"}


BAD_OPTIONS = {
    "an unknown law": ("--law hofman", "law: expected kaplan | hoffmann"),
    "a law that is not fitted": ("--law joint-moe", "law: expected a family that is fitted"),
    "no such column": ("--columns n=params", "columns.n: expected a column of the table"),
    "an unknown field": ("--columns nn=n_total", "columns.nn: expected n"),
    "half a column": ("--columns tokens", "columns: expected field=column"),
    "an unknown loss": ("--loss hubert", "loss: expected huber | least-squares | asymmetric (did you"),
    "a delta of zero": ("--delta 0", "delta: expected a positive finite number"),
    "an infinite delta": ("--delta inf", "delta: expected a positive finite number"),
    "a delta for squares": ("--delta 0.1 --loss least-squares", "delta: expected none"),
    "an unknown residual": ("--residual ratio", "residual: expected log | raw"),
    "held, of no law": ("--hold alpha=0.3", "law: expected a law by its name"),
    "tied, of no law": ("--tie beta=alpha", "law: expected a law by its name"),
    "held, unknown": ("--law hoffmann --hold gamma=0.3", "hold.gamma: expected e | a | b"),
    "held at nothing": ("--law hoffmann --hold alpha", "hold: expected COEFFICIENT=NUMBER"),
    "held at text": ("--law hoffmann --hold alpha=low", "hold.alpha: expected a number"),
    "held at infinity": ("--law hoffmann --hold alpha=inf", "hold.alpha: expected a finite number"),
    "held below zero": ("--law hoffmann --hold e=-1", "hold.e: expected a positive number"),
    "held twice": ("--law hoffmann --hold alpha=0.3 --hold alpha=0.4", "hold.alpha: expected one value"),
    "held in a chart": ("--law farseer --hold alpha=0.3", "hold: expected none"),
    "tied, unknown": ("--law hoffmann --tie beta=gamma", "tie.gamma: expected e | a | b"),
    "tied to nothing": ("--law hoffmann --tie beta", "tie: expected COEFFICIENT=COEFFICIENT"),
    "tied to itself, held": ("--law hoffmann --tie beta=alpha --hold alpha=0.3", "tie.beta: expected"),
    "a negative budget": ("--flops=-1e21", "flops: expected a positive finite number of FLOPs"),
    "text for a budget": ("--flops plenty", "Invalid value for '--flops'"),
    "one replicate": ("--draws 1", "draws: expected a whole number of at least 20"),
    "a level in per cent": ("--level 95", "level: expected a share above 0 and below 1"),
    "a negative seed": ("--seed=-1", "seed: expected a whole number of at least 0"),
    "an unknown comparison": ("--compare coupler", "compare: expected kaplan"),
    "nothing to choose from": ("--compare none", "compare: expected at least one family"),
    "fewer than no runs": ("--drop-highest-loss=-1", "drop_highest_loss: expected a whole number"),
    "all runs dropped": ("--drop-highest-loss 49", "drop_highest_loss: expected fewer than the 49"),
    "an unknown option": ("--lw hoffmann", "No such option: --lw"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_a_wrong_option_is_one_line_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    options, expected = BAD_OPTIONS[name]
    places = ("-o", str(tmp_path / "fit.json"), "--html", str(tmp_path / "fit.html"))
    code, printed, talk = said("fit", str(TABLE), *options.split(), *places)
    assert (code, printed) == (2, "")
    assert talk.startswith(f"error: {expected}")
    assert len(talk.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def changed(row: int, text: str) -> str:
    """The table with another text in one row, counted from 1."""
    return "\n".join([*ROWS[:row], text, *ROWS[row + 1 :]])


ONE_SIZE = "\n".join([ROWS[0], *(f"1e8,{2**i}e9,{3 - i / 10}" for i in range(8))])
BAD_TABLES = {
    "nothing in it": ("", "runs: expected a readable CSV file"),
    "a header alone": (ROWS[0], "runs: expected at least one run"),
    "no loss": (TABLE.read_text().replace("loss", "ppl", 1), "columns.loss: expected a column of the table"),
    "no size": (TABLE.read_text().replace("n_total", "params", 1), "columns: expected a size"),
    "text in a number": (changed(3, "1e8,many,3.1"), "runs.tokens, row 3: expected a positive"),
    "a loss of zero": (changed(3, "1e8,1e9,0"), "runs.loss, row 3: expected a positive finite number"),
    "a negative loss": (changed(3, "1e8,1e9,-2"), "runs.loss, row 3: expected a positive finite number"),
    "not a number": (changed(3, "1e8,1e9,nan"), "runs.loss, row 3: expected a positive finite number"),
    "an empty cell": (changed(3, "1e8,,3.1"), "runs.tokens, row 3: expected a positive finite number"),
    "too few runs": ("\n".join(ROWS[:4]), "law: expected runs that at least one family describes"),
    "one size": (ONE_SIZE, "runs.n: expected runs of at least two sizes"),
    "bytes": ("\x00\x01\x02", "runs: expected a readable CSV file"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_bad_table_is_one_line_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    text, expected = BAD_TABLES[name]
    table = tmp_path / "runs.csv"
    table.write_text(text)
    code, printed, talk = said("fit", str(table), "-o", str(tmp_path / "fit.json"))
    assert (code, printed) == (2, "")
    assert talk.startswith(f"error: {expected}")
    assert len(talk.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [table]


def test_fewer_runs_than_coefficients_of_the_law_asked_for(tmp_path: Path) -> None:
    table = tmp_path / "runs.csv"
    table.write_text("\n".join(ROWS[:5]))
    code, _, talk = said("fit", str(table), "--law", "hoffmann")
    assert code == 2
    assert talk == (
        "error: runs: expected at least as many as the 5 free coefficients of the hoffmann law, got 4 runs\n"
    )


def test_a_table_in_billions_is_refused_by_what_it_costs(tmp_path: Path) -> None:
    cells = [[float(cell) for cell in row.split(",")] for row in ROWS[1:]]
    table = tmp_path / "runs.csv"
    table.write_text("\n".join([ROWS[0], *(f"{n / 1e9},{d / 1e9},{loss}" for n, d, loss in cells)]))
    code, _, talk = said("fit", str(table), "--law", "hoffmann", "--compare", "none", "--draws", "20")
    assert code == 2
    assert "runs: expected N and D in single parameters and tokens, not in millions or billions" in talk


def test_a_missing_table_is_named() -> None:
    code, _, talk = said("fit", "gone.csv")
    assert code == 2
    assert "gone.csv" in talk


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    table = tmp_path / "runs.csv"
    table.write_text(changed(3, "1e8,1e9,-2"))
    _, _, talk = said("fit", str(table), "--law", "nope", "--draws", "1", "--level", "2")
    assert [line.split(":")[1].strip() for line in talk.splitlines()] == [
        "runs.loss, row 3", "law", "draws", "level",
    ]  # fmt: skip


def test_places_that_cannot_be_written_are_told_before_the_fit(tmp_path: Path) -> None:
    own, table = tmp_path / "fit.json", tmp_path / "runs.csv"
    table.write_text(TABLE.read_text())
    for places, expected in {
        ("-o", str(tmp_path)): "--out: expected a file that can be written, got the folder",
        ("-o", str(tmp_path / "gone/fit.json")): "--out: expected a file that can be written",
        ("--html", str(tmp_path / "gone/fit.html")): "--html: expected a file that can be written",
        ("-o", str(table)): "--out: expected a file of its own",
        ("-o", str(own), "--html", str(own)): "--html: expected a file of its own",
    }.items():
        code, _, talk = said("fit", str(table), *places)
        assert code == 2
        assert talk.startswith(f"error: {expected}")
    assert table.read_text() == TABLE.read_text()
    assert list(tmp_path.iterdir()) == [table]


@pytest.mark.parametrize("text", ["", "{}", '{"kind": "fit", "format": 1}', "[1", "\udcff"])
def test_a_file_that_is_no_fit_has_no_report(text: str, tmp_path: Path) -> None:
    (tmp_path / "fit.json").write_text(text, errors="surrogateescape")
    code, printed, talk = said("report", str(tmp_path / "fit.json"))
    assert (code, printed) == (2, "")
    assert talk.startswith("error: report: expected a job's folder, or a fit.json")
    assert len(talk.splitlines()) == 1


def test_a_fit_without_a_part_of_its_report_is_refused(folder: Path, tmp_path: Path) -> None:
    record = json.loads((folder / "fit.json").read_text())
    del record["decisions"]
    (tmp_path / "fit.json").write_text(json.dumps(record))
    code, _, talk = said("report", str(tmp_path / "fit.json"))
    assert code == 2
    assert "without decisions" in talk


def test_a_budget_that_buys_nothing_ends_with_3() -> None:
    options = ("--law", "hoffmann", "--compare", "none", "--draws", "20", "--flops", "1e21", "--flops", "1")
    code, printed, talk = said("fit", str(TABLE), *options)
    assert (code, printed) == (3, "")
    assert len(talk.splitlines()) == 1
