"""What a report says about its parameters: with enough values a table and pictures, with few why not."""

from pathlib import Path

from runners.api import run
from runners.documents.rendering import to_markdown
from runners.documents.report_document import document
from runners.jobs.job import load_batch

JOB = """
engine: sobol
budget: {flops: 1e21}
objective: {law: hoffmann}
space: {kind: law, n: [1e7, 1e12], tokens: [1e8, 1e13]}
searches:
  long: {evaluations: 12}
  short: {evaluations: 3}
"""


def test_a_report_says_what_matters_or_that_it_knows_too_little(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    record = run(tmp_path / "job.yaml", tmp_path / "out")
    long, short = (search["importance"] for search in record["searches"])
    assert {effect["name"] for effect in long["effects"]} == {"n_total", "tokens"}
    assert 0.0 <= long["effects"][1]["total"] <= long["effects"][0]["total"]
    assert short["effects"] == []
    text = to_markdown(document(record, load_batch(tmp_path / "job.yaml")))
    assert "short: 3 values are too few for 2 parameters: 10 are needed." in text
    assert "long: a model of 12 values explains" in text
    page = (tmp_path / "out/report.html").read_text()
    assert page.count("<h2>Partial dependence, long</h2>") == 1
    assert "Partial dependence, short" not in page
