"""A table of finished training runs: read once, every mistake named by column and row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array, Count, Law
from objectives.run_columns import EXTRAS, FACTS, LABELS, SIZES, choose_columns
from objectives.run_conventions import mixed_counts, mixed_units, sparsity_mistakes
from objectives.run_table import RunTable, read_table, table_of
from spaces.errors import BadInput, Mistake

DEFAULT_UNIT = "nats/token"


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
    """Further facts of each run that no law takes (`learning_rate`, `batch_tokens`, `flops`, sizes in other
    counts), by name; NaN where a run leaves its learning rate or batch blank."""
    labels: Mapping[str, npt.NDArray[np.str_]] = field(default_factory=dict)
    """Text of each run (`run`, `schedule`), by name."""
    count: Count | None = None
    """What `n` counts, where the table says so; None leaves it to the law."""
    unit: str = DEFAULT_UNIT
    """Of the losses, as declared; laws fitted on them predict in it. Nothing is converted."""
    source: str = "memory"
    digest: str = ""
    """SHA-256 of the file's bytes, so that a job notices when its data changed."""
    numbers: npt.NDArray[np.intp] | None = None
    """Rows of the file these runs come from; None where they are its first rows in order."""

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def inputs(self) -> tuple[Array, Array, Array]:
        """What every law takes, in order."""
        return self.n, self.tokens, self.sparsity

    @property
    def rows(self) -> npt.NDArray[np.intp]:
        """Number of each run in its file, from 1, whatever has been dropped since."""
        return np.arange(1, len(self) + 1) if self.numbers is None else self.numbers

    @property
    def n_active(self) -> Array:
        """Parameters one token uses: as the table states them, else from `n`."""
        if Count.ACTIVE in self.about:
            return self.about[Count.ACTIVE]
        return self.n * (1.0 - self.sparsity) if self.count is Count.TOTAL else self.n

    @cached_property
    def flops(self) -> Array:
        """Training FLOPs of each run: as the table states them, else 6 n_active D."""
        return self.about["flops"] if "flops" in self.about else 6.0 * self.n_active * self.tokens

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
        labels = {name: column[rows] for name, column in self.labels.items()}
        return replace(self, **columns, extra=extra, about=about, labels=labels, numbers=self.rows[rows])


def read_runs(
    path: Path,
    columns: Mapping[str, str] | None = None,
    *,
    unit: str | None = None,
    drop_highest_loss: int = 0,
) -> Runs:
    """Read a CSV file (plain or gzip) of training runs.

    Args:
        path: the table; the first line names its columns.
        columns: field of `run_columns.FIELDS` -> column of the table, where they differ
            (`run_columns.parse_columns` reads it from text). A size named by what it counts declares the
            table's count.
        unit: of the losses, nats/token unless a column `unit` says otherwise.
        drop_highest_loss: leave out this many runs of the highest loss (the recipe of Besiroglu et al. 2024).

    Raises:
        BadInput: the file cannot be read; a field has no column; a cell is outside its field's domain; the
            table mixes units, or counts of N.
    """
    return _of_table(read_table(path), columns, unit, drop_highest_loss, path.name)


def as_runs(
    table: Any,
    columns: Mapping[str, str] | None = None,
    *,
    unit: str | None = None,
    drop_highest_loss: int = 0,
) -> Runs:
    """Runs from whatever holds them in Python: `Runs` as they are, a path, a data frame, columns by name.

    >>> table = {"N": [1e8, 1e9], "D": [1e10, 1e10], "loss": [3.1, 2.6]}
    >>> as_runs(table, {"n": "N", "tokens": "D"}).n.tolist()
    [100000000.0, 1000000000.0]

    Other arguments and errors as `read_runs`; the rows of a data frame count from 1, whatever its index.
    """
    if isinstance(table, Runs):
        return table
    if isinstance(table, str | Path):
        return read_runs(Path(table), columns, unit=unit, drop_highest_loss=drop_highest_loss)
    held = table if isinstance(table, Mapping) else table.to_dict("list")
    return _of_table(table_of(held), columns, unit, drop_highest_loss, "memory")


def _of_table(
    table: RunTable, columns: Mapping[str, str] | None, unit: str | None, drop_highest_loss: int, source: str
) -> Runs:
    chosen = choose_columns(table.header, columns or {})
    labels = {name: table.text(chosen.pop(name)) for name in LABELS if name in chosen}
    values = _numbers(table, chosen)
    unit = _unit(labels.pop("unit", None), unit)
    runs = _runs(values, labels, unit=unit, source=source, digest=table.digest)
    if drop_highest_loss >= len(runs):
        raise BadInput.of(
            "drop_highest_loss", f"fewer than the {len(runs)} runs there are", drop_highest_loss
        )
    if drop_highest_loss:
        runs = runs.take(np.sort(np.argsort(runs.loss, kind="stable")[: len(runs) - drop_highest_loss]))
    return runs


def _numbers(table: RunTable, chosen: Mapping[str, str]) -> dict[str, Array]:
    """All columns of numbers by field; raises every wrong cell at once."""
    read = {name: table.numbers(name, column) for name, column in chosen.items()}
    mistakes = [mistake for _, found in read.values() for mistake in found]
    if mistakes:
        raise BadInput(mistakes)
    return {name: array for name, (array, _) in read.items()}


def _unit(column: npt.NDArray[np.str_] | None, declared: str | None) -> str:
    """The one unit of all losses."""
    stated = [] if column is None else list(dict.fromkeys(column.tolist()))
    units = dict.fromkeys([*stated, *([declared] if declared else [])])
    if len(units) > 1:
        raise BadInput.of("runs.unit", "one unit for all losses", f"mixed units: {', '.join(units)}")
    if "" in units:
        raise BadInput.of("runs.unit", "the unit of the losses", "empty cells")
    return next(iter(units), DEFAULT_UNIT)


def _runs(values: dict[str, Array], labels: Mapping[str, npt.NDArray[np.str_]], **facts: Any) -> Runs:
    """The columns in their places, and what follows from them; raises where they contradict each other."""
    size = _size(values)
    sparsity = _sparsity(values)
    unknown = np.full(len(sparsity), np.nan)
    runs = Runs(
        values[size],
        values.get("tokens", unknown),
        sparsity,
        values["loss"],
        extra={name: values[name] for name in EXTRAS if name in values},
        about={name: values[name] for name in (*FACTS, "flops", *SIZES) if name in values and name != size},
        labels=labels,
        count=None if size == "n" else Count(size),
        **facts,
    )
    if "tokens" not in values:
        runs = replace(runs, tokens=values["flops"] / (6.0 * runs.n_active))
    _refuse_mixed(runs)
    return runs


def _refuse_mixed(runs: Runs) -> None:
    mistakes = mixed_counts(runs.n_active, runs.tokens, runs.flops)
    points = [*runs.inputs, *runs.extra.values()]
    settings = [
        runs.about[name] for name in FACTS if name in runs.about
    ]  # a sweep hides what each of them shows
    mistakes += mixed_units(points, runs.loss) or mixed_units([*points, *settings], runs.loss)
    if mistakes:
        raise BadInput(mistakes)


def _size(values: Mapping[str, Array]) -> str:
    """The field N is read from: with experts the active parameters, else the most there are."""
    order = [Count.ACTIVE, *Count] if "experts" in values and "sparsity" not in values else [*Count]
    return next((str(name) for name in order if name in values), "n")


def _sparsity(values: Mapping[str, Array]) -> Array:
    """S as stated, from the experts of top-1 routing, or from two sizes; 0 where nothing tells."""
    if "sparsity" not in values and "experts" in values:
        return 1.0 - 1.0 / values["experts"]
    part = next((name for name in (Count.ACTIVE, Count.NONZERO) if name in values), None)
    if part is None or Count.TOTAL not in values:
        return values.get("sparsity", np.zeros(len(values["loss"])))
    active, total = values[part], values[Count.TOTAL]
    if "sparsity" not in values:
        _refuse_more_than_all(part, active, total)
        return 1.0 - active / total
    mistakes = sparsity_mistakes(values["sparsity"], active, total)
    if mistakes:
        raise BadInput(mistakes)
    return values["sparsity"]


def _refuse_more_than_all(part: Count, active: Array, total: Array) -> None:
    rows = np.flatnonzero(active > total)[:20]
    if len(rows):
        raise BadInput(
            Mistake(f"runs.{part}, row {row + 1}", f"at most n_total = {total[row]:g}", f"{active[row]:g}")
            for row in rows
        )
