"""What a ladder of small runs says of one larger model: loss on a task, accuracy, and what to doubt."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from objectives.capability.downstream import Chain
from objectives.capability.downstream_checkpoints import Checkpoints
from objectives.capability.downstream_fit import DRAWS, ChainFit, fit_chain
from objectives.fit.calibration import LEVEL, UNTESTED
from objectives.laws import describe
from spaces.errors import BadInput, Mistake

FAR = 0.5
"""Decades beyond the runs that deserve a warning, as in a plan."""

COUNTED = "as in the table"
"""What the law's N counts: a ladder's table does not say."""
LONG = 0.1
"""Share of a run's checkpoints that should not go into one average."""


@dataclass(frozen=True)
class Asked:
    """The model asked about.

    Raises:
        BadInput: one mistake for each number outside its domain.
    """

    n: float
    """Parameters, counted as in the table."""
    tokens: float
    level: float = LEVEL

    def __post_init__(self) -> None:
        number = "a positive finite number"
        rules = (
            ("n", self.n, np.inf, number),
            ("tokens", self.tokens, np.inf, number),
            ("level", self.level, 1.0, "above 0 and below 1"),
        )
        wrong = [Mistake(name, text, f"{value:g}") for name, value, top, text in rules if not 0 < value < top]
        if wrong:
            raise BadInput(wrong)


def answer(checkpoints: Checkpoints, asked: Asked, *, draws: int = DRAWS, seed: int = 0) -> dict[str, Any]:
    """The chain fitted to the checkpoints and asked about one model, as plain JSON.

    Raises:
        BadInput: too few runs.
    """
    fitted = fit_chain(checkpoints, draws=draws, level=asked.level, seed=seed)
    chain, model = fitted.chain, (asked.n, asked.tokens)
    loss = float(chain.loss(*model))
    size = {"n": asked.n, "tokens": asked.tokens}
    decades = {name: chain.law.fitted.decades(name, value) for name, value in size.items()}
    return {
        "table": checkpoints.source,
        "runs": len(checkpoints.members),
        "checkpoints": len(checkpoints.run),
        "unit": checkpoints.unit,
        **size,
        "loss": loss,
        "accuracy": fitted.accuracy(*model),
        "level": asked.level,
        "loss_interval": fitted.loss_interval(*model),
        "accuracy_interval": fitted.interval(*model),
        "plain_accuracy_interval": fitted.plain_interval(*model),
        "calibration": _calibration(fitted),
        "law": describe(chain.law) | {"count": COUNTED},
        "curve": {
            "title": chain.curve.title,
            "equation": chain.curve.equation,
            "coefficients": chain.curve.coefficients,
        },
        "errors": _errors(chain, checkpoints),
        "extrapolation": decades,
        "warnings": [*_untested(fitted), *_doubts(checkpoints, loss, decades)],
    }


def _calibration(fitted: ChainFit) -> dict[str, Any]:
    return {"loss": fitted.loss_calibration.to_dict(), "accuracy": fitted.accuracy_calibration.to_dict()}


def _untested(fitted: ChainFit) -> Iterator[str]:
    if not fitted.loss_calibration.held_out:
        yield (
            f"too few runs to hold any out: the intervals are {UNTESTED:g} times those of resampled runs, "
            "which nothing has tested"
        )


def _errors(chain: Chain, checkpoints: Checkpoints) -> dict[str, float]:
    """Mean size of the errors of each step on what it was fitted to; those of the loss are relative."""
    final = checkpoints.final()
    losses, accuracies, _ = checkpoints.points()
    return {
        "loss": float(np.mean(np.abs(chain.loss(final.n, final.tokens) / final.loss - 1))),
        "accuracy": float(np.mean(np.abs(chain.curve.accuracy(losses) - accuracies))),
    }


def _doubts(checkpoints: Checkpoints, loss: float, decades: dict[str, float | None]) -> list[str]:
    doubts = [
        f"{name} is {value:.1f} decades above the largest of the runs"
        for name, value in decades.items()
        if value is not None and value >= FAR
    ]
    least, span = float(checkpoints.loss.min()), float(np.ptp(checkpoints.points()[1]))
    if checkpoints.averaged > LONG:
        share = f"{checkpoints.window} of a run's checkpoints, {checkpoints.averaged:.0%} of them"
        doubts.append(f"averages over {share}, blur its final loss and the curve: average fewer")
    if loss < least:
        doubts.append(f"no checkpoint has a loss as low, the least is {least:.4g}: the curve is drawn on")
    if span < 0.05:
        doubts.append(
            f"all accuracies lie within {100 * span:.1f} points of each other: the curve is a guess"
        )
    return doubts
