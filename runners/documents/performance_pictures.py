"""Pictures of the Performance Law's plans and fronts."""

import numpy as np
import numpy.typing as npt

from objectives.capability.front import Against, Front
from objectives.capability.planner import Plans
from objectives.laws.law import Array
from runners.documents.canvas import BLUE, GREY, ORANGE, figure, log, shades, svg
from runners.documents.quantities import count, flops


def plans(found: Plans) -> str:
    """Predicted MMLU of every plan over its size, coloured by its depth."""
    drawn, axes = figure("Plans within the budget", margin=0.12)
    log(axes, "x", count)
    axes.set_xticks(_ticks(found.shapes.n_total))
    shades(drawn, axes, found.shapes.n_total, found.mmlu, found.shapes.layers, "layers")
    axes.set(xlabel="parameters", ylabel="predicted MMLU")
    return svg(drawn)


def _ticks(values: npt.ArrayLike) -> Array:
    """Ones, twos and fives within a range that may be less than a decade."""
    low, high = np.min(values), np.max(values)
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.log10(high) + 1)
    ticks = np.outer(decades, [1, 2, 5]).ravel()
    return np.asarray(ticks[(ticks >= low) & (ticks <= high)])


def front(found: Front) -> str:
    """All plans by both aims, with the front."""
    loss = found.against is Against.LOSS
    drawn, axes = figure(f"MMLU against {'the loss' if loss else 'the cost of serving'}")
    if not loss:
        log(axes, "x", flops)
        axes.set_xticks(_ticks(found.second))
    rows = found.rows
    axes.plot(found.second, found.plans.mmlu, ".", color=GREY, ms=2, alpha=0.4, label="plans", zorder=1)
    order = rows[np.argsort(found.second[rows], kind="stable")]
    axes.step(found.second[order], found.plans.mmlu[order], where="post", color=BLUE, lw=1.2, zorder=2)
    axes.plot(found.second[order], found.plans.mmlu[order], "o", color=ORANGE, ms=3, label="front", zorder=3)
    law = (
        f"loss, {found.law.family} ({found.law.name})" if found.law else "FLOPs to serve a token, 2 n_active"
    )
    axes.set(xlabel=law, ylabel="predicted MMLU")
    axes.legend()
    return svg(drawn)
