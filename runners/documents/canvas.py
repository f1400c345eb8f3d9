"""What all pictures share: colours, axes and SVG text. The only module that imports the drawing library.

Colours are those of Okabe and Ito, told apart by people who do not see red and green. The same input gives
the same bytes, so a picture can be compared and cached.
"""

import io
from collections.abc import Callable
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

__all__ = ["Axes", "Figure", "figure", "log", "panels", "shades", "svg", "tones"]

BLUE, ORANGE, GREEN, PINK, GREY, PALE = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#999999", "#D9DEE3"
STYLE: Any = {
    "svg.hashsalt": "scalesearch",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
}


def figure(title: str, *, margin: float = 0.0) -> tuple[Figure, Axes]:
    """One pair of axes under a title; `margin` is the share of the width left free on the right."""
    with mpl.rc_context(STYLE):
        drawn = Figure(figsize=(6.2, 4.0))
        axes = drawn.add_axes((0.12, 0.13, 0.85 - margin, 0.78))
        axes.set_title(title)
    return drawn, axes


def panels(count: int, *, wide: float = 9.5, shared: bool = False) -> tuple[Figure, list[Axes]]:
    """So many pairs of axes side by side; `shared` gives them one vertical axis."""
    with mpl.rc_context(STYLE):
        drawn = Figure(figsize=(wide, 3.2))
        grid = {"left": 0.07, "right": 0.99, "bottom": 0.16}
        axes = drawn.subplots(1, count, gridspec_kw=grid, sharey=shared, squeeze=False)
    return drawn, list(np.ravel(axes))


def log(axes: Axes, which: Literal["x", "y"], text: Callable[[float], str]) -> None:
    """A log scale whose decades are labelled in plain text."""
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    axis.set_minor_formatter(NullFormatter())


def shades(
    drawn: Figure, axes: Axes, x: npt.ArrayLike, y: npt.ArrayLike, by: npt.ArrayLike, label: str
) -> None:
    """Points coloured by a third quantity, with its scale in the margin on the right."""
    points = axes.scatter(x, y, c=by, s=14, cmap="viridis", zorder=2)
    with mpl.rc_context(STYLE):
        scale = drawn.add_axes((axes.get_position().x1 + 0.02, 0.13, 0.02, 0.78))
        drawn.colorbar(points, cax=scale).set_label(label)


def tones(number: int) -> list[tuple[float, ...]]:
    """So many colours in order, from dark to light."""
    return [tuple(mpl.colormaps["viridis"](share)) for share in np.linspace(0.0, 0.85, number)]


def svg(drawn: Figure) -> str:
    """The figure as an SVG element, without the XML prologue, so that it can stand inside HTML."""
    text = io.StringIO()
    with mpl.rc_context(STYLE):
        drawn.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    whole = text.getvalue()
    return whole[whole.index("<svg") :]
