"""`scalesearch laws`, `spaces` and `engines`: what there is, with sources."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from runners.cli.output import answer
from runners.document import Section, Table
from runners.rendering import to_json, to_markdown

Json = Annotated[bool, typer.Option("--json", help="Machine-readable, with every field.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(laws)
    app.command()(spaces)
    app.command()(engines)


def laws(json: Json = False) -> None:
    """The scaling laws: equation, count of parameters, fitted range, source."""
    from objectives.laws import catalogue

    records = catalogue()
    if json:
        answer(to_json(records))
        return
    answer(to_markdown([section for family in _grouped(records) for section in _law_sections(family)]))


def spaces(json: Json = False) -> None:
    """The search spaces a job file may name."""
    from spaces.catalogue import catalogue

    _list(catalogue(), json)


def engines(json: Json = False) -> None:
    """The search engines and their options."""
    from search.factory import describe_engines

    _list([asdict(engine) for engine in describe_engines()], json)


def _list(records: list[dict[str, Any]], json: bool) -> None:
    columns = list(records[0])
    rows = [[_cell(record[column]) for column in columns] for record in records]
    text = to_json(records) if json else to_markdown([Section("", table=Table.of(columns, rows))])
    answer(text)


def _grouped(records: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    families = dict.fromkeys(record["family"] for record in records)
    return [[record for record in records if record["family"] == family] for family in families]


def _law_sections(family: list[dict[str, Any]]) -> list[Section]:
    first = family[0]
    columns = ("coefficients", "fitted on", "source", "read")
    rows = [
        (_set_name(record), _range(record["fitted"]), record["source"], record["trust"]) for record in family
    ]
    text = (first["title"], first["equation"], f"N is {first['count']}; loss in {first['unit']}.")
    return [Section(first["family"], text, Table.of(columns, rows))]


def _set_name(record: dict[str, Any]) -> str:
    return f"{record['set']} (default)" if record["default"] else str(record["set"])


def _range(fitted: dict[str, Any]) -> str:
    """The fitted range in words.

    >>> _range({"n": (1e8, 1e9), "tokens": None})
    'n 1e+08 to 1e+09'
    """
    parts = [f"{name} {ends[0]:.3g} to {ends[1]:.3g}" for name, ends in fitted.items() if ends]
    return ", ".join(parts) or "not stated by the source"


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_cell(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return str(value)
