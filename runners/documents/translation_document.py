"""The answer of `scalesearch translate` in words and tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from runners.documents.document import Section, Table
from runners.documents.quantities import count, number, percent

Record = Mapping[str, Any]


def sections(record: Record) -> list[Section]:
    """The sections of a record of `objectives.capability.downstream_translation_answer`."""
    losses = Table.of(("from", "loss", "to", "loss there"), _losses(record))
    warnings = Table.of(("before you believe it",), [(warning,) for warning in record["warnings"]])
    first = record["translations"][0]
    return [
        Section("A loss on one data set becomes that on another", (_intro(record),), losses, level=1),
        Section("How", (f"{first['equation']}. {first['title']}.",), _coefficients(record)),
        *_laws(record),
        Section("Warnings", table=warnings),
    ]


def _intro(record: Record) -> str:
    if record["table"] is None:
        model = record["model"]
        asked = (
            "" if model is None else f" of {count(model['n'])} parameters on {count(model['tokens'])} tokens"
        )
        return f"Published translations from the training loss on FineWeb-Edu{asked}, nats per token."
    tested = record["calibration"]["held_out"]
    return (
        f"Fitted to {record['pairs']} models of {record['table']}, mean error {percent(record['error'])}; "
        f"intervals of {record['level']:.0%}, from {tested} errors on models of lower loss, held out."
    )


def _losses(record: Record) -> Iterator[tuple[str, ...]]:
    for translation in record["translations"]:
        for row in translation["losses"]:
            interval = row["interval"]
            ends = "" if interval is None else f" ({interval[0]:.4f} to {interval[1]:.4f})"
            yield record["from"], f"{row['from']:.4f}", _target(translation), f"{row['to']:.4f}{ends}"


def _target(translation: Record) -> str:
    return "to" if translation["to"] == "fit" else str(translation["to"])


def _coefficients(record: Record) -> Table:
    names = list(record["translations"][0]["coefficients"])
    rows = [
        (_target(each), *(number(value) for value in each["coefficients"].values()), each["source"])
        for each in record["translations"]
    ]
    return Table.of(("to", *names, "source"), rows)


def _laws(record: Record) -> Iterator[Section]:
    """The law of the first set's loss, as that of each other set's."""
    if record["law"] is None:
        return
    laws = {record["from"]: record["law"]} | {each["to"]: each["law"] for each in record["translations"]}
    names = list(record["law"]["coefficients"])
    rows = [(name, *(number(law["coefficients"][each]) for each in names)) for name, law in laws.items()]
    text = (
        f"{record['law']['equation']}; translated, the law of FineWeb-Edu's loss is one of the same form, "
        "with the same best size for a budget."
    )
    yield Section("Laws", (text,), Table.of(("loss on", *names), rows))
