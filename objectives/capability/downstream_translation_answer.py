"""What a loss on one data set says of another: published translations, or one fitted to pairs of your own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from objectives.capability.downstream_translation import (
    FROM_FINEWEB_EDU,
    Translation,
    fineweb_edu,
    published,
)
from objectives.capability.downstream_translation_fit import Pairs, TranslationFit, fit_translation
from objectives.fit.calibration import LEVEL, UNTESTED
from objectives.laws import describe
from spaces.errors import BadInput, Mistakes

SOURCE_SET = "fineweb-edu"
TWO_DIGITS = (
    "the published coefficients have two digits, so that losses are good to about 0.01; they are in nats per "
    "token of the authors' tokenizer"
)
RECIPE = "a translation holds for models trained alike: on the same data, with one recipe and one tokenizer"
DRAWN_ON = 0.97
"""Share of the lowest loss seen below which a curve is drawn on far enough to be warned of."""


def published_answer(
    losses: Sequence[float], to: str | None = None, model: tuple[float, float] | None = None
) -> dict[str, Any]:
    """Losses on FineWeb-Edu translated to one of the published sets, or to all.

    Args:
        losses: nats per token on FineWeb-Edu.
        to: name of a set; all nine if left out.
        model: size and tokens, whose loss on FineWeb-Edu the published compute law tells.

    Raises:
        BadInput: nothing to translate, no such set, a loss that is no loss of that set.
    """
    law = fineweb_edu()
    first = [*losses, *([] if model is None else [float(law.loss(*model))])]
    if not first:
        raise BadInput.of("loss", "at least one loss, or n and tokens", "nothing")
    names = [name for name, *_ in FROM_FINEWEB_EDU] if to is None else [to]
    chosen = [published(name) for name in names]
    found = Mistakes()
    for loss in first:
        with found.within(""):
            chosen[0].loss(loss)
    found.settle()
    return {
        "from": SOURCE_SET,
        "table": None,
        "model": None if model is None else {"n": model[0], "tokens": model[1]},
        "law": describe(law),
        "level": None,
        "translations": [
            {**_described(each), "losses": list(_rows(each, first)), "law": describe(each.law(law))}
            for each in chosen
        ],
        "warnings": [TWO_DIGITS, RECIPE],
    }


def fitted_answer(
    pairs: Pairs,
    losses: Sequence[float],
    held: Mapping[str, float] | None = None,
    *,
    level: float = LEVEL,
    seed: int = 0,
) -> dict[str, Any]:
    """A translation fitted to pairs, and the losses asked about.

    Raises:
        BadInput: no losses; as `fit_translation`.
    """
    if not losses:
        raise BadInput.of("loss", "at least one loss on the first set", "nothing")
    if not 0 < level < 1:
        raise BadInput.of("level", "above 0 and below 1", f"{level:g}")
    fitted = fit_translation(pairs, held, level=level, seed=seed)
    translation = fitted.translation
    error = np.abs(np.log(translation.loss(pairs.first) / pairs.second))
    return {
        "from": "from",
        "table": pairs.source,
        "pairs": len(pairs.first),
        "model": None,
        "law": None,
        "level": level,
        "calibration": fitted.calibration.to_dict(),
        "error": float(error.mean()),
        "translations": [
            {**_described(translation), "losses": list(_rows(translation, losses, fitted)), "law": None}
        ],
        "warnings": [*_doubts(pairs, losses, held or {}, fitted), RECIPE],
    }


def _described(translation: Translation) -> dict[str, Any]:
    return {
        "to": translation.name,
        "title": translation.title,
        "equation": translation.equation,
        "coefficients": translation.coefficients,
        "source": translation.source,
    }


def _rows(
    translation: Translation, losses: Sequence[float], fitted: TranslationFit | None = None
) -> Iterator[dict[str, Any]]:
    for loss in losses:
        interval = None
        second = float(translation.loss(loss))
        if fitted is not None:
            low, high = fitted.interval(loss)
            interval = [float(low[0]), float(high[0])]
        yield {"from": loss, "to": second, "interval": interval}


def _doubts(
    pairs: Pairs, losses: Sequence[float], held: Mapping[str, float], fitted: TranslationFit
) -> Iterator[str]:
    if "E0" not in held:
        floor = fitted.translation.E0
        yield (
            f"E0 is held at {floor:.4g}, half the lowest loss, for pairs do not tell it: an assumption; "
            "--hold E0=... takes the floor of a law of the first set"
        )
    if not fitted.calibration.held_out:
        yield f"too few models to hold any out: intervals are {UNTESTED:g} times those of resampled models"
    for loss in losses:
        if loss < DRAWN_ON * pairs.first[-1]:
            lowest = f"below the lowest loss of the table, {pairs.first[-1]:g}"
            yield f"{loss:g} is {lowest}: the curve is drawn on"
