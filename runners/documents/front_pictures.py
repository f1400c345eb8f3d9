"""The pictures of searches over several objectives, each an SVG text."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from runners.documents.canvas import BLUE, GREY, PALE, Axes, figure, panels, svg

Array = npt.NDArray[np.float64]

MOST_PANELS = 3
"""Pairs of objectives that are drawn."""
NAMED = 6
"""Curves that are told apart by name."""


def front(name: str, found: Mapping[str, Any]) -> str:
    """All trials of a search and its front: two objectives, or pairs of three and more.

    Args:
        name: of the search.
        found: its front as in a report.
    """
    pairs = list(combinations(range(len(found["objectives"])), 2))[:MOST_PANELS]
    if len(pairs) == 1:
        drawn, axes = figure(f"Front of {name}")
        _pair(axes, found, pairs[0], joined=True)
        axes.legend()
    else:
        drawn, several = panels(len(pairs))
        for axes, pair in zip(several, pairs, strict=True):
            _pair(axes, found, pair, joined=False)
        several[0].legend()
    return svg(drawn)


def growth(searches: Sequence[Mapping[str, Any]]) -> str:
    """Hypervolume against the number of outcomes.

    Args:
        searches: as in a report, each with a front; those of other aims have another unit.
    """
    drawn, axes = figure("Hypervolume")
    axes.set_xlabel("evaluations")
    axes.set_ylabel("hypervolume")
    many = len(searches) > NAMED
    for search in searches:
        steps, went = search["front"]["growth"], search["search"]
        x = [0, *(step["outcomes"] for step in steps), went["done"] + went["failed"]]
        y = [0.0, *(step["volume"] for step in steps)]
        style = {"color": BLUE, "alpha": 0.3, "lw": 0.8} if many else {"label": search["name"]}
        axes.step(x, [*y, y[-1]], where="post", **style)
    if not many:
        axes.legend()
    return svg(drawn)


def _pair(axes: Axes, found: Mapping[str, Any], pair: tuple[int, int], *, joined: bool) -> None:
    """Two objectives; a front of two is joined by the edge of what it beats, up to the reference."""
    a, b = (found["objectives"][number] for number in pair)
    points = np.array([[row[number] for number in pair] for row in found["points"]])
    axes.scatter(points[:, 0], points[:, 1], s=12, color=PALE, label="trials")
    best = np.array([[trial["metrics"][aim["metric"]] for aim in (a, b)] for trial in found["trials"]])
    if joined:
        axes.plot(*_edge(best, a, b).T, color=GREY, lw=0.8)
    axes.scatter(best[:, 0], best[:, 1], s=16, color=BLUE, label="front", zorder=3)
    axes.set_xlabel(f"{a['metric']} ({a['sense']})")
    axes.set_ylabel(f"{b['metric']} ({b['sense']})")


def _edge(best: Array, a: Mapping[str, Any], b: Mapping[str, Any]) -> Array:
    """The edge of what a front beats; `best` is in order of the first objective, best first."""
    below = [row for row in best.tolist() if _beats(row[0], a) and _beats(row[1], b)]
    if not below:
        return np.empty((0, 2))
    corners = [[below[0][0], b["reference"]]]
    for row, following in zip(below, [*below[1:], [a["reference"], None]], strict=True):
        corners += [row, [following[0], row[1]]]
    return np.array(corners)


def _beats(value: float, aim: Mapping[str, Any]) -> bool:
    """Whether a value is better than the reference."""
    limit: float = aim["reference"]
    return value > limit if aim["sense"] == "maximised" else value < limit
