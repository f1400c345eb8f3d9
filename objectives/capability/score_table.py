"""A table of models with their shapes, tokens and MMLU: what the Performance Law is fitted to.

Mixtures of experts and models with a blank cell are left out, and listed with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from objectives.capability.score_columns import NUMBERS, Column, choose_score_columns
from objectives.laws.law import Array
from objectives.laws.performance import features
from objectives.run_table import RunTable, read_table
from spaces.errors import BadInput, Mistake

LEAST_TOKENS, LEAST_PARAMETERS = 1e6, 1e5
"""Below these a column is probably in trillions or billions."""
Texts = npt.NDArray[np.str_]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scores:
    """Dense models; every column of shape (R,)."""

    layers: Array
    hidden: Array
    ffn: Array
    tokens: Array
    n_total: Array
    mmlu: Array
    family: Texts
    """Models of one family are held out together; each its own where the table does not say."""
    model: Texts
    rows: npt.NDArray[np.intp]
    """In the file, from 1."""
    year: Array | None = None
    left_out: tuple[tuple[int, str], ...] = ()
    """Row and reason."""
    source: str = "given"
    digest: str | None = None

    def __len__(self) -> int:
        return len(self.mmlu)

    @property
    def inputs(self) -> tuple[Array, Array, Array, Array, Array]:
        """In the order of the law's arguments."""
        return self.layers, self.hidden, self.ffn, self.tokens, self.n_total

    @property
    def features(self) -> Array:
        """What the law's coefficients multiply, shape (R, 5)."""
        return np.stack(features(*self.inputs, np.ones(len(self))), axis=-1)

    @property
    def families(self) -> list[str]:
        """Names, in order of appearance."""
        return list(dict.fromkeys(self.family.tolist()))


def read_scores(path: Path, columns: Mapping[str, Column] | None = None) -> Scores:
    """A table of models from a CSV file.

    Args:
        path: plain or gzip.
        columns: field -> column; a column of a field's own name needs no mapping.

    Raises:
        BadInput: every mistake in the columns and cells, rows counted from 1.
    """
    table = read_table(path)
    chosen = choose_score_columns(table.header, columns or {})
    left_out = _left_out(table, chosen)
    kept = np.array([row not in left_out for row in range(len(table))], dtype=bool)
    numbers, mistakes = {}, []
    for field in (*NUMBERS, *(["year"] if "year" in chosen else [])):
        numbers[field], wrong = _numbers(table, field, chosen[field], kept)
        mistakes += wrong
    if mistakes:
        raise BadInput(mistakes)
    if not kept.any():
        raise BadInput.of("runs", "at least one dense model without blank cells", f"{len(table)} rows")
    rows = np.flatnonzero(kept) + 1
    model = table.text(chosen["model"].name)[kept] if "model" in chosen else rows.astype(np.str_)
    family = table.text(chosen["family"].name)[kept] if "family" in chosen else rows.astype(np.str_)
    listed = tuple((row + 1, reason) for row, reason in left_out.items())
    return Scores(**numbers, family=family, model=model, rows=rows, left_out=listed,
                  source=path.name, digest=table.digest)  # fmt: skip


def _left_out(table: RunTable, chosen: Mapping[str, Column]) -> dict[int, str]:
    """Row -> why it is no model the law can be fitted to."""
    reasons: dict[int, str] = {}
    for field in NUMBERS:
        for row, cell in enumerate(table.text(chosen[field].name)):
            if cell == "":
                reasons.setdefault(row, f"{field} is blank")
    if "experts" in chosen:
        for row, cell in enumerate(table.text(chosen["experts"].name)):
            if cell not in ("", "0", "1", "0.0", "1.0"):
                reasons[row] = f"a mixture of {cell} experts, which the law is not for"
    return reasons


def _numbers(table: RunTable, field: str, column: Column, kept: Mask) -> tuple[Array, list[Mistake]]:
    """The kept cells of one column as numbers, and a mistake for each that the field cannot hold."""
    cells = table.text(column.name)[kept]
    values = np.array([_number(cell) for cell in cells]) * column.factor
    expected, right = _domain(field, values)
    rows = np.flatnonzero(kept)[~right]
    mistakes = [
        Mistake(f"runs.{column.name}, row {row + 1}", expected, str(cell))
        for row, cell in zip(rows, cells[~right], strict=True)
    ]
    if right.all() and field == "mmlu" and len(values) and values.max() <= 1.0:
        mistakes = [Mistake(f"runs.{column.name}", f"points of 100 (mmlu={column.name}*100)", "shares of 1")]
    return values, mistakes


def _domain(field: str, values: Array) -> tuple[str, Mask]:
    finite = np.isfinite(values)
    if field == "mmlu":
        return "points from 0 to 100", finite & (values >= 0) & (values <= 100)
    if field == "tokens":
        return "tokens as a count (column*1e12 for trillions)", finite & (values >= LEAST_TOKENS)
    if field == "n_total":
        return "parameters as a count (column*1e9 for billions)", finite & (values >= LEAST_PARAMETERS)
    return "a positive number", finite & (values > 0)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
