"""Reading tables of losses by position: columns tokens, position and loss; run and lr where there are any."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array
from objectives.run_table import RunTable, read_table
from objectives.temporal.history import History
from spaces.errors import BadInput, Mistake, Mistakes, one_of

NEEDED = ("tokens", "position", "loss")
LEAST_POSITIONS = 8
LEAST_CHECKPOINTS = 8
"""Fewer leave nothing to hold out."""
_MOST = 5
"""Wrong checkpoints of one kind that are named one by one."""

Columns = dict[str, Array]
Rows = npt.NDArray[np.intp]


def read_histories(path: Path) -> dict[str, History]:
    """Every run of a table by its name, in the order of the table; a table without a column `run` is one run.

    Raises:
        BadInput: the file or a cell cannot be read; a column is missing; a checkpoint lacks a position, has
            one twice or two learning rates; tokens go back; too few positions or checkpoints.
    """
    table = read_table(path)
    _require_columns(table.header)
    columns = _columns(table)
    names = table.text("run") if "run" in table.header else np.full(len(table), path.name.split(".")[0])
    found, histories = Mistakes(), dict[str, History]()
    for name in dict.fromkeys(names.tolist()):
        with found.within(""):
            rows = np.flatnonzero(names == name)
            histories[name] = _history(name, columns, rows, (path.name, table.digest))
    found.settle()
    return histories


def chosen(histories: dict[str, History], run: str | None) -> History:
    """One run of a table.

    Raises:
        BadInput: no run of this name, or no name although there are several.
    """
    names = list(histories)
    if run is None and len(names) > 1:
        raise BadInput.of("run", f"one of the table's runs ({', '.join(names)})", "none")
    if run is not None and run not in histories:
        raise BadInput.of("run", one_of(names, run), run)
    return histories[names[0] if run is None else run]


def _require_columns(header: list[str]) -> None:
    there = ", ".join(header[:12])
    missing = [
        Mistake("columns", f"a column {name} among {there}", "none") for name in NEEDED if name not in header
    ]
    repeated = [
        Mistake(f"runs.{name}", "a column of this name", f"{header.count(name)} of them")
        for name in (*NEEDED, "run", "lr")
        if header.count(name) > 1
    ]
    if missing or repeated:
        raise BadInput([*missing, *repeated])


def _columns(table: RunTable) -> Columns:
    columns, mistakes = Columns(), list[Mistake]()
    for name in (*NEEDED, "lr"):
        if name in table.header:
            columns[name], wrong = table.numbers(name, name)
            mistakes += wrong
    if mistakes:
        raise BadInput(mistakes)
    return columns


def _history(name: str, columns: Columns, rows: Rows, file: tuple[str, str]) -> History:
    tokens, first, where = np.unique(columns["tokens"][rows], return_index=True, return_inverse=True)
    where = where.ravel()
    _settle(_going_back(name, columns["tokens"][rows], rows))
    positions, place = np.unique(columns["position"][rows], return_inverse=True)
    place = place.ravel()
    _settle(_incomplete(name, tokens, positions, where, place))
    _settle(_too_few(name, tokens, positions))
    losses = np.empty((len(tokens), len(positions)))
    losses[where, place] = columns["loss"][rows]
    rate = None
    if "lr" in columns:
        rate = columns["lr"][rows][first]
        _settle(_two_rates(name, tokens, columns["lr"][rows] != rate[where], where))
    return History(name, tokens, positions, losses, rate, *file)


def _going_back(name: str, tokens: Array, rows: Rows) -> Iterator[Mistake]:
    """A table is a log: tokens that fall are a reset, or two runs under one name."""
    for row in np.flatnonzero(np.diff(tokens) < 0)[:_MOST]:
        yield Mistake(
            f"runs.tokens, row {rows[row + 1] + 1}",
            f"tokens of run {name} that do not go back (a restart, or two runs? give a column run)",
            f"{tokens[row + 1]:.10g} after {tokens[row]:.10g}",
        )


def _incomplete(name: str, tokens: Array, positions: Array, where: Rows, place: Rows) -> Iterator[Mistake]:
    """Every position between the first and the last, once at every checkpoint."""
    gaps = np.flatnonzero(np.diff(positions) != 1)
    if gaps.size:
        gap = positions[gaps[0]]
        yield Mistake("runs.position", f"no gap between positions of run {name}", f"none after {gap:g}")
    seen = np.zeros((len(tokens), len(positions)), dtype=int)
    np.add.at(seen, (where, place), 1)
    for checkpoint, position in np.argwhere(seen != 1)[:_MOST]:
        yield Mistake(
            f"runs, {name} at {tokens[checkpoint]:.10g} tokens",
            f"one loss at position {positions[position]:g}",
            f"{seen[checkpoint, position] or 'none'}",
        )


def _too_few(name: str, tokens: Array, positions: Array) -> Iterator[Mistake]:
    for what, values, least in (
        ("positions", positions, LEAST_POSITIONS),
        ("checkpoints", tokens, LEAST_CHECKPOINTS),
    ):
        if len(values) < least:
            yield Mistake(f"runs, {name}", f"at least {least} {what}", f"{len(values)}")


def _two_rates(name: str, tokens: Array, differs: npt.NDArray[np.bool_], where: Rows) -> Iterator[Mistake]:
    for checkpoint in np.unique(where[differs])[:_MOST]:
        yield Mistake(f"runs.lr, {name} at {tokens[checkpoint]:.10g} tokens", "one learning rate", "several")


def _settle(mistakes: Iterator[Mistake]) -> None:
    found = list(mistakes)
    if found:
        raise BadInput(found)
