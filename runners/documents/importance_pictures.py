"""Curves of partial dependence, drawn."""

from collections.abc import Mapping
from typing import Any

from runners.documents.canvas import BLUE, Axes, log, panels, svg
from runners.documents.quantities import count

MOST = 4
"""Parameters drawn, the most important first."""
DECADES = 50.0
"""Ratio of the ends of a parameter's values above which its axis is logarithmic."""


def dependence(search: Mapping[str, Any]) -> str:
    """What a model expects over each parameter of a search, with its band.

    Args:
        search: as in a report, with effects.
    """
    effects = search["importance"]["effects"][:MOST]
    drawn, axes = panels(len(effects), shared=True)
    axes[0].set_ylabel(f"{search['metric']} expected")
    for each, effect in zip(axes, effects, strict=True):
        each.set_title(f"{effect['name']} ({effect['total']:.0%})")
        _curve(each, effect["curve"])
    return svg(drawn)


def _curve(axes: Axes, curve: Mapping[str, Any]) -> None:
    values = curve["values"]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        axes.plot(values, curve["expected"], color=BLUE)
        axes.fill_between(values, curve["low"], curve["high"], color=BLUE, alpha=0.2, lw=0)
        if values and min(values) > 0 and max(values) / min(values) > DECADES:
            log(axes, "x", count)
        return
    middle = curve["expected"]
    below = [m - low for m, low in zip(middle, curve["low"], strict=True)]
    above = [high - m for m, high in zip(middle, curve["high"], strict=True)]
    axes.errorbar([str(value) for value in values], middle, [below, above], fmt="o", color=BLUE, capsize=3)
