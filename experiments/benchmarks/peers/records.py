"""What a search came to, one line of JSON each, one file for each (program, version, problem)."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

NONE = float("inf")
"""Regret before the first value."""


@dataclass(frozen=True)
class Record:
    """One search; every list has one entry for each evaluation, in order of arrival."""

    program: str
    version: str
    case: str
    seed: int
    optimum: float
    observed: list[float | None]
    """What the program was told; None where it failed or broke the constraint."""
    true: list[float | None]
    """Without noise."""
    cpu: list[float]
    """Seconds of ask and tell in the program's own process."""
    infeasible: int = 0
    """Evaluations spent on configurations that break the known constraint or a forbidden clause."""
    redrawn: int = 0
    """Proposals rejected for the same reason without an evaluation."""
    error: str = ""
    """Why the search ended early."""

    def regret(self) -> npt.NDArray[np.float64]:
        """True value less optimum of the configuration with the least observation so far."""
        best, curve, incumbent = NONE, [], NONE
        for observed, true in zip(self.observed, self.true, strict=True):
            if observed is not None and true is not None and observed < best:
                best, incumbent = observed, max(true - self.optimum, 0.0)
            curve.append(incumbent)
        return np.array(curve)

    def regret_at(self, mark: int) -> float:
        """After so many evaluations; of a search that ended early, its last."""
        curve = self.regret()
        return float(curve[min(mark, len(curve)) - 1]) if len(curve) else NONE


@dataclass(frozen=True)
class Store:
    """A folder of records; searches that are in it are not run again."""

    folder: Path

    def path(self, program: str, version: str, case: str) -> Path:
        """The file of one program's searches of one problem."""
        return self.folder / f"{_slug(program)}@{version}" / f"{_slug(case)}.jsonl"

    def read(self, program: str, version: str, case: str) -> dict[int, Record]:
        """The searches by seed; a line that was cut off is left out."""
        path = self.path(program, version, case)
        lines = path.read_text().splitlines() if path.is_file() else []
        return {record.seed: record for record in _records(lines)}

    def append(self, record: Record) -> None:
        """Add one search."""
        path = self.path(record.program, record.version, record.case)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(json.dumps(asdict(record)) + "\n")


def _records(lines: list[str]) -> Iterator[Record]:
    for line in lines:
        try:
            yield Record(**json.loads(line))
        except json.JSONDecodeError:
            continue


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
