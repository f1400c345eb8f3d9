"""Reading tables of checkpoints: columns run, n, tokens, loss and accuracy, under these names or others."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from objectives.capability.downstream_checkpoints import WINDOW, Checkpoints
from objectives.run_columns import Domain
from objectives.run_table import RunTable, read_table
from spaces.errors import BadInput, Mistake, one_of

FIELDS = ("run", "n", "tokens", "loss", "accuracy")
SHARE = Domain("a share of right answers, from 0 to 1", lambda x: (x >= 0) & (x <= 1))


def read_checkpoints(
    path: Path,
    columns: Mapping[str, str] | None = None,
    *,
    unit: str = "bits/byte",
    window: int = WINDOW,
) -> Checkpoints:
    """A table of checkpoints of several runs, brought into the order of training.

    Args:
        path: CSV, plain or gzip.
        columns: field -> column, for those that do not have the field's own name.
        unit: of the losses; nothing is converted.
        window: checkpoints averaged.

    Raises:
        BadInput: the file or a cell cannot be read; a column is unknown or missing; a run has two sizes, or
            two checkpoints at the same tokens; no checkpoints to average.
    """
    if window < 1:
        raise BadInput.of("average", "a whole number, at least 1", f"{window}")
    table = read_table(path, "checkpoints")
    names = _columns(table, columns or {})
    arrays, mistakes = {}, []
    for field in FIELDS[1:]:
        domain = SHARE if field == "accuracy" else None
        arrays[field], wrong = table.numbers(field, names[field], domain)
        mistakes += wrong
    if mistakes:
        raise BadInput(mistakes)
    run = table.text(names["run"])
    order = np.lexsort((arrays["tokens"], run))
    n, tokens, loss, accuracy = (arrays[field][order] for field in FIELDS[1:])
    found = Checkpoints(run[order], n, tokens, loss, accuracy, unit, source=path.name, window=window)
    if wrong := list(_inconsistent(found)):
        raise BadInput(wrong)
    return found


def _columns(table: RunTable, given: Mapping[str, str]) -> dict[str, str]:
    unknown = [Mistake(f"columns.{name}", one_of(FIELDS, name), name) for name in given if name not in FIELDS]
    names = {field: given.get(field, field) for field in FIELDS}
    there = ", ".join(table.header[:12])
    absent = [
        Mistake(
            f"columns.{field}", f"one column of the table ({there})", f"{name}, which is there {count} times"
        )
        for field, name in names.items()
        if (count := table.header.count(name)) != 1
    ]
    if unknown or absent:
        raise BadInput([*unknown, *absent])
    return names


def _inconsistent(found: Checkpoints) -> Iterator[Mistake]:
    for rows in found.members:
        name = f"checkpoints, run {found.run[rows[0]]}"
        sizes, tokens = np.unique(found.n[rows]), found.tokens[rows]
        if len(sizes) > 1:
            yield Mistake(f"{name}, n", "one size", " and ".join(f"{size:g}" for size in sizes[:2]))
        if np.any(again := np.diff(tokens) == 0):
            yield Mistake(f"{name}, tokens", "each value once", f"{tokens[1:][again][0]:.10g} twice")
