"""The picture of what trials reported: whole curves, those that were stopped, and the best."""

from collections.abc import Mapping, Sequence
from typing import Any

from runners.documents.canvas import BLUE, GREEN, ORANGE, figure, log, svg

WAYS = {"done": (BLUE, "to the end"), "pruned": (ORANGE, "stopped"), "best": (GREEN, "best")}


def reported_curves(curves: Sequence[Mapping[str, Any]], best: int | None, metric: str) -> str:
    """Values on the way against steps.

    Args:
        curves: as in a report's account of pruning.
        best: number of the best trial.
        metric: what is minimised.
    """
    drawn, axes = figure("Values on the way")
    axes.set_xlabel("step")
    axes.set_ylabel(metric)
    named: set[str] = set()
    for curve in sorted(curves, key=lambda each: each["number"] == best):
        way = "best" if curve["number"] == best else curve["state"]
        if way not in WAYS:
            continue
        colour, label = WAYS[way]
        width = 2.0 if way == "best" else 0.8
        axes.plot(
            curve["steps"], curve["values"], color=colour, lw=width, label=None if way in named else label
        )
        named.add(way)
    if all(step > 0 for curve in curves for step in curve["steps"]):
        log(axes, "x", "{:g}".format)
    axes.legend()
    return svg(drawn)
