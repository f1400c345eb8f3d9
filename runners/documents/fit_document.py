"""The report of a fit as a document: the answers first, then what may be doubted, then the evidence.

A function of fit.json alone, so that `scalesearch report fit.json` says what `scalesearch fit` said.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from runners.documents import fit_answer, fit_evidence
from runners.documents.answer import NAMES
from runners.documents.document import Document, Section, Table
from runners.documents.fit_doubts import doubts
from runners.documents.quantities import flops, number

Record = Mapping[str, Any]


def document(record: Record, *, pictures: bool = False) -> Document:
    """The document of a fit.

    Args:
        record: as `objectives.fit.record.to_record` makes it.
        pictures: whether to draw; Markdown does not show them.
    """
    drawn: Mapping[str, list[Section]] = {}
    if pictures:
        from runners.documents.fit_illustration import illustrations

        drawn = illustrations(record)
    return [
        _title(record),
        *fit_answer.sections(record),
        *drawn.get("answer", []),
        *_where_not_to_trust_it(record),
        fit_evidence.coefficients(record),
        *drawn.get("coefficients", []),
        fit_evidence.certificate(record),
        *drawn.get("certificate", []),
        fit_evidence.calibration(record),
        *fit_evidence.rolling_origin(record),
        *drawn.get("calibration", []),
        fit_evidence.selection(record),
        *fit_evidence.isoflop(record),
        fit_evidence.checks(record),
        fit_evidence.reproducibility(record),
    ]


def _title(record: Record) -> Section:
    law, runs = record["law"], record["runs"]
    title = f"A law for {runs['count']} runs of {runs['source']}: {law['family']}"
    return Section(title, tuple(_summary(record)), level=1)


def _summary(record: Record) -> Iterator[str]:
    law = record["law"]
    values = ", ".join(f"{name} = {number(value)}" for name, value in record["coefficients"].items())
    yield f"{law['equation']}, with {values}. N counts {NAMES[law['count']]}; the loss is in {law['unit']}."
    first = record["decisions"][0]
    yield f"At {flops(first['flops'])} FLOPs it asks for {fit_answer.headline(record, first)}."
    found = len(doubts(record))
    if found:
        reasons = "one reason" if found == 1 else f"{found} reasons"
        yield f"Below, 'Where not to trust it' has {reasons} to hesitate: read it before you spend a budget."


def _where_not_to_trust_it(record: Record) -> Iterator[Section]:
    found = doubts(record)
    if found:
        table = Table.of(("before you rely on it",), [(doubt,) for doubt in found])
        yield Section("Where not to trust it", table=table)
