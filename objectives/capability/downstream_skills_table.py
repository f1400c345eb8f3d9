"""Reading tables of models and their scores: columns family, n_total, tokens, and one for each benchmark."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from objectives.capability.downstream_skills import FLOORS, Benchmarks
from objectives.capability.score_columns import Column
from objectives.laws.law import Array
from objectives.run_columns import Domain
from objectives.run_table import RunTable, read_table
from spaces.errors import BadInput, Mistake

FIELDS = ("family", "n_total", "tokens")
LEAST_FAMILIES = 2
SHARE = Domain(
    "a share of right answers, from 0 to 1 (column*0.01 for points)", lambda x: (x >= 0) & (x <= 1)
)
TOKENS = Domain("tokens as a count (column*1e12 for trillions)", lambda x: (x >= 1e6) & np.isfinite(x))
SIZE = Domain("parameters as a count (column*1e9 for billions)", lambda x: (x >= 1e5) & np.isfinite(x))


def read_benchmarks(
    path: Path,
    columns: Mapping[str, Column] | None = None,
    benchmarks: Mapping[str, Column] | None = None,
    floors: Mapping[str, float] | None = None,
) -> tuple[tuple[str, ...], Benchmarks]:
    """The names of the benchmarks, and the models.

    Args:
        path: CSV, plain or gzip; a blank score is one that is not known, a row without size or tokens is
            left out.
        columns: field -> column of another name.
        benchmarks: benchmark -> column; if left out those of the table whose chance score is known.
        floors: chance scores of other benchmarks, as shares.

    Raises:
        BadInput: every mistake in the columns, floors and cells; fewer than two families.
    """
    table = read_table(path, "models")
    fields = {name: (columns or {}).get(name, Column(name)) for name in FIELDS}
    asked = benchmarks or {name: Column(name) for name in table.header if name in FLOORS}
    known = FLOORS | dict(floors or {})
    _require(table, fields, asked, known)
    kept = np.array([all(_cell(table, fields[name], row) for name in FIELDS) for row in range(len(table))])
    numbers, mistakes = {}, []
    for name, column, domain in (
        *((name, fields[name], SIZE if name == "n_total" else TOKENS) for name in FIELDS[1:]),
        *((name, column, SHARE) for name, column in asked.items()),
    ):
        numbers[name], wrong = _numbers(table, column, domain, kept, blank=name in asked)
        mistakes += wrong
    if mistakes:
        raise BadInput(mistakes)
    family = table.text(fields["family"].name)[kept]
    if len(np.unique(family)) < LEAST_FAMILIES:
        raise BadInput.of("models.family", f"at least {LEAST_FAMILIES} families", f"{len(np.unique(family))}")
    score = np.stack([numbers[name] for name in asked], axis=1)
    chance = tuple(known[name] for name in asked)
    return tuple(asked), Benchmarks(score, numbers["n_total"], numbers["tokens"], family, chance)


def _require(
    table: RunTable, fields: Mapping[str, Column], asked: Mapping[str, Column], known: Mapping[str, float]
) -> None:
    there = ", ".join(table.header[:12])
    mistakes = [
        Mistake(f"{option}.{name}", f"one column of the table ({there})", column.name)
        for option, chosen in (("columns", fields), ("benchmarks", asked))
        for name, column in chosen.items()
        if table.header.count(column.name) != 1
    ]
    mistakes += [
        Mistake(f"floors.{name}", f"the score of guessing, for it is none of {', '.join(FLOORS)}", "nothing")
        for name in asked
        if name not in known
    ]
    mistakes += [
        Mistake(f"floors.{name}", "a share from 0 to below 1", f"{value:g}")
        for name, value in known.items()
        if not 0 <= value < 1
    ]
    if not asked:
        expected = f"columns of scores: {', '.join(FLOORS)}, or others by --benchmarks"
        mistakes.append(Mistake("benchmarks", expected, f"none in the table ({there})"))
    if mistakes:
        raise BadInput(mistakes)


def _cell(table: RunTable, column: Column, row: int) -> bool:
    return bool(table.cells[row, table.header.index(column.name)].strip())


def _numbers(
    table: RunTable, column: Column, domain: Domain, kept: npt.NDArray[np.bool_], *, blank: bool
) -> tuple[Array, list[Mistake]]:
    """The kept cells of one column, scaled; NaN for a blank one where that is allowed."""
    cells = table.text(column.name)[kept]
    empty = cells == ""
    values = np.array([_number(cell) for cell in cells]) * column.factor
    right = domain.holds(values) | (empty & blank)
    rows = np.flatnonzero(kept)
    mistakes = [
        Mistake(f"models.{column.name}, row {row + 1}", domain.expected, str(cell) or "an empty cell")
        for row, cell, fine in zip(rows, cells, right, strict=True)
        if not fine
    ]
    return values, mistakes


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
