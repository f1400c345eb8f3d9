"""A loss curve from a CSV file: columns by name, every flaw named by its row.

A curve is one pass over rising steps or tokens. A restart from a checkpoint, a gap, a loss that is no number
are flaws of the file, not of the forecast: they are refused, each with one line.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from objectives.curves.curve import LEAST, Curve
from objectives.curves.schedule import Schedule
from objectives.laws.law import Array
from objectives.run_columns import Domain
from objectives.run_table import RunTable, read_table
from spaces.errors import BadInput, Mistake, Mistakes

FIELDS = ("step", "tokens", "loss", "learning_rate")
ALIASES = {
    "learning_rate": ("learning_rate", "lr"),
    "step": ("step", "steps"),
    "tokens": ("tokens",),
    "loss": ("loss",),
}
"""Names of columns that need no mapping."""
MOST = 20
"""Flaws of one kind that are named one by one."""
GAP, GAP_SHARE = 5.0, 0.05
"""An interval is a gap if it is so many times each of its neighbours, and such a share of the curve."""
TOLERANCE = 0.02
"""Relative difference between a schedule and the logged rate that rounding and counting from 0 explain."""
RATIO = 0.01
"""Relative change of the tokens per step above which they do not belong together."""
_POSITIVE = Domain("a positive finite number", lambda x: (x > 0) & np.isfinite(x))
_TIME = Domain("a finite number of at least 0", lambda x: (x >= 0) & np.isfinite(x))
_DOMAINS = {"loss": _POSITIVE, "step": _TIME, "tokens": _TIME, "learning_rate": _TIME}


def read_curve(path: Path, columns: Mapping[str, str] | None = None, *, least: int = LEAST) -> Curve:
    """The curve in a CSV file, plain or gzip; time is in steps where there are any, else in tokens.

    Args:
        path: the file.
        columns: field -> column, for names that differ.
        least: rows a curve must have.

    Raises:
        BadInput: the file cannot be read; a column is missing; a cell is no number; rows are out of order,
            lack a stretch, or are too few.
    """
    table = read_table(path, "curve")
    chosen = _chosen(table, columns or {})
    found = Mistakes()
    numbers: dict[str, Array] = {}
    for field, column in chosen.items():
        numbers[field], mistakes = table.numbers(field, column, _DOMAINS[field])
        found.all += mistakes
    found.settle()
    time_field = "step" if "step" in chosen else "tokens"
    found.all += _order(numbers[time_field], chosen[time_field])
    found.settle()
    found.all += _too_few(len(table), least) + _gaps(numbers[time_field], chosen[time_field])
    per_step, mistakes = _tokens_per_step(numbers, chosen)
    found.all += mistakes
    found.settle()
    unit = "steps" if time_field == "step" else "tokens"
    rate = numbers.get("learning_rate")
    return Curve(numbers[time_field], numbers["loss"], unit, rate, per_step, path.stem)


def schedule_mistakes(curve: Curve, schedule: Schedule) -> list[Mistake]:
    """Rows whose logged rate is not the schedule's, beyond rounding; warm-up rows are not compared."""
    if curve.rate is None:
        return []
    expected = schedule.rate(curve.time)
    off = np.abs(curve.rate - expected) > TOLERANCE * schedule.peak
    rows = np.flatnonzero(off & (curve.time > schedule.warmup))
    mistakes = [
        Mistake(
            f"curve.learning_rate, row {row + 1}",
            f"{expected[row]:.4g}, as in the schedule {schedule.kind}",
            f"{curve.rate[row]:.4g}",
        )
        for row in rows[:3]
    ]
    return mistakes + _more(rows[3:], "curve.learning_rate", "the rate of the schedule")


def _chosen(table: RunTable, given: Mapping[str, str]) -> dict[str, str]:
    """Field -> column for everything the table has."""
    chosen = {}
    for field in FIELDS:
        names = (given[field],) if field in given else ALIASES[field]
        there = [name for name in names if name in table.header]
        if there:
            chosen[field] = there[0]
        elif field in given:
            expected = f"a column of the table ({', '.join(table.header[:12])})"
            raise BadInput.of(f"columns.{field}", expected, given[field])
    mistakes = []
    if "loss" not in chosen:
        mistakes.append(Mistake("columns.loss", "a column of losses", ", ".join(table.header[:12])))
    if not {"step", "tokens"} & set(chosen):
        mistakes.append(Mistake("columns", "a column of steps or of tokens", ", ".join(table.header[:12])))
    repeated = [column for column in chosen.values() if table.header.count(column) > 1]
    mistakes += [Mistake(f"curve.{column}", "one column of this name", "several") for column in repeated]
    if mistakes:
        raise BadInput(mistakes)
    return chosen


def _order(time: Array, column: str) -> list[Mistake]:
    """Rows that do not come after the row before: a restart, a repeated row, or rows out of order."""
    back = np.flatnonzero(np.diff(time) <= 0) + 1
    mistakes = [
        Mistake(
            f"curve.{column}, row {row + 1}",
            f"more than {time[row - 1]:g}, the row before (one pass, without what was run again)",
            f"{time[row]:g}",
        )
        for row in back[:MOST]
    ]
    return mistakes + _more(back[MOST:], f"curve.{column}", "rising")


def _gaps(time: Array, column: str) -> list[Mistake]:
    """Stretches without a row where the rows around stand much closer."""
    steps = np.diff(time)
    if len(steps) < 3:
        return []
    around = np.maximum(np.append(steps[1:], 0.0), np.insert(steps[:-1], 0, 0.0))
    rows = np.flatnonzero((steps > GAP * around) & (steps > GAP_SHARE * time[-1])) + 1
    return [
        Mistake(
            f"curve.{column}, row {row + 1}",
            f"no gap (rows around are {around[row - 1]:g} apart)",
            f"{time[row]:g} after {time[row - 1]:g}",
        )
        for row in rows[:MOST]
    ]


def _too_few(rows: int, least: int) -> list[Mistake]:
    return [Mistake("curve", f"at least {least} rows", str(rows))] if rows < least else []


def _tokens_per_step(
    numbers: Mapping[str, Array], chosen: Mapping[str, str]
) -> tuple[float | None, list[Mistake]]:
    """The constant ratio of tokens to steps; None without both."""
    if not {"step", "tokens"} <= set(chosen):
        return None, []
    step, tokens = numbers["step"], numbers["tokens"]
    ratio = tokens[step > 0] / step[step > 0]
    middle = float(np.median(ratio))
    off = np.flatnonzero(step > 0)[np.abs(ratio - middle) > RATIO * middle]
    mistakes = [
        Mistake(
            f"curve.{chosen['tokens']}, row {row + 1}",
            f"{middle:g} tokens a step, as in most rows",
            f"{tokens[row]:g} after {step[row]:g} steps",
        )
        for row in off[:3]
    ]
    return middle, mistakes + _more(off[3:], f"curve.{chosen['tokens']}", "the same tokens a step")


def _more(
    rows: Sequence[int] | np.ndarray[tuple[int, ...], np.dtype[np.intp]], field: str, expected: str
) -> list[Mistake]:
    return [Mistake(f"{field}, {len(rows)} further rows", expected, "other values")] if len(rows) else []
