"""Reading a table of training runs: what it means, and each wrong cell by column and row."""

from pathlib import Path

import numpy as np
import pytest

from objectives import laws
from objectives.misfit import Misfit, huber
from objectives.runs import read_runs
from spaces.configs import Configs
from spaces.errors import BadInput


def write(folder: Path, text: str) -> Path:
    path = folder / "runs.csv"
    path.write_text(text)
    return path


def mistakes(path: Path, **options: object) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read_runs(path, **options)  # type: ignore[arg-type]
    return [str(mistake) for mistake in caught.value.mistakes]


def test_tokens_follow_from_flops(tmp_path: Path) -> None:
    runs = read_runs(write(tmp_path, "n,flops,loss\n1e9,1.2e20,2.5\n"))
    assert runs.tokens.tolist() == [2e10]
    assert runs.sparsity.tolist() == [0.0]


def test_columns_are_mapped_and_the_highest_losses_dropped_in_order(tmp_path: Path) -> None:
    path = write(tmp_path, "size,D,L\n3,1,3.0\n1,1,9.0\n2,1,2.0\n")
    runs = read_runs(path, {"n": "size", "tokens": "D", "loss": "L"}, drop_highest_loss=1)
    assert runs.n.tolist() == [3, 2]


def test_a_size_may_be_named_by_what_it_counts(tmp_path: Path) -> None:
    path = write(tmp_path, "size,tokens,loss\n3,1,3.0\n")
    assert read_runs(path, {"n_total": "size"}).n.tolist() == [3]


def test_every_wrong_cell_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "n,tokens,sparsity,loss\n1e9,2e10,0,2.5\nbig,2e10,1,-1\n0,inf,0.5,\n")
    assert mistakes(path) == [
        "runs.n, row 2: expected a positive finite number, got big",
        "runs.n, row 3: expected a positive finite number, got 0",
        "runs.tokens, row 3: expected a positive finite number, got inf",
        "runs.sparsity, row 2: expected a number in [0, 1), got 1.0",
        "runs.loss, row 2: expected a positive finite number, got -1.0",
        "runs.loss, row 3: expected a positive finite number, got nan",
    ]


def test_missing_columns_are_named_with_those_there_are(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n1,2\n")
    assert mistakes(path, columns={"n": "a", "lr": "b"}) == [
        "columns.lr: expected one of n, tokens, flops, sparsity, loss, got lr",
        "columns.loss: expected a column of the table (a, b), got loss",
        "columns: expected a column of tokens or of flops among a, b, got neither",
    ]


@pytest.mark.parametrize("text", ["", "n,tokens,loss\n"])
def test_a_table_without_runs_is_refused(tmp_path: Path, text: str) -> None:
    assert len(mistakes(write(tmp_path, text))) == 1


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "No such file" in mistakes(tmp_path / "gone.csv")[0]


def test_huber_is_quadratic_near_zero_and_linear_beyond() -> None:
    assert huber(np.array([0.0, 0.5, -1.0, 3.0]), 1.0).tolist() == [0.0, 0.125, 0.5, 2.5]


def test_the_published_misfit_of_the_chinchilla_runs(shared: Path) -> None:
    # Recomputed from the published coefficients on Epoch's 240 points; the optimum itself is 1.0182740e-3.
    path = shared / "data/epoch-chinchilla/svg_extracted_data.csv"
    columns = {"n": "Model Size", "flops": "Training FLOP"}
    runs = read_runs(path, columns, drop_highest_loss=5)
    assert len(runs) == 240
    for name, published in {"tex": 1.23116e-3, "rounded": 4.12101e-3}.items():
        law = laws.get("hoffmann", name)
        rows = Configs.from_rows([dict(law.coefficients)])
        assert Misfit(law, runs).evaluate_many(rows)["misfit"][0] == pytest.approx(published, rel=1e-5)


def test_many_coefficients_are_judged_in_one_call(shared: Path) -> None:
    runs = read_runs(
        shared / "data/epoch-chinchilla/svg_extracted_data.csv", {"n": "Model Size", "flops": "Training FLOP"}
    )
    law = laws.get("hoffmann", "rounded")
    rows = [{"alpha": 0.3, "beta": 0.3}, {"alpha": 0.34, "beta": 0.28}]
    together = Misfit(law, runs).evaluate_many(Configs.from_rows(rows))["misfit"]
    apart = [Misfit(law, runs).evaluate(row, seed=0)["misfit"] for row in rows]
    assert together.tolist() == pytest.approx(apart, rel=1e-12)
    assert Misfit(law, runs).unsuitable(["alpha", "gamma"])[0].field == "space.gamma"


def test_dropping_every_run_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "n,tokens,loss\n1,1,3.0\n1,1,9.0\n")
    assert mistakes(path, drop_highest_loss=2) == [
        "drop_highest_loss: expected fewer than the 2 runs there are, got 2"
    ]
