"""The MMLU of one model given by its dimensions: 'layers=80,hidden=8192,ffn=28672,tokens=15e12,...'."""

from collections.abc import Mapping
from typing import Any

from objectives.capability.answer import interval
from objectives.capability.doubts import doubts
from objectives.capability.mixtures import ASSUMPTION, MoEAs, dense_equivalent
from objectives.capability.score_saved import Fitted
from objectives.laws import describe_capability
from objectives.laws.performance import INPUTS
from spaces.errors import BadInput, Mistake, one_of

ACTIVE = "n_active"
"""Of a mixture of experts, whose `ffn` is the width one token uses."""


def parse_model(text: str) -> dict[str, float]:
    """Dimensions from 'name=number' pieces separated by commas.

    Raises:
        BadInput: a piece that is no such pair, a name twice or unknown, a dimension missing.
    """
    given: dict[str, float] = {}
    mistakes = []
    for piece in text.split(","):
        name, _, value = (part.strip() for part in piece.partition("="))
        if name not in (*INPUTS, ACTIVE):
            mistakes.append(
                Mistake("model", one_of((*INPUTS, ACTIVE), name) + " = a number", repr(piece.strip()))
            )
            continue
        try:
            number = float(value)
        except ValueError:
            mistakes.append(Mistake(f"model.{name}", "a number", value or "nothing"))
            number = float("nan")
        if name in given:
            mistakes.append(Mistake(f"model.{name}", "one value", "two"))
        given[name] = number
    mistakes += [Mistake(f"model.{name}", "a number", "nothing") for name in INPUTS if name not in given]
    if mistakes:
        raise BadInput(mistakes)
    return given


def predict(
    fitted: Fitted, model: Mapping[str, float], *, precision: float = 1.0, moe_as: MoEAs | None = None
) -> dict[str, Any]:
    """The prediction as a plain record, with its interval and doubts.

    Raises:
        BadInput: dimensions outside their domain; a mixture without `moe_as`.
    """
    taken, assumptions = dict(model), []
    active = taken.pop(ACTIVE, taken["n_total"])
    if not 0 < active <= taken["n_total"]:
        raise BadInput.of("model.n_active", "a positive number up to n_total", f"{active:g}")
    if active < taken["n_total"]:
        if moe_as is None:
            expected = f"n_total (a dense model), or --moe-as ({' | '.join(MoEAs)}), an assumption"
            raise BadInput.of("model.n_active", expected, f"{active:g}")
        sizes = (taken["ffn"], taken["n_total"], active)
        ffn, size = dense_equivalent(taken["layers"], taken["hidden"], *sizes)
        taken |= {"ffn": float(ffn), "n_total": float(size)}
        assumptions.append(ASSUMPTION)
    mmlu = float(fitted.law.mmlu(**taken, precision=precision))
    asked = (taken[name] for name in ("layers", "hidden", "tokens", "n_total"))
    return {
        "law": {**describe_capability(fitted.law), "link": fitted.law.link.value},
        "model": dict(model),
        "taken_as": taken,
        "precision": precision,
        "mmlu": mmlu,
        "level": fitted.level,
        "interval": interval(fitted, mmlu),
        "warnings": [*assumptions, *doubts(fitted, *asked)],
    }
