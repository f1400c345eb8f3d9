"""`scalesearch translate`: published losses, pairs found again and held out, mistakes in one line each."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from objectives.capability.downstream_translation import fineweb_edu
from objectives.capability.downstream_translation_fit import Pairs, fit_translation
from runners.cli.main import main


def test_published_sets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "--loss", "2.6", "--to", "proofpile-2"]) == 0
    assert "| fineweb-edu | 2.6000 | proofpile-2 | 1.6860" in capsys.readouterr().out
    assert main(["translate", "--n", "3e9", "--tokens", "6e10", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert len(record["translations"]) == 9
    loss = record["translations"][0]["losses"][0]["from"]
    assert loss == pytest.approx(float(fineweb_edu().loss(3e9, 6e10)))
    for each in record["translations"]:  # the law translated says the same
        law = each["law"]["coefficients"]
        parts = law["a"] / 3e9 ** law["alpha"] + law["b"] / 6e10 ** law["beta"]
        assert each["losses"][0]["to"] == pytest.approx(parts ** law["k"] + law["e"], rel=0.02)


def test_pairs_without_noise_are_found_again() -> None:
    first = np.linspace(3.4, 2.4, 12)
    fitted = fit_translation(Pairs(first, 0.8 * (first - 1.7) ** 1.2 + 1.1), {"E0": 1.7})
    assert list(fitted.translation.coefficients.values()) == pytest.approx([1.2, 0.8, 1.7, 1.1], abs=1e-4)
    assert float(fitted.translation.loss(2.0)) == pytest.approx(0.8 * 0.3**1.2 + 1.1, abs=1e-5)


def test_the_ladders_3b_models_from_its_smaller_ones(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """C4 to the Pile: fitted up to 1B parameters, within .3 % at 3B."""
    table = pd.read_csv(shared / "data/olmo-ladder/ladder_all_checkpoints.csv.gz").sort_values("step")
    table = table[~table["run"].str.contains("rerun|peteish")].groupby("run").tail(1)
    small, large = (table[(table["size"] == "3B") == which] for which in (False, True))
    small.to_csv(tmp_path / "pairs.csv", index=False)
    asked = [part for loss in large["ce_c4_en"] for part in ("--loss", str(loss))]
    columns = ["--columns", "from=ce_c4_en,to=ce_pile"]
    assert main(["translate", str(tmp_path / "pairs.csv"), *columns, *asked, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["translations"][0]["losses"]
    assert [row["to"] for row in rows] == pytest.approx(large["ce_pile"].tolist(), rel=6e-3)
    inside = [
        row["interval"][0] < truth < row["interval"][1]
        for row, truth in zip(rows, large["ce_pile"], strict=True)
    ]
    assert sum(inside) >= 4


PAIRS = "from,to\n" + "\n".join(f"{loss},{0.9 * loss}" for loss in (3.5, 3.3, 3.1, 2.9, 2.7, 2.5, 2.4))
WRONG: tuple[tuple[str | None, list[str], str], ...] = (
    (None, [], "loss: expected at least one loss, or n and tokens, got nothing"),
    (None, ["--loss", "-1"], "loss: expected a positive finite number, got -1"),
    (None, ["--loss", "1.9"], "loss: expected above E0, 1.97, got 1.9"),
    (None, ["--loss", "2.5", "--to", "pile"], "target: expected"),
    (None, ["--n", "1e9"], "tokens: expected a number with n, got nothing"),
    (None, ["--loss", "2.5", "--hold", "E0=1"], "hold: expected none without a table, got E0=1"),
    (PAIRS, ["--loss", "2.5", "--to", "starcoder"], "to: expected none with a table, got starcoder"),
    (PAIRS, [], "loss: expected at least one loss on the first set, got nothing"),
    (PAIRS, ["--loss", "2.3", "--hold", "E0=2.4"], "hold.E0: expected from 0 to below the lowest loss"),
    (PAIRS, ["--loss", "2.3", "--hold", "e=1"], "hold.e: expected"),
    (PAIRS, ["--loss", "2.3", "--columns", "from=a"], "columns.from: expected one column of the table"),
    (PAIRS.replace("3.1,", "x,"), ["--loss", "2.3"], "pairs.from, row 3: expected a positive finite number"),
    (PAIRS[:30], ["--loss", "2.3"], "pairs: expected at least 6 models"),
)


@pytest.mark.parametrize(("table", "options", "said"), WRONG)
def test_mistakes_are_one_line_each(
    table: str | None, options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(f"{table}\n")
    assert main(["translate", *([] if table is None else [str(path)]), *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert said in line
