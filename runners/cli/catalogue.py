"""`scalesearch laws`, `spaces` and `engines`: what there is, with sources."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer

from runners.cli.output import answer, answer_document
from runners.documents.document import Section, Table
from runners.documents.rendering import to_json

SCORE = "MMLU points"
"""The unit of what is no loss."""

Json = Annotated[bool, typer.Option("--json", help="Machine-readable, with every field.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(laws)
    app.command()(spaces)
    app.command()(engines)


def laws(json: Json = False) -> None:
    """The scaling laws, recipes and task laws: equation, count of parameters, fitted range, source."""
    from objectives.formula_catalogue import formula_catalogue
    from objectives.laws import capability_catalogue, catalogue

    records = catalogue() + capability_catalogue() + formula_catalogue()
    sections = [_law_section(family) for family in _grouped(records)]
    answer(to_json(records)) if json else answer_document(sections)


def spaces(json: Json = False) -> None:
    """The search spaces a job file may name."""
    from spaces.catalogue import catalogue

    records = catalogue()
    sections = [
        _options_section(
            record["name"], record["summary"], ("field", "what it holds", "needed"), _fields(record)
        )
        for record in records
    ]
    answer(to_json(records)) if json else answer_document(sections)


def engines(json: Json = False) -> None:
    """The search engines and their options."""
    from search.factory import describe_engines

    records = [asdict(engine) for engine in describe_engines()]
    sections = [
        _options_section(record["name"], record["summary"], ("option", "default"), record["options"].items())
        for record in records
    ]
    answer(to_json(records)) if json else answer_document(sections)


def _options_section(
    title: str, summary: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> Section:
    table = Table.of(columns, rows)
    return Section(title, (summary,), table if table.rows else None)


def _fields(record: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    yield from ((name, what, "yes") for name, what in record["required"].items())
    yield from ((name, what, "") for name, what in record["optional"].items())


def _grouped(records: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    families = dict.fromkeys(record["family"] for record in records)
    return [[record for record in records if record["family"] == family] for family in families]


def _law_section(family: list[dict[str, Any]]) -> Section:
    first = family[0]
    columns = ("coefficients", "fitted on", "source", "read")
    rows = [
        (_set_name(record), _range(record["fitted"]), record["source"], record["trust"]) for record in family
    ]
    text = (first["title"], first["equation"], _meaning(first))
    return Section(first["family"], text, Table.of(columns, rows))


def _meaning(record: dict[str, Any]) -> str:
    if "meaning" in record:
        return f"It gives {record['meaning']}."
    if record["unit"] == SCORE:
        return f"S is {record['count']}; it predicts {SCORE} of dense models (`scalesearch performance`)."
    return f"N is {record['count']}; loss in {record['unit']}."


def _set_name(record: dict[str, Any]) -> str:
    if record["set"] is None:
        return "none published"
    return f"{record['set']} (default)" if record["default"] else str(record["set"])


def _range(fitted: dict[str, Any]) -> str:
    """The fitted range in words.

    >>> _range({"n": (1e8, 1e9), "tokens": None})
    'n 1e+08 to 1e+09'
    """
    parts = [f"{name} {ends[0]:.3g} to {ends[1]:.3g}" for name, ends in fitted.items() if ends]
    return ", ".join(parts) or "not stated by the source"
