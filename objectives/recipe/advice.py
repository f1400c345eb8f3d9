"""What every recipe law says of one planned model, with what it was asked and how that was got.

A plan counts parameters as its own law does; recipe laws count theirs. The turn from one to the other is
stated with each answer, and so is how far it lies beyond the runs behind the recipe.
"""

from dataclasses import dataclass

from objectives.exact import Optimum
from objectives.laws.cubic import cubic_root
from objectives.laws.kaplan import EMBEDDING_SCALE
from objectives.laws.law import Count, Law
from objectives.recipe.laws import LEVEL, RECIPES, Interval, Porian, Recipe, Scale

NO_INTERVAL = "the source publishes no uncertainty of its coefficients"
FOR_DENSE = "; it was found on dense models, and whether it holds for this sparse one is not known"
OF_THE_LAW = "bootstrap of the law by its authors; the best recipe of a single run scatters more widely"


@dataclass(frozen=True)
class Advice:
    """Learning rate and batch size by one recipe law."""

    law: str
    title: str
    equation: str
    source: str
    trust: str
    learning_rate: float
    """Peak of the schedule."""
    batch_tokens: float
    learning_rate_interval: Interval | None
    batch_tokens_interval: Interval | None
    level: float | None
    """Of the intervals."""
    about_interval: str
    asked: dict[str, float]
    """What the law was given: n in its own count, tokens, flops."""
    how: str
    """How that was got from the plan."""
    extrapolation: dict[str, float | None]
    """Decades beyond the fitted range, as in a plan."""


def advise(law: Law, best: Optimum) -> tuple[Advice, ...]:
    """What the recipe laws say of a planned language model; nothing for a law of images.

    Args:
        law: the law of the plan, whose count of parameters is converted.
        best: the plan's configuration.
    """
    if law.unit.endswith("/image"):
        return ()
    return tuple(_advice(kind.published()[0], law, best) for kind in RECIPES)


def _advice(recipe: Recipe, law: Law, best: Optimum) -> Advice:
    n, how = _size(recipe, law, best)
    if recipe.dense_only and (best.sparsity > 0 or law.inherent_sparsity > 0):
        how += FOR_DENSE
    every = {"n": n, "tokens": best.tokens, "flops": best.flops}
    asked = {name: every[name] for name in recipe.takes}
    scale = Scale(**asked)
    rate, batch = recipe.intervals(scale) or (None, None)
    return Advice(
        law=recipe.family,
        title=recipe.title,
        equation=recipe.equation,
        source=recipe.source,
        trust=recipe.trust.value,
        learning_rate=recipe.learning_rate(scale),
        batch_tokens=recipe.batch_tokens(scale),
        learning_rate_interval=rate,
        batch_tokens_interval=batch,
        level=LEVEL if rate else None,
        about_interval=OF_THE_LAW if rate else NO_INTERVAL,
        asked=asked,
        how=how,
        extrapolation={name: recipe.fitted.decades(name, value) for name, value in asked.items()},
    )


def _size(recipe: Recipe, law: Law, best: Optimum) -> tuple[float, str]:
    """The size the recipe is asked with, and in words how it, or the compute, was got."""
    if "n" not in recipe.takes:
        return (
            best.n,
            "the plan's training FLOPs as they are; the source counts attention and no embeddings",
        )
    if isinstance(recipe, Porian):
        return best.n_total, "the plan's total parameters as they are; the source's count is not known here"
    if law.count is Count.NON_EMBEDDING:
        return best.n, "the plan's own count, which has no embeddings"
    n = float(cubic_root(EMBEDDING_SCALE, best.n_total) ** 3)
    return n, "parameters without embeddings, from the plan's total by N_total = N + 47491 N^(1/3)"
