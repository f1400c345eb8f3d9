"""A job with several objectives, from its file to the report of its front."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from objectives import laws
from runners.api import report, resume, run
from runners.documents.page import to_html
from runners.documents.rendering import to_markdown
from runners.documents.report_document import document
from runners.jobs.job import parse_batch
from runners.journal import FILE
from search.pareto import hypervolume
from spaces.errors import BadInput

LAW = """
evaluations: 25
budget: {flops: 1.0e+21}
space: {kind: law, n: [1e7, 1e12], tokens: [1e8, 1e13]}
objective: {law: hoffmann, coefficients: epoch}
objectives: [{metric: loss, reference: 3.0}, {metric: flops, reference: 1.0e+21}]
"""
PYTHON = """
evaluations: 10
engine: random
space: {parameters: {x: {type: float, lower: 0.0, upper: 1.0}}}
objective: {kind: python, target: "two.py:both"}
objectives: [{metric: cost}, {metric: score, sense: maximise}]
"""
FUNCTION = """
def both(config):
    if config["x"] > 0.5:
        return {"cost": config["x"]}
    return {"cost": config["x"], "score": config["x"] ** 2}
"""


def written(folder: Path, text: str) -> Path:
    (folder / "two.py").write_text(FUNCTION)
    (folder / "job.yaml").write_text(text)
    return folder / "job.yaml"


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("law")
    return folder / "out", run(written(folder, LAW), folder / "out")


def test_loss_against_compute_is_the_curve_of_compute_optimal_models(
    law: tuple[Path, dict[str, Any]],
) -> None:
    """The volume above the least loss that each compute buys, to 3 % after 25 trials."""
    flops = np.geomspace(1e16, 1e21, 2000)
    sizes = np.geomspace(1e6, 1e12, 600)[:, None]
    least = laws.get("hoffmann", "epoch").loss(sizes, flops / (6.0 * sizes)).min(axis=0)
    exact = hypervolume(np.column_stack([least, flops]), np.array([3.0, 1e21]))
    assert law[1]["searches"][0]["front"]["hypervolume"] == pytest.approx(exact, rel=0.03)


def test_the_report_lists_and_draws_the_front(law: tuple[Path, dict[str, Any]]) -> None:
    folder, record = law
    front = record["searches"][0]["front"]
    losses = [trial["metrics"]["loss"] for trial in front["trials"]]
    flops = [trial["metrics"]["flops"] for trial in front["trials"]]
    assert losses == sorted(losses)
    assert flops == sorted(flops, reverse=True)
    assert len(front["points"]) == 25
    volumes = [step["volume"] for step in front["growth"]]
    assert volumes == sorted(volumes)
    assert volumes[-1] == front["hypervolume"]
    batch = parse_batch(LAW, "job", folder.parent)
    titles = [section.title for section in document(record, batch)]
    assert "Front of job" in titles
    assert "Best configurations" not in titles
    assert "loss (minimised) | flops (minimised)" in " ".join(to_markdown(document(record, batch)).split())
    assert to_html(document(record, batch, pictures=True)).count("<svg") == 2


def test_a_search_that_was_cut_goes_on_as_the_unbroken_one(
    law: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    run(written(tmp_path, LAW.replace("25", "14")), tmp_path / "out")
    (tmp_path / "out" / "job.yaml").write_text(LAW)
    again, whole = resume(tmp_path / "out")["searches"][0]["front"], law[1]["searches"][0]["front"]
    assert again["growth"] == whole["growth"]
    assert [trial["config"] for trial in again["trials"]] == [trial["config"] for trial in whole["trials"]]
    assert report(law[0])["searches"][0]["front"] == whole


def test_a_maximised_metric_keeps_its_sign_and_a_missing_one_fails_the_trial(tmp_path: Path) -> None:
    record = run(written(tmp_path, PYTHON), tmp_path / "out")
    search = record["searches"][0]
    trials = search["front"]["trials"]
    assert len(trials) == search["search"]["done"]  # the more it costs, the better the score
    assert all(trial["metrics"]["score"] == trial["metrics"]["cost"] ** 2 for trial in trials)
    score = search["front"]["objectives"][1]
    assert score["sense"] == "maximised"
    assert score["reference"] < min(trial["metrics"]["score"] for trial in trials)
    assert "no 'score'" in search["search"]["failures"][0]["reason"]
    events = (tmp_path / "out/searches/job" / FILE).read_text().splitlines()
    done = [record for line in events if (record := json.loads(line)["record"])["kind"] == "done"]
    assert all(event["values"] == [event["metrics"]["cost"], -event["metrics"]["score"]] for event in done)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("metric: flops", "metric: speed"), "objectives.1.metric: expected loss | n_active"),
        (("metric: flops", "metric: loss"), "objectives: expected 2 to 6 metrics that differ"),
        (("evaluations", "engine: skopt\nevaluations"), "engine: expected native, sobol or random"),
        (
            ("evaluations", "stop: {value: 2.0}\nevaluations"),
            "stop: expected time alone",
        ),
    ],
)
def test_a_mistake_is_one_line(change: tuple[str, str], line: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        parse_batch(LAW.replace(*change), "job", tmp_path)
    assert len(caught.value.mistakes) == 1
    assert str(caught.value).startswith(line)
