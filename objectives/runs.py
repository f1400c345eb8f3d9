"""A table of finished training runs: read once, every mistake named by column and row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from objectives.laws.law import Array, Count, Law
from spaces.errors import BadInput, Mistake

FIELDS = ("n", "tokens", "flops", "sparsity", "loss")
"""What a column may be mapped to. Tokens and FLOPs stand in for each other through C = 6 N D; `n` may also be
named by what it counts (`n_total`, `n_active`, ...)."""


@dataclass(frozen=True, eq=False)
class Runs:
    """Training runs as columns of equal length, float64.

    `n` is in the count of the law it is compared with; `loss` in that law's unit.
    """

    n: Array
    tokens: Array
    sparsity: Array
    loss: Array
    extra: Mapping[str, Array] = field(default_factory=dict)
    """Further inputs of laws (`unique_tokens`, `granularity`) by name."""
    about: Mapping[str, Array] = field(default_factory=dict)
    """Further facts of each run that no law takes (`learning_rate`, `batch_tokens`, `flops`), by name."""
    count: Count | None = None
    """What `n` counts, where the table says so; None leaves it to the law."""
    unit: str = "nats/token"
    source: str = "memory"
    digest: str = ""
    """SHA-256 of the file's bytes, so that a job notices when its data changed."""

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def inputs(self) -> tuple[Array, Array, Array]:
        """What every law takes, in order."""
        return self.n, self.tokens, self.sparsity

    @property
    def flops(self) -> Array:
        """Training FLOPs of each run: as the table states them, else 6 n_active D."""
        if "flops" in self.about:
            return self.about["flops"]
        active = self.n * (1.0 - self.sparsity) if self.count is Count.TOTAL else self.n
        return 6.0 * active * self.tokens

    def extra_of(self, law: Law | type[Law]) -> dict[str, Array]:
        """The extra input a law takes, as the keyword it takes it by; empty where the table has none."""
        name = law.extra.name if law.extra else ""
        return {name: self.extra[name]} if name in self.extra else {}

    def take(self, rows: npt.NDArray[Any]) -> Self:
        """Only these runs, by index or mask, in that order."""
        columns = {name: getattr(self, name)[rows] for name in ("n", "tokens", "sparsity", "loss")}
        extra, about = (
            {name: column[rows] for name, column in group.items()} for group in (self.extra, self.about)
        )
        return replace(self, **columns, extra=extra, about=about)


def read_runs(path: Path, columns: Mapping[str, str] | None = None, *, drop_highest_loss: int = 0) -> Runs:
    """Read a CSV file (plain or gzip) of training runs.

    Args:
        path: the table; the first line names its columns.
        columns: field of `FIELDS` -> column of the table, where they differ.
        drop_highest_loss: leave out this many runs of the highest loss (the recipe of Besiroglu et al. 2024).

    Raises:
        BadInput: the file cannot be read; a field has no column; a cell is not a positive finite number.
    """
    table = _read(path)
    columns = {"n" if field in list(Count) else field: column for field, column in (columns or {}).items()}
    mapping = {field: columns.get(field, field) for field in FIELDS}
    _check_columns(table, mapping, columns)
    values = {field: _numbers(table, field, column) for field, column in mapping.items() if column in table}
    mistakes = [mistake for _, found in values.values() for mistake in found]
    if mistakes:
        raise BadInput(mistakes)
    arrays = {field: array for field, (array, _) in values.items()}
    arrays.setdefault("sparsity", np.zeros(len(table)))
    if "tokens" not in arrays:
        arrays["tokens"] = arrays["flops"] / (6.0 * arrays["n"])
    if drop_highest_loss >= len(table):
        raise BadInput.of(
            "drop_highest_loss", f"fewer than the {len(table)} runs there are", drop_highest_loss
        )
    keep = np.sort(np.argsort(arrays["loss"], kind="stable")[: len(table) - drop_highest_loss])
    picked = {field: arrays[field][keep] for field in ("n", "tokens", "sparsity", "loss")}
    return Runs(**picked, source=path.name, digest=sha256(path.read_bytes()).hexdigest())


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except (OSError, pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise BadInput.of(
            "runs", f"a readable CSV file of training runs ({path.name})", str(error)
        ) from error
    if table.empty:
        raise BadInput.of("runs", "at least one run", f"{path.name}: a table without rows")
    return table


def _check_columns(table: pd.DataFrame, mapping: Mapping[str, str], given: Mapping[str, str]) -> None:
    there = ", ".join(map(str, table.columns))
    mistakes = [
        Mistake(f"columns.{field}", f"one of {', '.join(FIELDS)}", field)
        for field in given
        if field not in FIELDS
    ]
    wanted = dict.fromkeys(["n", "loss", *(field for field in given if field in FIELDS)])
    mistakes += [
        Mistake(f"columns.{field}", f"a column of the table ({there})", mapping[field])
        for field in wanted
        if mapping[field] not in table
    ]
    if not {mapping["tokens"], mapping["flops"]} & set(table.columns):
        mistakes.append(Mistake("columns", f"a column of tokens or of flops among {there}", "neither"))
    if mistakes:
        raise BadInput(mistakes)


def _numbers(table: pd.DataFrame, field: str, column: str) -> tuple[Array, list[Mistake]]:
    """One column as float64, and a mistake for each cell outside its domain (rows count from 1)."""
    array: Array = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    ok: npt.NDArray[np.bool_] = np.isfinite(array)
    expected = "a positive finite number"
    if field == "sparsity":
        ok &= (array >= 0) & (array < 1)
        expected = "a number in [0, 1)"
    else:
        ok &= array > 0
    return array, [
        Mistake(f"runs.{column}, row {row + 1}", expected, str(table[column].iloc[row]))
        for row in np.flatnonzero(~ok)
    ]
