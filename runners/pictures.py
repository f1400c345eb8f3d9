"""The report's pictures, each an SVG text: the only module that draws.

Colours are those of Okabe and Ito, told apart by people who do not see red and green. The same input gives
the same bytes, so a picture can be compared and cached.
"""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from objectives.budget import Budget
from objectives.laws.law import Array, Law
from runners.quantities import count

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#999999"
STYLE: Any = {
    "svg.hashsalt": "scalesearch",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
}
POINTS = 160


def loss_surface(law: Law, budget: Budget, answer: Mapping[str, Any]) -> str:
    """Loss over N and S along the budget curve, with the optimum and the waste band.

    For a law without sparsity, and where the sparsity is fixed, it is the curve of loss against N.

    Args:
        law: any law.
        budget: its FLOPs and caps.
        answer: the `optimum` and `waste` of a plan (`objectives.plan`), as plain dictionaries.
    """
    best = answer["optimum"]
    n = np.geomspace(best["n"] / 300, best["n"] * 300, POINTS)
    top = _top_sparsity(law, budget, best)
    figure, axes = _figure(f"Loss at {budget.flops:.3g} FLOPs, {law.family} ({law.name})")
    axes.set_xscale("log")
    axes.set_xlabel(f"{law.count.value} (the budget's tokens)")
    if top == 0.0:
        _curve(axes, law, budget, n, best)
    else:
        _surface(axes, law, budget, n, top)
    for share, band in sorted(answer["waste"].items(), reverse=True):
        axes.axvspan(band["n"][0], band["n"][1], color=GREEN, alpha=0.15, label=f"wastes at most {share}")
    where = best["loss"] if top == 0.0 else best["sparsity"]
    axes.plot([best["n"]], [where], "*", color=ORANGE, markersize=13, label=f"optimum {count(best['n'])}")
    axes.legend(loc="upper right")
    return _svg(figure)


def convergence(steps: Sequence[Mapping[str, Any]], outcomes: int, certified: float | None) -> str:
    """Best value so far against the number of outcomes; as regret on a log scale where the optimum is known.

    Args:
        steps: improvements in order, each with `outcomes` and `value` (`search.report.Improvement`).
        outcomes: how many outcomes there were in all.
        certified: the exact optimum, if the objective has one.
    """
    figure, axes = _figure("Convergence")
    x = [step["outcomes"] for step in steps] + [outcomes]
    y = np.array([step["value"] for step in steps] + [steps[-1]["value"]])
    axes.set_xlabel("evaluations")
    if certified is None:
        axes.set_ylabel("best value so far")
    else:
        y = np.maximum(y - certified, 1e-16)
        axes.set_yscale("log")
        axes.set_ylabel("best so far minus certified optimum")
    axes.step(x, y, where="post", color=BLUE)
    return _svg(figure)


def isoflop(law: Law, curves: Sequence[Mapping[str, Any]]) -> str:
    """Loss against N at several budgets, each at its optimal sparsity, and the path of the optima.

    Args:
        law: any law.
        curves: optima of growing budgets as plain dictionaries (`n`, `sparsity`, `loss`, `flops`, `extra`).
    """
    figure, axes = _figure(f"IsoFLOP curves, {law.family} ({law.name})")
    axes.set_xscale("log")
    axes.set_xlabel(law.count.value)
    axes.set_ylabel(f"loss ({law.unit})")
    for shade, best in zip(np.linspace(0.35, 1.0, len(curves)), curves, strict=True):
        n = np.geomspace(best["n"] / 30, best["n"] * 30, POINTS)
        budget = Budget(best["flops"])
        axes.plot(
            n, _along(law, budget, n, best), color=BLUE, alpha=shade, label=f"{best['flops']:.2g} FLOPs"
        )
    axes.plot([b["n"] for b in curves], [b["loss"] for b in curves], "o--", color=ORANGE, label="optimum")
    axes.legend()
    return _svg(figure)


def policy(rows: Sequence[Mapping[str, Any]]) -> str:
    """N*(C), D*(C) and S*(C) of a sweep: what was found, over the budgets.

    Args:
        rows: one for each search, with `flops`, `n_active`, `tokens`, `sparsity` and a `label`.
    """
    figure = Figure(figsize=(9.5, 3.2), layout="constrained")
    panels = figure.subplots(1, 3)
    for axes, name in zip(panels, ("n_active", "tokens", "sparsity"), strict=True):
        for number, label in enumerate(dict.fromkeys(row["label"] for row in rows)):
            mine = sorted((row["flops"], row[name]) for row in rows if row["label"] == label)
            axes.plot(*zip(*mine, strict=True), "o-", markersize=3, color=f"C{number}", label=label)
        axes.set_xscale("log")
        axes.set_xlabel("training FLOPs")
        axes.set_title(name)
        if name != "sparsity":
            axes.set_yscale("log")
    panels[0].legend()
    return _svg(figure)


def _curve(axes: Axes, law: Law, budget: Budget, n: Array, best: Mapping[str, Any]) -> None:
    loss = _along(law, budget, n, best)
    axes.plot(n, loss, color=BLUE)
    axes.set_ylabel(f"loss ({law.unit})")
    low = float(np.nanmin(loss))
    axes.set_ylim(low - 0.02 * low, min(float(np.nanmax(loss)), low * 1.6))


def _surface(axes: Axes, law: Law, budget: Budget, n: Array, top: float) -> None:
    s = -np.expm1(np.linspace(0.0, math.log1p(-top), POINTS))
    sizes, sparsities = np.meshgrid(n, s)
    loss = law.loss(sizes, _tokens(law, budget, sizes, sparsities), sparsities)
    low = float(np.nanmin(loss))
    levels = low * np.geomspace(1.0005, 2.0, 14)
    contours = axes.contour(n, s, loss, levels=levels, colors=BLUE, linewidths=0.8)
    axes.clabel(contours, fontsize=7)
    axes.set_ylabel("sparsity")


def _top_sparsity(law: Law, budget: Budget, best: Mapping[str, Any]) -> float:
    """Upper end of the sparsity axis: 0 where there is nothing to show along it."""
    if law.max_sparsity == 0 or budget.sparsity is not None:
        return 0.0
    beyond = max(0.5, 1.0 - (1.0 - float(best["sparsity"])) / 4.0)
    return min(law.max_sparsity, budget.max_sparsity or 0.99, beyond)


def _along(law: Law, budget: Budget, n: Array, best: Mapping[str, Any]) -> Array:
    """Loss on the budget curve at the sparsity and extra input of an optimum."""
    s = np.full(n.shape, best["sparsity"])
    extra = best.get("extra") or {}
    return law.loss(n, _tokens(law, budget, n, s, **extra), s, **extra)


def _tokens(law: Law, budget: Budget, n: Array, s: Array, **extra: float) -> Array:
    tokens = budget.flops / law.flops_per_token(n, s, **extra)
    return np.minimum(tokens, budget.max_tokens or np.inf)


def _figure(title: str) -> tuple[Figure, Axes]:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.2, 4.0), layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
    return figure, axes


def _svg(figure: Figure) -> str:
    """The figure as an SVG element, without the XML prologue, so that it can stand inside HTML."""
    text = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    whole = text.getvalue()
    return whole[whole.index("<svg") :]
