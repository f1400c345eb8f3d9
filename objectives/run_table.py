"""A CSV file of runs as text, and its columns as numbers: each wrong cell named by column and row.

Cells are read as text first: what a user wrote is what a mistake shows, and numbers are rounded once, as
Python rounds them.
"""

import gzip
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array
from objectives.run_columns import FACTS, Domain, domain_of
from spaces.errors import BadInput, Mistake

_MOST_CELLS = 20
"""Wrong cells of one column that are named one by one."""
_GZIP = b"\x1f\x8b"
_WHAT = {"runs": "training runs", "curve": "a loss curve"}
_ONE = {"runs": "at least one run"}

Cells = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class RunTable:
    """The header, and the cells as text, shape (rows, columns)."""

    header: list[str]
    cells: Cells
    digest: str
    """SHA-256 of the file's bytes."""
    kind: str = "runs"
    """What the rows are, as mistakes call it."""

    def __len__(self) -> int:
        return len(self.cells)

    def text(self, column: str) -> npt.NDArray[np.str_]:
        """One column as it stands, without the space around it."""
        return np.array([cell.strip() for cell in self._column(column)], dtype=np.str_)

    def numbers(self, field: str, column: str, domain: Domain | None = None) -> tuple[Array, list[Mistake]]:
        """One column as float64, and a mistake for each cell outside the field's domain (rows from 1)."""
        cells, domain = self._column(column), domain or domain_of(field)
        values = _as_numbers(cells)
        right = domain.holds(values)
        if field in FACTS:
            right |= np.array([not cell.strip() for cell in cells], dtype=bool)
        wrong = np.flatnonzero(~right)
        mistakes = [
            Mistake(
                f"{self._name(column)}, row {row + 1}", domain.expected, cells[row].strip() or "an empty cell"
            )
            for row in wrong[:_MOST_CELLS]
        ]
        return values, mistakes + _others(self._name(column), domain.expected, wrong)

    def _name(self, column: str) -> str:
        return f"{self.kind}.{column}"

    def _column(self, column: str) -> Cells:
        return self.cells[:, self.header.index(column)]


def table_of(columns: Mapping[str, Iterable[Any]], kind: str = "runs") -> RunTable:
    """A table from columns held in memory, all of one length; cells as Python writes them.

    Raises:
        BadInput: no rows, or columns of different lengths.
    """
    header = [str(name) for name in columns]
    texts = [[str(value) for value in column] for column in columns.values()]
    lengths = sorted({len(column) for column in texts})
    if lengths in ([], [0]):
        raise BadInput.of(kind, _ONE.get(kind, "at least one row"), "a table without rows")
    if len(lengths) > 1:
        raise BadInput.of(kind, "columns of one length", f"lengths {', '.join(map(str, lengths))}")
    digest = sha256(repr((header, texts)).encode()).hexdigest()
    return RunTable(header, np.array(texts, dtype=np.object_).T, digest, kind)


def read_table(path: Path, kind: str = "runs") -> RunTable:
    """The cells of a CSV file, plain or gzip; `kind` is what its rows are, as mistakes call it.

    Raises:
        BadInput: the file cannot be read, is not text, or holds no rows; a line has more cells than the
            header; the header stands among the rows.
    """
    try:
        data = path.read_bytes()
        cells = _parsed(gzip.decompress(data) if data.startswith(_GZIP) else data)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BadInput.of(
            kind, f"a readable CSV file of {_WHAT.get(kind, kind)} ({path.name})", reason
        ) from error
    header, cells = [str(name).strip() for name in cells[0]], cells[1:]
    if len(cells) == 0:
        raise BadInput.of(kind, _ONE.get(kind, "at least one row"), f"{path.name}: a table without rows")
    _refuse_repeated_header(header, cells, kind)
    return RunTable(header, cells, sha256(data).hexdigest(), kind)


def _parsed(data: bytes) -> Cells:
    import pandas as pd  # here, as nobody who reads no table should wait for it

    if b"\0" in data:
        raise ValueError("a binary file")
    frame = pd.read_csv(BytesIO(data), header=None, dtype=str, na_filter=False, encoding="utf-8-sig")
    cells: Cells = frame.fillna("").to_numpy(dtype=object)
    return cells


def _refuse_repeated_header(header: list[str], cells: Cells, kind: str) -> None:
    """Tables that were joined as files have their header among the rows."""
    suspects = np.flatnonzero([str(cell).strip() == header[0] for cell in cells[:, 0]])
    rows = [row + 1 for row in suspects if [str(cell).strip() for cell in cells[row]] == header]
    if rows:
        raise BadInput(
            Mistake(
                f"{kind}, row {row}",
                "a run" if kind == "runs" else "a row of numbers",
                "the header once more (were two files joined?)",
            )
            for row in rows
        )


def _as_numbers(cells: Cells) -> Array:
    try:
        return cells.astype(np.float64)
    except ValueError:
        return np.array([_number(cell) for cell in cells])


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def _others(name: str, expected: str, wrong: npt.NDArray[np.intp]) -> list[Mistake]:
    rest = len(wrong) - _MOST_CELLS
    return [Mistake(f"{name}, {rest} further rows", expected, "other cells")] if rest > 0 else []
