"""The pictures of a forecast from positions, each an SVG text."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from runners.documents.canvas import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PALE,
    PINK,
    Axes,
    figure,
    log,
    panels,
    svg,
    tones,
)
from runners.documents.document import Section
from runners.documents.quantities import count

Record = Mapping[str, Any]

COLOURS = (ORANGE, GREEN, PINK)
NAMES = ("a0", "a1", "a2")


def illustrations(record: Record) -> dict[str, list[Section]]:
    """Picture sections by the part of the report they belong to."""
    return {
        "forecast": [
            Section(
                "Mean loss and forecast",
                ("Dots were seen, rings were measured later; the band is the interval of the temporal law.",),
                picture=mean_loss(record),
                level=3,
            )
        ],
        "temporal": [
            Section(
                "The coefficients over trained tokens",
                ("Bars are standard errors, dashed lines the chosen curves from the last checkpoint on.",),
                picture=coefficients(record),
                level=3,
            )
        ],
        "positions": [
            Section(
                "Loss across positions",
                ("Dots are measured, lines the law; darker is earlier.",),
                picture=across_positions(record),
                level=3,
            )
        ],
    }


def mean_loss(record: Record) -> str:
    """The mean loss against tokens, its forecasts and the interval."""
    drawn, axes = figure("Mean loss and forecast")
    log(axes, "x", count)
    seen = record["checkpoints"]
    axes.plot([each["tokens"] for each in seen], [each["loss"] for each in seen], "o", ms=3.5, color=BLUE)
    tokens, loss, ends = _joined(record, record["forecast"])
    axes.fill_between(tokens, ends[:, 0], ends[:, 1], color=PALE, zorder=0, label="interval")
    axes.plot(tokens, loss, color=BLUE, label="temporal law")
    for colour, each in zip(COLOURS, record["baselines"], strict=True):
        axes.plot(*_joined(record, each["ahead"])[:2], color=colour, lw=1, ls="--", label=each["name"])
    _measured(axes, record)
    axes.set(xlabel="trained tokens", ylabel="mean loss (nats/token)")
    _limit(axes, record)
    axes.legend(frameon=False, fontsize=8)
    return svg(drawn)


def coefficients(record: Record) -> str:
    """The coefficients a0, a1 and a2 at every checkpoint and as forecast, a panel each."""
    drawn, three = panels(3)
    seen = record["checkpoints"]
    tokens = np.array([each["tokens"] for each in seen])
    ahead = np.array([each["tokens"] for each in record["forecast"]])
    for number, (name, axes) in enumerate(zip(NAMES, three, strict=True)):
        log(axes, "x", count)
        values = np.array([each[name] for each in seen])
        errors = np.array(
            [np.nan if each["errors"][number] is None else each["errors"][number] for each in seen]
        )
        told = errors < np.abs(values)
        axes.errorbar(tokens[told], values[told], errors[told], fmt="o", ms=3, color=BLUE, ecolor=GREY, lw=1)
        future = [each["quantities"][number] for each in record["forecast"]]
        axes.plot([tokens[-1], *ahead], [values[-1], *future], color=ORANGE, ls="--")
        axes.set(title=f"{name}: {record['choice']['families'][name]}", xlabel="trained tokens")
    return svg(drawn)


def across_positions(record: Record) -> str:
    """Measured losses and the law's curves over positions, at a few checkpoints."""
    drawn, axes = figure("Loss across positions")
    curves = record["curves"]
    indices = np.array(curves["indices"]) + (1 - record["first_position"])
    log(axes, "x", lambda value: f"{value:g}")
    for colour, tokens, losses, law in zip(
        tones(len(curves["tokens"])), curves["tokens"], curves["losses"], curves["law"], strict=True
    ):
        axes.plot(indices, losses, ".", ms=2, color=colour)
        axes.plot(indices, law, color=colour, label=f"{count(tokens)} tokens")
    axes.set(xlabel="position, the first is 1", ylabel="loss (nats/token)")
    axes.legend(frameon=False, fontsize=8)
    return svg(drawn)


def _joined(record: Record, ahead: list[Record]) -> tuple[Any, Any, Any]:
    """Tokens, losses and intervals from the last checkpoint on."""
    last = record["last"]
    tokens = np.array([last["tokens"], *(each["tokens"] for each in ahead)])
    loss = np.array([last["loss"], *(each["loss"] for each in ahead)])
    ends = np.array([[last["loss"]] * 2, *(each["interval"] for each in ahead)])
    return tokens, loss, ends


def _measured(axes: Axes, record: Record) -> None:
    known = [each for each in record["forecast"] if each["measured"] is not None]
    if known:
        where = [each["tokens"] for each in known], [each["measured"] for each in known]
        axes.plot(*where, "o", ms=4, mfc="none", color=BLUE, label="measured later")


def _limit(axes: Axes, record: Record) -> None:
    """The later checkpoints and the forecast; a wild interval or the first losses may leave the picture."""
    seen = [each["loss"] for each in record["checkpoints"][len(record["checkpoints"]) // 3 :]]
    known = [each["measured"] or each["loss"] for each in record["forecast"]]
    low, high = min(*seen, *known), max(*seen, *known)
    axes.set_ylim(low - 0.35 * (high - low), high + 0.1 * (high - low))
