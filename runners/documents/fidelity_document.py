"""The part of a report about evaluations below the target: how many there were, and what they cost."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runners.documents.document import Section, Table
from runners.documents.quantities import percent, shown

TEXT = (
    "Costs are in evaluations at the target, the last row of each search. Values at lower fidelities teach "
    "the engine where to look; the best configuration is one of the target."
)


def fidelity_sections(searches: Sequence[Mapping[str, Any]]) -> Iterator[Section]:
    """The section for searches with a fidelity, given as in a report; none where there are none."""
    accounts = [
        (each["name"], each["search"]["fidelity"]) for each in searches if "fidelity" in each["search"]
    ]
    rows = [row for name, account in accounts for row in _rows(name, account)]
    if rows:
        columns = ("search", "fidelity", "evaluations", "failed", "cost", "share", "least value")
        yield Section("Fidelities", (TEXT,), Table.of(columns, rows))


def _rows(name: str, account: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for level in account["levels"]:
        value = f"{account['name']} {shown(account['name'], level['value'])}"
        least = None if level["least"] is None else f"{level['least']:.6f}"
        share = percent(level["cost"] / account["cost"])
        yield (name, value, level["asked"], level["failed"], f"{level['cost']:.3g}", share, least)
