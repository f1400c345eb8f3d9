"""An answer as JSON, and a document as Markdown for terminals and files."""

import json
from typing import Any

from runners.documents.document import Document, Section, Table


def to_json(record: Any) -> str:
    """The one spelling of an answer: `--json`, `report.json` and the service give these bytes.

    Raises:
        ValueError: a number in it is NaN or infinite.
    """
    return json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def plain(record: Any) -> Any:
    """The record as it will be read back: lists for tuples, texts for enumerations."""
    return json.loads(to_json(record))


def to_markdown(document: Document) -> str:
    """Markdown with pipe tables, columns aligned for reading as plain text."""
    return "\n\n".join(part for section in document for part in _markdown(section)) + "\n"


def _markdown(section: Section) -> list[str]:
    parts = [f"{'#' * section.level} {section.title}", *section.text]
    if section.table is not None:
        parts.append(_pipe_table(section.table))
    return parts


def _pipe_table(table: Table) -> str:
    grid = [
        tuple(cell.replace("|", "\\|").replace("\n", " ") for cell in row)
        for row in (table.columns, *table.rows)
    ]
    widths = [max(3, *(len(row[j]) for row in grid)) for j in range(len(table.columns))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in grid
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
