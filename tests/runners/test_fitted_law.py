"""A fit.json where a published set is accepted: in `plan`, and in a job with its report."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from objectives.fit import fit
from objectives.fit.record import to_record
from objectives.runs import Runs
from runners.api import run
from runners.cli.main import main
from runners.jobs.job import load_batch
from spaces.errors import BadInput

JOB = """
name: fitted
evaluations: 12
budget: {flops: 1e21}
space: {kind: law, n: [1e7, 1e12], tokens: [1e8, 1e13]}
objective: {coefficients: fit.json}
"""


@pytest.fixture(scope="module")
def folder(make_runs: Callable[..., Runs], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a fit and a job that names it."""
    place = tmp_path_factory.mktemp("fitted")
    record = to_record(fit(make_runs(), "hoffmann", draws=100, compare=("coupled",)))
    (place / "fit.json").write_text(json.dumps(record, allow_nan=False))
    (place / "job.yaml").write_text(JOB)
    return place


def test_plan_takes_the_law_and_its_uncertainty(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--flops", "1e22", "--coefficients", str(folder / "fit.json"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["law"]["family"] == "hoffmann"
    assert record["why_no_interval"] is None
    low, high = record["uncertainty"]["n"]
    assert low < record["optimum"]["n"] < high
    assert record["recommendation"]["laws"] == 2
    assert (record["others"][0]["family"], record["others"][0]["set"]) == ("coupled", "fit")


def test_the_plan_says_so_in_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--flops", "1e22", "--coefficients", str(folder / "fit.json")]) == 0
    text = capsys.readouterr().out
    assert "interval of the best n_total" in text
    assert "calibrated, 100 refits" in text
    assert "least expected loss" in text


def test_another_law_than_the_fits_is_a_mistake(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["plan", "--flops", "1e22", "--law", "kaplan", "--coefficients", str(folder / "fit.json")]
    assert main(arguments) == 2
    assert (
        capsys.readouterr().err == "error: law: expected hoffmann, the law of fit.json, or none, got kaplan\n"
    )


def test_a_job_searches_the_fitted_law_and_reports_its_intervals(folder: Path, tmp_path: Path) -> None:
    report = run(folder / "job.yaml", tmp_path / "out")
    (answer,) = report["answers"]
    assert answer["law"]["source"].startswith("fitted to 64 runs")
    assert answer["uncertainty"]["replicates"] == 100
    (search,) = report["searches"]
    assert search["certified"]["gap"] == pytest.approx(0.0, abs=1e-3)


def test_a_changed_fit_is_another_job(folder: Path) -> None:
    before = load_batch(folder / "job.yaml").jobs[0].digest
    record = json.loads((folder / "fit.json").read_text())
    record["coefficients"]["e"] += 1e-3
    original = (folder / "fit.json").read_text()
    try:
        (folder / "fit.json").write_text(json.dumps(record))
        assert load_batch(folder / "job.yaml").jobs[0].digest != before
    finally:
        (folder / "fit.json").write_text(original)


def test_a_missing_fit_is_told_by_its_field(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    with pytest.raises(BadInput) as caught:
        load_batch(tmp_path / "job.yaml")
    assert [mistake.field for mistake in caught.value.mistakes] == ["objective.coefficients"]
