"""A document: sections of text, tables and pictures, written once and rendered as Markdown or HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Cells are texts already formatted for people."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> "Table":
        """A table from any values; `None` becomes an empty cell."""
        texts = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in rows)
        return cls(tuple(columns), texts)


@dataclass(frozen=True)
class Section:
    """A titled part; `level` 1 is the document's own title."""

    title: str
    text: tuple[str, ...] = ()
    """Paragraphs."""
    table: Table | None = None
    picture: str | None = None
    """An SVG element; Markdown leaves it out."""
    level: int = 2


Document = Sequence[Section]
