"""Tables of losses by position: what is read, and every mistake in one clear line."""

from pathlib import Path

import pytest

from objectives.temporal.history_table import chosen, read_histories
from spaces.errors import BadInput

HEADER = "run,tokens,lr,position,loss"


def table(rows: list[str], header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def rows(run: str = "a", checkpoints: int = 8, positions: int = 8) -> list[str]:
    return [
        f"{run},{1000 * (k + 1)},0.001,{i},{4 - 0.1 * k - 0.01 * i}"
        for k in range(checkpoints)
        for i in range(1, positions + 1)
    ]


def read(tmp_path: Path, text: str) -> str:
    """The mistakes of a table, a line each; nothing if it has none."""
    path = tmp_path / "positions.csv"
    path.write_text(text)
    try:
        read_histories(path)
    except BadInput as error:
        return "\n".join(str(mistake) for mistake in error.mistakes)
    return ""


def test_runs_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "positions.csv"
    path.write_text(table([*rows("a"), *rows("b", 9, 10)]))
    histories = read_histories(path)
    assert [history.losses.shape for history in histories.values()] == [(8, 8), (9, 10)]
    assert histories["b"].losses[2, 3] == pytest.approx(4 - 0.2 - 0.04)
    assert histories["a"].rate is not None
    assert chosen(histories, "b").run == "b"
    with pytest.raises(BadInput, match=r"run: expected one of the table's runs \(a, b\), got none"):
        chosen(histories, None)
    with pytest.raises(BadInput, match=r"run: expected a \| b"):
        chosen(histories, "c")


def test_a_table_without_run_and_lr_is_one_run(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    lines = [",".join([parts[1], *parts[3:]]) for parts in (row.split(",") for row in rows())]
    path.write_text(table(lines, "tokens,position,loss"))
    history = chosen(read_histories(path), None)
    assert history.run == "mine"
    assert history.rate is None
    assert history.decay is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (table(rows(), "run,tokens,lr,where,loss"), "columns: expected a column position among"),
        (table(rows(), "run,tokens,loss,position,loss"), "runs.loss: expected a column of this name, got 2"),
        (table([*rows()[:-1], "a,8000,0.001,8,nan"]), "runs.loss, row 64: expected a positive finite"),
        (table([*rows()[:-1], "a,8000,0.001,8.5,3"]), "runs.position, row 64: expected a whole number"),
        (table([*rows()[:-1], "a,8000,-1,8,3"]), "runs.lr, row 64: expected a finite number"),
        (table([*rows()[:-1], "a,many,0.001,8,3"]), "runs.tokens, row 64: expected a positive finite"),
        (table(rows()[:-1]), "runs, a at 8000 tokens: expected one loss at position 8, got none"),
        (table([*rows(), rows()[-1]]), "runs, a at 8000 tokens: expected one loss at position 8, got 2"),
        (table([row for row in rows() if ",4,3." not in row]), "expected no gap between positions of run a"),
        (table([*rows(), *rows()]), "runs.tokens, row 65: expected tokens of run a that do not go back"),
        (table([*rows()[:-1], "a,8000,0.002,8,3"]), "runs.lr, a at 8000 tokens: expected one"),
        (table(rows(checkpoints=3)), "runs, a: expected at least 8 checkpoints, got 3"),
        (table(rows(positions=4)), "runs, a: expected at least 8 positions, got 4"),
        (table([]), "runs: expected at least one run"),
    ],
)  # fmt: skip
def test_every_mistake_is_one_clear_line(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in read(tmp_path, text)
