"""Reading the record of a fit.json, so that its report can be made again."""

import json
from pathlib import Path
from typing import Any

from objectives.capability.score_saved import fitted_of
from objectives.fit.saved import FORMAT, load
from spaces.errors import BadInput

PARTS = {
    "law", "objective", "coefficients", "intervals", "certificate", "calibration", "selection", "checks",
    "decisions", "isoflop", "recipe", "versions", "runs", "ensemble",
}  # fmt: skip
"""What the report shows."""


def read_score_fit(path: Path) -> dict[str, Any] | None:
    """The record of a law of MMLU; None where the file holds none."""
    try:
        record = json.loads(path.read_text())
        fitted_of(record)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(record)


def read_fit(path: Path) -> dict[str, Any]:
    """The record in a fit.json.

    Raises:
        BadInput: the file cannot be read, or is not what `scalesearch fit` wrote.
    """
    expected = f"a job's folder, or a fit.json that `scalesearch fit -o` wrote, format {FORMAT}"
    try:
        load(path)
    except BadInput as error:
        raise BadInput.of("report", expected, error.mistakes[0].got) from error
    record = dict(json.loads(path.read_text()))
    missing = sorted(PARTS - set(record))
    if missing:
        raise BadInput.of("report", expected, f"{path.name} without {', '.join(missing)}")
    return record
