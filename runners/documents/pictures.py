"""The pictures of a job's report, each an SVG text."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from objectives.budget import Budget
from objectives.exact import Box
from objectives.law_objectives import most_tokens
from objectives.laws.law import Array, Law
from runners.documents.canvas import BLUE, GREEN, GREY, ORANGE, Axes, figure, log, panels, svg
from runners.documents.quantities import count, flops
from search.report import outcomes

POINTS = 160
NAMED = 6
"""Curves that are told apart by name."""
SPARSITIES = (0.0, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995)
"""Ticks of a sparsity axis."""


def loss_surface(law: Law, budget: Budget, box: Box, answer: Mapping[str, Any]) -> str:
    """Loss over N and S along the budget curve, with the optimum and the waste band at its sparsity.

    For a law without sparsity, and where the sparsity is fixed, it is the curve of loss against N.

    Args:
        law: any law.
        budget: its FLOPs and caps.
        box: the search space's own bounds; nothing outside them is drawn.
        answer: the `optimum` and `waste` of a plan (`objectives.plan`), as plain dictionaries.
    """
    best = answer["optimum"]
    n = _sizes(best["n"], 300, box)
    bottom, top = _sparsities(law, budget, box, best)
    drawn, axes = figure(f"Loss at {budget.flops:.3g} FLOPs, {law.family} ({law.name})")
    log(axes, "x", count)
    axes.set_xlabel(f"{law.count.value} (the budget's tokens)")
    bands = list(zip(sorted(answer["waste"].items()), (9, 5), strict=True))
    if bottom == top:
        height = best["loss"]
        _curve(axes, law, budget, n, best)
        for (share, band), _ in bands:
            axes.axvspan(*band["n"], color=GREEN, alpha=0.2, label=f"wastes at most {share}")
    else:
        height = float(depth(best["sparsity"]))
        _surface(axes, law, budget, n, (bottom, top), **_extra(best))
        for (share, band), width in bands:
            axes.plot(
                band["n"], [height] * 2, color=GREEN, lw=width, alpha=0.4, label=f"wastes at most {share}"
            )
    axes.plot([best["n"]], [height], "*", color=ORANGE, markersize=13, label=f"optimum {count(best['n'])}")
    axes.legend(loc="lower left")
    return svg(drawn)


def depth(s: npt.ArrayLike) -> Array:
    """-ln(1-S): an axis of sparsity on which each halving of the active share is one step."""
    return -np.log1p(-np.asarray(s, dtype=np.float64))


def convergence(searches: Sequence[Mapping[str, Any]]) -> str:
    """Best value so far against the number of outcomes; as regret on a log scale where all optima are known.

    Args:
        searches: as in a report, each with at least one improvement; with more than `NAMED` they are drawn
            faintly and without names.
    """
    drawn, axes = figure("Convergence")
    axes.set_xlabel("evaluations")
    optima = [search["certified"] or search.get("enumerated") for search in searches]
    exact = all(optima)
    if exact:
        log(axes, "y", "{:.0e}".format)
    bound = any(optimum and optimum.get("bound") for optimum in optima)
    reference = "certified bound" if bound else "certified optimum"
    axes.set_ylabel(f"best so far minus {reference}" if exact else "best value so far")
    many = len(searches) > NAMED
    for search, optimum in zip(searches, optima, strict=True):
        steps = search["search"]["convergence"]
        x = [step["outcomes"] for step in steps] + [outcomes(search["search"])]
        y = np.array([step["value"] for step in steps] + [steps[-1]["value"]])
        if exact:
            y = np.maximum(y - _lowest(optimum), 1e-16)
        style = {"color": BLUE, "alpha": 0.3, "lw": 0.8} if many else {"label": search["name"]}
        axes.step(x, y, where="post", **style)
    if not many:
        axes.legend()
    return svg(drawn)


def _lowest(optimum: Mapping[str, Any] | None) -> float:
    """The value of a certified optimum, or of the best of all configurations."""
    assert optimum is not None  # drawn as regret only where all are known
    return float(optimum["value"] if "value" in optimum else optimum["optimum"]["loss"])


def isoflop(law: Law, box: Box, curves: Sequence[Mapping[str, Any]]) -> str:
    """Loss against N at several budgets, each at its optimal sparsity, and the path of the optima.

    Args:
        law: any law.
        box: the search space's own bounds; nothing outside them is drawn.
        curves: optima of growing budgets as plain dictionaries (`n`, `sparsity`, `loss`, `flops`, `extra`).
    """
    drawn, axes = figure(f"IsoFLOP curves, {law.family} ({law.name})")
    log(axes, "x", count)
    axes.set_xlabel(law.count.value)
    axes.set_ylabel(f"loss ({law.unit})")
    for shade, best in zip(np.linspace(0.35, 1.0, len(curves)), curves, strict=True):
        n = _sizes(best["n"], 30, box)
        budget = Budget(best["flops"])
        axes.plot(
            n, _along(law, budget, n, best), color=BLUE, alpha=shade, label=f"{best['flops']:.2g} FLOPs"
        )
    axes.plot([b["n"] for b in curves], [b["loss"] for b in curves], "o--", color=ORANGE, label="optimum")
    axes.legend()
    return svg(drawn)


def policy(rows: Sequence[Mapping[str, Any]]) -> str:
    """N*(C), D*(C) and S*(C) of a sweep: what was found, over the budgets.

    Args:
        rows: one for each search, with `flops`, `n_active`, `tokens`, `sparsity` and a `label`.
    """
    drawn, three = panels(3)
    for axes, name in zip(three, ("n_active", "tokens", "sparsity"), strict=True):
        for number, label in enumerate(dict.fromkeys(row["label"] for row in rows)):
            mine = sorted((row["flops"], row[name]) for row in rows if row["label"] == label)
            axes.plot(*zip(*mine, strict=True), "o-", markersize=3, color=f"C{number}", label=label)
        log(axes, "x", flops)
        axes.set_xlabel("training FLOPs")
        axes.set_title(name)
        if name != "sparsity":
            log(axes, "y", count)
    three[0].legend()
    return svg(drawn)


def _curve(axes: Axes, law: Law, budget: Budget, n: Array, best: Mapping[str, Any]) -> None:
    loss = _along(law, budget, n, best)
    axes.plot(n, loss, color=BLUE)
    axes.set_ylabel(f"loss ({law.unit})")
    low = float(np.nanmin(loss))
    axes.set_ylim(low - 0.02 * low, min(float(np.nanmax(loss)), low * 1.6))


def _surface(
    axes: Axes, law: Law, budget: Budget, n: Array, ends: tuple[float, float], **extra: float
) -> None:
    s = -np.expm1(-np.linspace(depth(ends[0]), depth(ends[1]), POINTS))
    sizes, sparsities = np.meshgrid(n, s)
    loss = law.loss(sizes, _tokens(law, budget, sizes, sparsities, **extra), sparsities, **extra)
    levels = float(np.nanmin(loss)) * np.geomspace(1.0005, 2.0, 14)
    contours = axes.contour(n, depth(s), loss, levels=levels, colors=BLUE, linewidths=0.8)
    axes.clabel(contours, fontsize=7)
    if budget.max_total_params is not None:
        beyond = law.n_total(sizes, sparsities) > budget.max_total_params
        axes.contourf(n, depth(s), beyond, levels=[0.5, 1.5], colors=GREY, alpha=0.25)
        axes.plot([], [], color=GREY, linewidth=7, alpha=0.25, label="above the cap on total parameters")
    ticks = [tick for tick in SPARSITIES if ends[0] <= tick <= ends[1]]
    axes.set_yticks(depth(ticks), [f"{tick:g}" for tick in ticks])
    axes.set_ylabel("sparsity")


def _sizes(n: float, reach: float, box: Box) -> Array:
    """Sizes around an optimum, within the space; where that holds one size, as if it held all."""
    low, high = n / reach, n * reach
    if box.n is not None and box.n[0] < box.n[1]:
        low, high = max(low, box.n[0]), min(high, box.n[1])
    return np.geomspace(low, high, POINTS)


def _sparsities(law: Law, budget: Budget, box: Box, best: Mapping[str, Any]) -> tuple[float, float]:
    """Ends of the sparsity axis, equal where there is nothing to show along it."""
    if budget.sparsity is not None:
        return budget.sparsity, budget.sparsity
    low, high = box.sparsity or (0.0, law.max_sparsity)
    cap = 0.99 if budget.max_sparsity is None else budget.max_sparsity
    beyond = max(0.5, 1.0 - (1.0 - float(best["sparsity"])) / 4.0)
    return low, max(low, min(law.max_sparsity, high, cap, beyond))


def _extra(best: Mapping[str, Any]) -> dict[str, float]:
    """The extra input of an optimum; one that is unlimited is the law's default."""
    return {name: value for name, value in best["extra"].items() if value is not None}


def _along(law: Law, budget: Budget, n: Array, best: Mapping[str, Any]) -> Array:
    """Loss on the budget curve at the sparsity and extra input of an optimum."""
    s = np.full(n.shape, best["sparsity"])
    extra = _extra(best)
    return law.loss(n, _tokens(law, budget, n, s, **extra), s, **extra)


def _tokens(law: Law, budget: Budget, n: Array, s: Array, **extra: float) -> Array:
    tokens = budget.flops / law.flops_per_token(n, s, **extra)
    return np.minimum(tokens, most_tokens(law, budget))
