"""The report of `scalesearch temporal`: forecast first, then the choice, the law at each checkpoint, doubts.

A function of the record that `objectives.temporal.record` makes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from runners.documents.document import Document, Section, Table
from runners.documents.quantities import count, number, percent

Record = Mapping[str, Any]

SHOWN = 12
"""Checkpoints in the table of coefficients."""
WEAK = 0.5
"""R2 at the last checkpoint below which a0 and a1 mean little."""
UNEVEN = 0.5
"""Difference between quarters of the context, relative to the fall, that is not uniform learning."""
FOLLOWS = "+decay"


def document(record: Record, *, pictures: bool = False) -> Document:
    """The document of a forecast from positions; `pictures` draws, which Markdown does not show."""
    drawn = {name: list[Section]() for name in ("forecast", "temporal", "positions")}
    if pictures:
        from runners.documents.temporal_pictures import illustrations

        drawn = illustrations(record)
    return [
        _title(record),
        _forecast(record),
        *drawn["forecast"],
        _choice(record),
        *drawn["temporal"],
        _checkpoints(record),
        *drawn["positions"],
        _learning(record),
        Section("What is assumed, and what to doubt", table=_doubts(record)),
    ]


def _title(record: Record) -> Section:
    target, last = record["forecast"][-1], record["last"]
    low, high = target["interval"]
    law = record["law"]
    return Section(
        f"Loss by position: {record['run']} of {record['source']}",
        (
            f"{law['equation']} at each of {len(record['checkpoints'])} checkpoints, {record['positions']} "
            f"positions ({law['source']}).",
            f"Now, after {count(last['tokens'])} tokens, the mean loss is {last['loss']:.4f} {law['unit']}; "
            f"after {count(target['tokens'])} it will be {target['loss']:.4f} "
            f"({record['calibration']['level']:.0%} interval {low:.4f} to {high:.4f}).",
        ),
        level=1,
    )


def _forecast(record: Record) -> Section:
    """The temporal law beside the baselines, at the last time asked about."""
    target = record["forecast"][-1]
    known = target["measured"] is not None
    columns = (
        "forecaster",
        "mean loss",
        "interval",
        "held-out error",
        *(["off by", "inside"] if known else []),
    )
    rows = [
        _row("temporal law", target, record["choice"]["mean_error"]),
        *(_row(each["name"], each["ahead"][-1], each["error"]) for each in record["baselines"]),
        _row("last value", {**target, "loss": record["last"]["loss"], "interval": None}, None),
    ]
    text = [f"At {count(target['tokens'])} tokens."]
    if known:
        text.append(f"The table has {target['measured']:.4f} there, which no forecaster has seen.")
    return Section("Forecast", tuple(text), Table.of(columns, rows))


def _row(name: str, ahead: Record, error: float | None) -> tuple[str | None, ...]:
    """One forecaster; held-out error is that of the fits below the cuts, relative to the mean loss."""
    ends, measured = ahead["interval"], ahead["measured"]
    cells = (
        name,
        f"{ahead['loss']:.4f}",
        None if ends is None else f"{ends[0]:.4f} to {ends[1]:.4f}",
        None if error is None else percent(error),
    )
    if measured is None:
        return cells
    inside = None if ends is None else "yes" if ends[0] <= measured <= ends[1] else "no"
    return *cells, f"{100 * (ahead['loss'] / measured - 1):+.2f}%", inside


def _choice(record: Record) -> Section:
    choice = record["choice"]
    ranked = [choice, *choice["runners_up"]]
    rows = [(*each["families"].values(), percent(each["since"]), percent(each["error"])) for each in ranked]
    text = (
        f"The best of {choice['tried']} combinations that were fitted below {choice['cuts']} cuts of the "
        "checkpoints seen and held against those above. The early phase, left out, ends at a share of the "
        "tokens. t is tokens, d how far the learning rate has come down.",
        "; ".join(f"{name} = {equation}" for name, equation in choice["equations"].items()) + ".",
    )
    columns = (*choice["families"], "early phase", "held-out error")
    return Section("Curves over trained tokens", text, Table.of(columns, rows))


def _checkpoints(record: Record) -> Section:
    """The coefficients at some checkpoints and as forecast."""
    every = record["checkpoints"]
    rows = np.unique(np.linspace(len(every) - 1, 0, min(SHOWN, len(every))).round().astype(int))
    cells = [_checkpoint(every[row]) for row in rows]
    for each in record["forecast"][-1:]:
        values = [number(value) for value in each["quantities"]]
        cells.append((f"{count(each['tokens'])} (forecast)", f"{each['loss']:.4f}", *values, ""))
    columns = ("tokens", "mean loss", "a0", "a1", "a2", "R2 over positions")
    return Section("The position law at each checkpoint", table=Table.of(columns, cells))


def _checkpoint(each: Record) -> tuple[str, ...]:
    values = [
        f"{number(each[name])} ± {number(error)}" if error is not None else f"{number(each[name])} (free)"
        for name, error in zip(("a0", "a1", "a2"), each["errors"], strict=True)
    ]
    return count(each["tokens"]), f"{each['loss']:.4f}", *values, f"{each['r2']:.3f}"


def _learning(record: Record) -> Section:
    rows = [
        (
            f"{count(each['start'])} to {count(each['end'])}",
            *(f"{value:+.4f}" for value in (each["fall"], *each["quarters"])),
            f"{each['unevenness']:.2f}",
        )
        for each in record["learning"]
    ]
    columns = ("tokens", "fall of the mean loss", "first quarter", "second", "third", "last", "unevenness")
    text = (
        "How much the loss fell in each quarter of the context. Unevenness is the largest difference between "
        "quarters relative to the mean fall: 0 where all positions learn alike.",
    )
    return Section("Do all positions learn alike?", text, Table.of(columns, rows))


def _doubts(record: Record) -> Table:
    return Table.of(("before you rely on it",), [(text,) for text in doubts(record)])


def doubts(record: Record) -> Iterator[str]:
    """What is assumed, and what this very run gives reason to doubt."""
    yield from record["assumptions"]
    yield (
        "The families and the early phase are choices; the interval covers them only as far as candidates of "
        "like error disagree."
    )
    last = record["checkpoints"][-1]
    if last["r2"] < WEAK:
        yield (
            f"At the last checkpoint the law explains {percent(max(last['r2'], 0.0))} of the differences "
            "between positions: a0 and a1 mean little."
        )
    if record["learning"] and record["learning"][0]["unevenness"] > UNEVEN:
        yield "Positions did not learn alike in the last half of the tokens seen: the curve changes shape."
    decades = np.log10(record["forecast"][-1]["tokens"] / record["last"]["tokens"])
    if decades > 1:
        yield f"The forecast lies {decades:.1f} decades beyond the last checkpoint."
    if not record["learning_rate_known"]:
        yield "The table has no learning rate: a decay to come, or begun, is not in the forecast."
    elif not any(family.endswith(FOLLOWS) for family in record["choice"]["families"].values()):
        yield (
            "Nothing in the chosen curves follows the learning rate: what its decay will do to the loss is "
            "not in the forecast. --like takes it from a finished run."
        )
