"""A job folder of report format 1, with its report: old folders keep giving the same answer.

After a change that is meant, `pytest tests/runners/test_golden_report.py --update-golden` writes the files
again; the difference is for review. What other laws would say is left out: it grows with every law.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from runners.documents.rendering import to_json, to_markdown
from runners.documents.report_document import document
from runners.jobs.job import parse_batch
from runners.report import report_of

GOLDEN = Path(__file__).resolve().parents[1] / "golden/report-v1"


@pytest.fixture(scope="module")
def made(request: pytest.FixtureRequest) -> dict[str, Any]:
    batch = parse_batch((GOLDEN / "job.yaml").read_text(), "golden", GOLDEN)
    record = report_of(batch, GOLDEN)
    if request.config.getoption("--update-golden"):
        (GOLDEN / "report.json").write_text(to_json(record))
        (GOLDEN / "report.md").write_text(to_markdown(document(record, batch)))
    return record


def differences(made: Any, golden: Any, where: str = "") -> list[str]:
    """Paths at which two reports differ; numbers may differ by rounding, and evidence may find less."""
    if isinstance(golden, dict) and isinstance(made, dict):
        keys = dict.fromkeys(key for key in [*golden, *made] if key != "others")
        return [d for key in keys for d in differences(made.get(key), golden.get(key), f"{where}.{key}")]
    if isinstance(golden, list) and isinstance(made, list) and len(golden) == len(made):
        pairs = enumerate(zip(made, golden, strict=True))
        return [d for n, (a, b) in pairs for d in differences(a, b, f"{where}[{n}]")]
    if isinstance(golden, float) and isinstance(made, int | float):
        tolerance = 1e-6 if where.endswith((".residual", ".gap", ".shadow_price")) else 0.0
        return (
            [] if made == pytest.approx(golden, rel=1e-7, abs=tolerance) else [f"{where}: {made} != {golden}"]
        )
    return [] if made == golden else [f"{where}: {made} != {golden}"]


def test_an_old_folder_gives_the_report_it_gave(made: dict[str, Any]) -> None:
    assert differences(made, json.loads((GOLDEN / "report.json").read_text())) == []


def test_the_markdown_names_what_it_named(made: dict[str, Any]) -> None:
    batch = parse_batch((GOLDEN / "job.yaml").read_text(), "golden", GOLDEN)
    titles = [section.title for section in document(made, batch)]
    golden = (GOLDEN / "report.md").read_text()
    assert [title for title in titles if f"# {title}\n" not in golden] == []
