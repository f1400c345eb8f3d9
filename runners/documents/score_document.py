"""The report of a fitted law of MMLU: the law, where it must not be used, and the evidence."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from runners.documents.document import Document, Section, Table
from runners.documents.quantities import number, percent

Record = Mapping[str, Any]
WORST = 10
"""Models listed by their error."""


def document(record: Record, *, pictures: bool = False) -> Document:
    """The document of a fit, as `objectives.capability.score_saved.to_score_record` makes its record."""
    drawn: dict[str, str] = {}
    if pictures:
        from runners.documents import score_pictures

        drawn = {"held_out": score_pictures.held_out(record), "families": score_pictures.families(record)}
    return [
        Section(_title(record), tuple(_summary(record)), level=1),
        *_doubts(record),
        Section("Errors", (_about_errors(record),), _errors(record), drawn.get("held_out")),
        Section("Intervals", tuple(_about_intervals(record))),
        *_years(record),
        Section("Families held out", table=_families(record), picture=drawn.get("families")),
        Section("Models furthest off", table=_worst(record)),
        Section("Coefficients", (_about_coefficients(record),), _coefficients(record)),
        Section("Recipes compared", (record["selection"]["rule"] + ".",), _candidates(record)),
        Section("To repeat it", tuple(_reproducibility(record)), _left_out(record)),
    ]


def _title(record: Record) -> str:
    runs = record["runs"]
    return f"A law of MMLU for {runs['count']} models of {runs['source']}: {record['law']['family']}"


def _summary(record: Record) -> Iterator[str]:
    values = ", ".join(f"{name} = {number(value)}" for name, value in record["coefficients"].items())
    yield f"{record['law']['equation']}; with {values}."
    error = record["error"]
    yield (
        f"A model of a family it has not seen is predicted {error['held_out']:.1f} points off on average; "
        f"the published law is {error['baselines']['the published law, not fitted']:.1f} points off."
    )


def _doubts(record: Record) -> Iterator[Section]:
    if record["doubts"]:
        rows = [(doubt,) for doubt in record["doubts"]]
        yield Section("Where it must not be used", table=Table.of(("before you rely on it",), rows))


def _about_errors(record: Record) -> str:
    runs = record["runs"]
    return (
        f"Mean absolute errors in points over {runs['count']} models of {runs['families']} families. "
        "Held out: predicted by a fit to the other families."
    )


def _errors(record: Record) -> Table:
    error = record["error"]
    rows = [
        ("this law, families held out", error["held_out"]),
        ("this law, on its own models", error["fitted"]),
    ]
    rows += list(error["baselines"].items())
    return Table.of(("prediction", "mean error"), [(name, f"{value:.2f}") for name, value in rows])


def _about_intervals(record: Record) -> Iterator[str]:
    known = record["interval"]
    level, half = percent(known["level"]), known["half_width"]
    if half is None:
        yield f"None: {record['runs']['families']} families are too few for {level}."
        return
    yield f"{level} for a model of a new family: the prediction and {half:.1f} points to either side."
    yield (
        "Tested on families that neither the fit nor the interval had seen: "
        f"{percent(known['covered_models'])} of the models inside, "
        f"{percent(known['covered_families'])} on average over families."
    )


def _years(record: Record) -> Iterator[Section]:
    if record["years"]:
        columns = ("fitted up to", "models", "later models", "mean error", "bias", "inside", "half width")
        yield Section("Later years from earlier ones", table=Table.of(columns, map(_year, record["years"])))


def _year(cut: Record) -> tuple[object, ...]:
    inside = "too few families" if cut["inside"] is None else percent(cut["inside"])
    half = None if cut["half_width"] is None else f"{cut['half_width']:.1f}"
    return (
        *(cut["year"], cut["before"], cut["after"]),
        *(f"{cut['error']:.1f}", f"{cut['bias']:+.1f}", inside, half),
    )


def _families(record: Record) -> Table:
    table = record["runs"]["table"]
    family, mmlu = np.array(table["family"]), np.array(table["mmlu"])
    held, published = np.array(table["held_out"]) - mmlu, np.array(table["published"]) - mmlu
    rows = []
    for name in dict.fromkeys(table["family"]):
        mine = family == name
        error, old = held[mine], published[mine]
        cells = (f"{mmlu[mine].mean():.1f}", f"{np.abs(error).mean():.1f}", f"{error.mean():+.1f}")
        rows.append((name, int(mine.sum()), *cells, f"{np.abs(old).mean():.1f}"))
    columns = ("family", "models", "mean MMLU", "mean error", "bias", "error of the published law")
    return Table.of(columns, rows)


def _worst(record: Record) -> Table:
    table = record["runs"]["table"]
    error = np.array(table["held_out"]) - np.array(table["mmlu"])
    rows = [
        (
            table["row"][index],
            table["model"][index],
            *(f"{table[name][index]:.1f}" for name in ("mmlu", "held_out", "published")),
        )
        for index in np.argsort(-np.abs(error), kind="stable")[:WORST]
    ]
    return Table.of(("row", "model", "measured", "held out", "published law"), rows)


def _about_coefficients(record: Record) -> str:
    recipe = record["recipe"]
    return (
        f"{percent(recipe['level'])} intervals from {recipe['draws']} refits to resampled families. "
        "Depth and widths grow together in real models: trust predictions, not single coefficients."
    )


def _coefficients(record: Record) -> Table:
    rows = [
        (name, number(value), " to ".join(number(end) for end in record["intervals"][name]))
        for name, value in record["coefficients"].items()
    ]
    return Table.of(("coefficient", "value", "interval"), rows)


def _candidates(record: Record) -> Table:
    rows = [
        (each["link"], f"{each['ridge']:g}", f"{each['root_mean_square']:.2f}", f"{each['error']:.2f}")
        for each in record["selection"]["candidates"]
    ]
    return Table.of(("link", "ridge", "root mean square, held out", "mean error, held out"), rows)


def _reproducibility(record: Record) -> Iterator[str]:
    recipe, runs = record["recipe"], record["runs"]
    libraries = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    yield f"Seed {recipe['seed']}, {recipe['draws']} draws. Table {runs['source']}, SHA-256 {runs['sha256']}."
    yield f"Written with {libraries}."


def _left_out(record: Record) -> Table | None:
    rows = [(each["row"], each["reason"]) for each in record["runs"]["left_out"]]
    return Table.of(("row left out", "reason"), rows) if rows else None
