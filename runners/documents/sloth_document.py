"""The answer of `scalesearch sloth` in words and tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from runners.documents.document import Section, Table
from runners.documents.quantities import count, number, percent

Record = Mapping[str, Any]

SLOPES = ("ln s", "ln t", "ln s ln t")


def sections(record: Record) -> list[Section]:
    """The sections of a record of `objectives.capability.downstream_skills_answer.answer`."""
    size = f"{count(record['n_total'])} parameters on {count(record['tokens'])} tokens"
    intro = (
        f"From {record['models']} models of {record['families']} families, {record['skills']} "
        f"{'skill' if record['skills'] == 1 else 'skills'}. {record['equation']}. {record['title']}."
    )
    columns = (
        "benchmark",
        "score",
        f"interval of {record['level']:.0%}",
        "best of the family so far",
        "guessing",
    )
    tested = (
        f"The largest model of each of {len(record['tested'])} families, foretold from all other models; the "
        "intervals are from these errors."
    )
    warnings = Table.of(("before you believe it",), [(warning,) for warning in record["warnings"]])
    slopes = [(f"{k}", *map(number, row)) for k, row in enumerate(record["slopes"], 1)]
    return [
        Section(
            f"A model of {record['family']}: {size}", (intro,), Table.of(columns, _scores(record)), level=1
        ),
        Section("How it did on the largest of each family", (tested,), _tested(record)),
        Section("The family in the table", table=_members(record)),
        Section(
            "What size and tokens add to a skill, in all families", table=Table.of(("skill", *SLOPES), slopes)
        ),
        Section("Warnings", table=warnings),
    ]


def _scores(record: Record) -> Iterator[tuple[str | None, ...]]:
    for each in record["benchmarks"]:
        interval = each["interval"]
        ends = "none" if interval is None else f"{percent(interval[0])} to {percent(interval[1])}"
        yield (
            each["name"],
            percent(each["score"]),
            ends,
            _share(each["best_of_family"]),
            percent(each["floor"]),
        )


def _tested(record: Record) -> Table:
    rows = [
        (each["name"], _points(each["held_out_error"]), _points(each["naive_error"]))
        for each in record["benchmarks"]
    ]
    return Table.of(("benchmark", "mean error", "the best of its smaller ones instead"), rows)


def _members(record: Record) -> Table:
    names = [each["name"] for each in record["benchmarks"]]
    rows = [
        (count(each["n_total"]), count(each["tokens"]), *map(_share, each["scores"]))
        for each in sorted(record["members"], key=lambda each: each["n_total"])
    ]
    return Table.of(("parameters", "tokens", *names), rows)


def _share(value: float | None) -> str | None:
    return None if value is None else percent(value)


def _points(error: float | None) -> str:
    return "not tested" if error is None else f"{100 * error:.1f} points"
