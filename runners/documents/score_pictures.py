"""Pictures of a fitted law of MMLU: measured against predicted, and the errors of held-out families."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from runners.documents.canvas import BLUE, GREY, ORANGE, figure, shades, svg

Record = Mapping[str, Any]


def held_out(record: Record) -> str:
    """Every model at the MMLU it had and the one a fit without its family gave it, with the interval."""
    table, half = record["runs"]["table"], record["interval"]["half_width"]
    drawn, axes = figure("Measured against predicted MMLU, families held out", margin=0.12)
    ends = np.array([20.0, 100.0])
    axes.plot(ends, ends, color=GREY, lw=1, zorder=1)
    if half is not None:
        axes.fill_between(ends, ends - half, ends + half, color=BLUE, alpha=0.12, lw=0)
    size = np.log10(np.array(table["n_total"]))
    shades(drawn, axes, table["held_out"], table["mmlu"], size, "log10 of parameters")
    axes.set(xlabel="predicted MMLU", ylabel="measured MMLU", xlim=ends, ylim=ends)
    return svg(drawn)


def families(record: Record) -> str:
    """Held-out errors by family, beside those of the published law."""
    table = record["runs"]["table"]
    names = list(dict.fromkeys(table["family"]))
    place = np.array([names.index(name) for name in table["family"]], dtype=np.float64)
    measured = np.array(table["mmlu"])
    drawn, axes = figure("Errors by family")
    axes.set_position((0.2, 0.13, 0.77, 0.78))
    for column, colour, shift, label in (
        ("published", GREY, 0.15, "published law"),
        ("held_out", ORANGE, -0.15, "this law, held out"),
    ):
        axes.plot(
            np.array(table[column]) - measured, place + shift, "o", color=colour, ms=3, label=label, alpha=0.8
        )
    axes.axvline(0.0, color=GREY, lw=1)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_xlabel("predicted above measured, points")
    axes.legend(loc="upper left", fontsize=8)
    return svg(drawn)
