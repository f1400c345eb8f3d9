"""A coefficient search beside the fit: the same problem, fitted once, kept in the folder."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments import synthetic_runs
from objectives import laws
from objectives.misfit import Misfit
from runners.api import report, resume, run
from runners.documents.report_document import document
from runners.jobs.beside_fit import FILE, held
from runners.jobs.job import load_batch
from spaces.errors import BadInput

JOB = f"""
name: misfit
evaluations: 16
engine: sobol
objective: {{kind: misfit, law: hoffmann, coefficients: epoch, runs: {synthetic_runs.FILE}}}
space:
  kind: coefficients
  law: hoffmann
  bounds: {{e: [1.5, 2.1], a: [300, 800], b: [1000, 4000], alpha: [0.25, 0.45], beta: [0.25, 0.45]}}
"""
TITLE = "Coefficient search beside the fit"


def job(folder: Path, text: str = JOB) -> Path:
    path = folder / "job.yaml"
    path.write_text(text)
    return path


def place(folder: Path) -> Path:
    return folder / "out" / "searches" / "misfit" / FILE


def table(record: dict[str, Any], folder: Path) -> tuple[str, ...] | None:
    """The row of the search in its report, if there is such a table."""
    found = [each for each in document(record, load_batch(folder / "job.yaml")) if each.title == TITLE]
    return found[0].table.rows[0] if found and found[0].table else None


def test_the_fit_stands_beside_the_search_and_ends_lower(tmp_path: Path) -> None:
    record = run(job(tmp_path), tmp_path / "out")
    (search,) = record["searches"]
    fit = search["fit"]
    assert fit["free"] == ["e", "a", "b", "alpha", "beta"]
    assert fit["runs"] == 49
    assert fit["objective"] < search["best"]["value"]  # the search's box holds the optimum
    assert fit["outside"] == []
    row = table(record, tmp_path)
    assert row is not None
    assert row[:4] == ("misfit", "5", "49", "16")
    assert row[-2].startswith("the fit, by ")


def test_its_objective_is_that_of_the_search(tmp_path: Path) -> None:
    record = run(job(tmp_path), tmp_path / "out")
    fit = record["searches"][0]["fit"]
    objective = load_batch(tmp_path / "job.yaml").jobs[0].objective
    assert objective.evaluate(fit["coefficients"], seed=0)["misfit"] == fit["objective"]


def test_the_fit_is_made_once_and_never_again(tmp_path: Path) -> None:
    first = run(job(tmp_path), tmp_path / "out")
    written = place(tmp_path).read_bytes()
    assert resume(tmp_path / "out") == first == report(tmp_path / "out")
    assert place(tmp_path).read_bytes() == written


def test_an_older_folder_has_a_report_without_it_and_resume_adds_it(tmp_path: Path) -> None:
    run(job(tmp_path), tmp_path / "out")
    place(tmp_path).unlink()
    record = report(tmp_path / "out")
    assert record["searches"][0]["fit"] is None
    assert table(record, tmp_path) is None
    assert not place(tmp_path).exists()
    assert table(resume(tmp_path / "out"), tmp_path) is not None


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    run(job(tmp_path), tmp_path / "out")
    place(tmp_path).write_text("{")
    with pytest.raises(BadInput, match=FILE):
        report(tmp_path / "out")


def test_constants_of_the_space_and_what_it_leaves_out_are_held(tmp_path: Path) -> None:
    text = JOB[: JOB.index("space:")] + (
        "space: {parameters: {e: {type: float, lower: 1.5, upper: 2.1}, "
        "alpha: {type: constant, value: 0.35}}}\n"
    )
    record = run(job(tmp_path, text), tmp_path / "out")
    fit = record["searches"][0]["fit"]
    published = laws.get("hoffmann", "epoch").coefficients
    assert fit["free"] == ["e"]
    assert fit["held"] == {name: published[name] for name in ("a", "b", "beta")} | {"alpha": 0.35}
    assert fit["objective"] <= record["searches"][0]["best"]["value"]


def test_a_fit_outside_the_search_s_box_is_said_so(tmp_path: Path) -> None:
    record = run(job(tmp_path, JOB.replace("e: [1.5, 2.1]", "e: [1.2, 1.3]")), tmp_path / "out")
    assert record["searches"][0]["fit"]["outside"] == ["e"]
    row = table(record, tmp_path)
    assert row is not None
    assert row[-1] == "the fit's e outside the search's space"


def test_a_search_that_cannot_be_fitted_says_why(tmp_path: Path) -> None:
    few = tmp_path / "few.csv"
    few.write_text("\n".join(synthetic_runs.FILE.read_text().splitlines()[:4]))
    record = run(job(tmp_path, JOB.replace(str(synthetic_runs.FILE), "few.csv")), tmp_path / "out")
    assert record["searches"][0]["fit"] == {
        "reason": "runs: expected at least as many as the 5 free coefficients of the hoffmann law, got 3 runs"
    }
    row = table(record, tmp_path)
    assert row is not None
    assert "at least as many" in row[-1]


def test_a_workers_search_has_its_fit_too(tmp_path: Path) -> None:
    run(job(tmp_path), tmp_path / "out", runner="process", workers=1)
    assert json.loads(place(tmp_path).read_text())["reason"] is None


def test_other_objectives_have_none(tmp_path: Path) -> None:
    text = (
        "{name: misfit, evaluations: 2, engine: random, objective: {kind: coefficient-loss, law: hoffmann, "
        "n: 1e9, tokens: 1e10}, space: {kind: coefficients, law: hoffmann}}"
    )
    assert run(job(tmp_path, text), tmp_path / "out")["searches"][0]["fit"] is None
    assert not place(tmp_path).exists()


def test_a_law_s_extra_input_counts_in_search_and_fit_alike(tmp_path: Path) -> None:
    law = laws.get("data-constrained")
    n, d = (10 ** grid.ravel() for grid in np.meshgrid(np.linspace(7, 9, 5), np.linspace(9, 11, 5)))
    unique = np.full(n.size, 3e9)
    rows = zip(n, d, unique, law.loss(n, d, unique_tokens=unique), strict=True)
    text = "\n".join(
        ["n_total,tokens,unique_tokens,loss", *(",".join(f"{x:.17g}" for x in row) for row in rows)]
    )
    (tmp_path / "runs.csv").write_text(text)
    job_text = JOB.replace("law: hoffmann, coefficients: epoch", "law: data-constrained").replace(
        str(synthetic_runs.FILE), "runs.csv"
    )
    bounds = ", ".join(f"{name}: [{value / 2}, {value * 2}]" for name, value in law.coefficients.items())
    space = f"space: {{kind: coefficients, law: data-constrained, bounds: {{{bounds}}}}}\n"
    (made,) = load_batch(job(tmp_path, job_text[: job_text.index("space:")] + space)).jobs
    assert isinstance(made.objective, Misfit)
    assert made.objective.evaluate(law.coefficients, seed=0)["misfit"] < 1e-25
    assert held(made, made.objective) == {}
