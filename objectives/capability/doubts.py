"""What the reader of a predicted MMLU should know before relying on it."""

from collections.abc import Iterator
from functools import cache
from math import log10

from objectives.architecture import FeedForward
from objectives.capability.score_saved import Fitted
from objectives.laws.law import Trust
from objectives.models import models

PUBLISHED = (
    "the published law was fitted on about 10 open models of 2024; on 66 dense models of 2021 to 2024 it is "
    "13.5 points off on average: 20 too high for the 24 that sit at chance, 4.5 on the 13 general models of "
    "2024. It knows nothing of data and recipe: do not use it for older recipes, for code models, or to "
    "compare families"
)
NO_INTERVAL = "the published law comes without uncertainty: no interval is given"
FAR = 0.3
"""Decades beyond the fitted range that deserve a warning: a factor of two."""


def doubts(fitted: Fitted, layers: float, hidden: float, tokens: float, n_total: float) -> Iterator[str]:
    """About the law, and about one architecture it is asked for."""
    if fitted.law.trust is not Trust.USER:
        yield PUBLISHED
    if fitted.half_width is None:
        yield NO_INTERVAL if fitted.law.trust is not Trust.USER else "too few families for an interval"
    low, high = slenderness()
    if not low <= hidden / layers <= high:
        yield (
            f"{hidden / layers:.0f} hidden units a layer: published dense models have {low:.0f} to {high:.0f}"
        )
    if tokens > 1000 * n_total * (1 + 1e-9):
        yield "more than 1000 tokens for each parameter: the law gives no credit for the rest"
    for name, value in (("n", n_total), ("tokens", tokens)):
        yield from _extrapolation(fitted, name, value)


@cache
def slenderness() -> tuple[float, float]:
    """Least and greatest hidden size over layers among published dense models of at least a billion."""
    ratios = [
        float(model.architecture.d_model / model.architecture.layers)
        for model in models()
        if isinstance(model.architecture.feed_forward, FeedForward) and model.n_total >= 1e9
    ]
    return min(ratios), max(ratios)


def _extrapolation(fitted: Fitted, name: str, value: float) -> Iterator[str]:
    ends = getattr(fitted.law.fitted, name)
    if ends is None:
        return
    beyond = max(log10(value / ends[1]), log10(ends[0] / value))
    if beyond > FAR:
        side = "above the largest" if value > ends[1] else "below the smallest"
        what = "parameters" if name == "n" else name
        yield f"{what} are {beyond:.1f} decades {side} of the models the law was fitted on"
