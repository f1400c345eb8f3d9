"""The pictures of a fit's report, each an SVG text: what was measured, and what the law makes of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from objectives.fit.ensemble import Ensemble
from objectives.laws.law import Array
from runners.documents.answer import NAMES
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
    shades,
    svg,
    tones,
)
from runners.documents.quantities import count, flops, percent

Record = Mapping[str, Any]
Mask = npt.NDArray[np.bool_]

POINTS = 120
NEAR = 1.25
"""Factor of compute within which a run belongs to an isoFLOP curve."""
REACH = 15.0
"""How far an isoFLOP curve goes to either side of its optimum, as a factor of N."""
SCALE = 0.12
"""Margin for the scale of colours, as a share of the width."""
OTHERS = (ORANGE, GREEN, PINK)


def measured_against_predicted(record: Record) -> str:
    """Every run at the loss the law gives it and the loss it had, coloured by compute."""
    table, unit = record["runs"]["table"], record["law"]["unit"]
    drawn, axes = figure("Measured against predicted loss", margin=SCALE)
    both = np.array([table["loss"], table["predicted"]])
    ends = (0.98 * both.min(), 1.02 * both.max())
    axes.plot(ends, ends, color=GREY, lw=1, zorder=1)
    shades(
        drawn, axes, table["predicted"], table["loss"], np.log10(table["flops"]), "log10 of training FLOPs"
    )
    _ring(axes, outliers(record), table["predicted"], table["loss"])
    axes.set(xlabel=f"predicted loss ({unit})", ylabel=f"measured loss ({unit})", xlim=ends, ylim=ends)
    return svg(drawn)


def residuals(record: Record) -> str:
    """What the law leaves unexplained against compute, with the noise of a run as bands."""
    table, noise = record["runs"]["table"], 100 * record["calibration"]["noise"]
    drawn, axes = figure("Residuals against compute", margin=SCALE)
    log(axes, "x", flops)
    for times, alpha in ((2, 0.10), (1, 0.18)):
        band = (-times * noise, times * noise)
        axes.axhspan(*band, color=BLUE, alpha=alpha, lw=0, label=f"{times} x noise of a run")
    axes.axhline(0.0, color=GREY, lw=1)
    off = 100 * (np.array(table["loss"]) / np.array(table["predicted"]) - 1)
    per_parameter = np.log10(np.array(table["tokens"]) / np.array(table["n"]))
    shades(drawn, axes, table["flops"], off, per_parameter, "log10 of tokens per parameter")
    _ring(axes, outliers(record), table["flops"], off)
    axes.set(xlabel="training FLOPs", ylabel="measured above the law, % of the loss")
    axes.legend(loc="best", fontsize=8)
    return svg(drawn)


def outliers(record: Record) -> Mask:
    """Which runs the checks found far off the law."""
    found = [row for each in record["checks"] if each["name"] == "outliers" for row in each["rows"]]
    return np.isin(record["runs"]["table"]["row"], found)


def _ring(axes: Axes, which: Mask, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
    """Rings about some of the points."""
    if which.any():
        x, y = np.asarray(x)[which], np.asarray(y)[which]
        axes.scatter(x, y, s=70, facecolors="none", edgecolors=ORANGE, lw=1.3, label="outlier", zorder=3)


def isoflop(
    record: Record, ensemble: Ensemble, sparsity: float, curves: Sequence[Mapping[str, float]]
) -> str:
    """Loss against N at several budgets with the interval of a run, and the runs that cost about as much.

    Args:
        record: of the fit.
        ensemble: its law and uncertainty.
        sparsity: of all curves, and of the runs shown.
        curves: for each budget its `flops` and the best size `n`.
    """
    law = ensemble.law
    at = f" at sparsity {sparsity:.3g}" if law.max_sparsity > 0 else ""
    drawn, axes = figure(
        f"IsoFLOP curves with {percent(ensemble.calibration.level)} intervals{at}", margin=0.13
    )
    log(axes, "x", count)
    colours = tones(len(curves))
    for budget, colour in zip(curves, colours, strict=True):
        n = np.geomspace(budget["n"] / REACH, budget["n"] * REACH, POINTS)
        tokens = budget["flops"] / law.flops_per_token(n, sparsity)
        predicted = ensemble.predict(n, tokens, sparsity)
        axes.fill_between(n, predicted.low, predicted.high, color=colour, alpha=0.15, lw=0)
        axes.plot(n, predicted.loss, color=colour, lw=1.4, label=flops(budget["flops"]))
        least = int(np.argmin(predicted.loss))
        axes.plot(n[least], predicted.loss[least], "*", color=colour, ms=11, mec="black", mew=0.4, zorder=4)
    _runs_near(axes, record, sparsity, [each["flops"] for each in curves], colours)
    axes.set(xlabel=NAMES[law.count], ylabel=f"loss ({law.unit})", ylim=_loss_range(record, ensemble, curves))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8, title="FLOPs", frameon=False)
    return svg(drawn)


def _runs_near(
    axes: Axes, record: Record, sparsity: float, budgets: Sequence[float], colours: Sequence[Any]
) -> None:
    """The runs that cost about as much as a curve's budget, in its colour; none that repeat their data."""
    table = {name: np.array(column) for name, column in record["runs"]["table"].items()}
    fresh = np.abs(table["sparsity"] - sparsity) < 1e-3
    if "unique_tokens" in table:
        fresh &= table["tokens"] <= table["unique_tokens"]
    for budget, colour in zip(budgets, colours, strict=True):
        near = fresh & (np.abs(np.log(table["flops"] / budget)) <= np.log(NEAR))
        axes.scatter(table["n"][near], table["loss"][near], s=18, color=colour, ec="black", lw=0.5, zorder=5)


def _loss_range(
    record: Record, ensemble: Ensemble, curves: Sequence[Mapping[str, float]]
) -> tuple[float, float]:
    """From below the lowest interval to somewhat above the highest minimum."""
    low = min(decision["uncertainty"]["loss"][0] for decision in record["decisions"])
    cheap = min(curves, key=lambda each: each["flops"])
    tokens = cheap["flops"] / ensemble.law.flops_per_token(cheap["n"], 0.0)
    high = float(ensemble.law.loss(cheap["n"], tokens, 0.0))
    return low - 0.08 * (high - low), high + 0.45 * (high - low)


def profile(record: Record) -> str:
    """The objective with the irreducible loss held at each value and everything else refitted."""
    known = record["certificate"]["profile"]
    drawn, axes = figure(f"Profile of {known['coefficient']}")
    low, high = known["interval"]
    x, y = np.array(known["grid"]).T
    shown = (x >= low - 1.5 * (high - low)) & (x <= high + 1.5 * (high - low))
    verdict = "identified" if known["identified"] else "not identified"
    axes.axvspan(low, high, color=GREEN, alpha=0.18, lw=0, label=f"95%: {low:.4g} to {high:.4g}, {verdict}")
    axes.plot(x[shown], y[shown] / (record["objective"] or 1.0), "o-", color=BLUE, lw=1.5, ms=3)
    axes.plot(known["value"], 1.0, "*", color=ORANGE, ms=13, label=f"fitted: {known['value']:.4g}")
    axes.set(
        xlabel=f"{known['coefficient']} ({record['law']['unit']})", ylabel="objective over that of the fit"
    )
    axes.legend(loc="upper center")
    return svg(drawn)


def coverage(record: Record) -> str:
    """Errors of held-out runs inside or outside their intervals, a panel for each cut."""
    cuts = record["calibration"]["cuts"]
    farthest = max(cut["decades"] for cut in cuts)
    drawn, all_axes = panels(len(cuts), shared=True)
    for axes, cut in zip(all_axes, cuts, strict=True):
        runs = cut["held_out_runs"]
        x, y, half = (np.array(runs[name]) for name in ("decades", "error", "half_width"))
        inside = np.abs(y) <= half
        axes.vlines(x, -100 * half, 100 * half, color=PALE, lw=3, zorder=1)
        axes.axhline(0.0, color=GREY, lw=1)
        for mask, colour in ((inside, BLUE), (~inside, ORANGE)):
            axes.plot(x[mask], 100 * y[mask], "o", color=colour, ms=3)
        axes.set_title(
            f"fitted below {flops(cut['flops'])}\n{percent(float(inside.mean()))} inside", fontsize=8.5
        )
        axes.set_xlabel("decades beyond", fontsize=8)
        axes.locator_params(axis="x", nbins=4)
        axes.set_xlim(-0.05 * farthest, 1.08 * farthest)
    all_axes[0].set_ylabel("predicted above measured, %")
    return svg(drawn)


def path(record: Record, budgets: Array, best: Array, band: Array, others: Mapping[str, Array]) -> str:
    """N*(C) with its interval, the other laws' and the recommendation, among the runs.

    Args:
        record: of the fit.
        budgets: training FLOPs, shape (B,).
        best: the law's best size at each, shape (B,).
        band: ends of its interval, shape (B, 2).
        others: the best sizes of each other acceptable law, by family.
    """
    table, law = record["runs"]["table"], record["law"]
    drawn, axes = figure("Best size against compute")
    log(axes, "x", flops)
    log(axes, "y", count)
    axes.plot(table["flops"], table["n"], "o", color=GREY, ms=3, alpha=0.45, label="runs", zorder=1)
    _profiles(axes, record)
    level = percent(record["calibration"]["level"])
    axes.fill_between(budgets, *band.T, color=BLUE, alpha=0.18, lw=0, label=f"{level} interval")
    axes.plot(budgets, best, color=BLUE, lw=1.8, label=law["family"])
    for (family, sizes), colour in zip(others.items(), OTHERS * 4, strict=False):
        axes.plot(budgets, sizes, "--", color=colour, lw=1.2, label=family)
    safer = [(each["flops"], each["recommendation"]["n"]) for each in record["decisions"]]
    axes.plot(*zip(*safer, strict=True), "D", color="black", ms=4, label="least expected loss")
    axes.axvline(record["calibration"]["flops"], color=GREY, lw=1, ls=":")
    axes.set(xlabel="training FLOPs; the dotted line is the largest run", ylabel=NAMES[law["count"]])
    axes.legend(loc="upper left", fontsize=8)
    return svg(drawn)


def _profiles(axes: Axes, record: Record) -> None:
    """The sizes of least loss that the runs show by themselves."""
    found = [each for each in record["isoflop"]["profiles"] if each["shape"] != "one-sided"]
    if found:
        points = ([each["flops"] for each in found], [each["n"] for each in found])
        axes.plot(*points, "s", color=GREEN, ms=5, mec="white", mew=0.5, label="isoFLOP minimum", zorder=3)
