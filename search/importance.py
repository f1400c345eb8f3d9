"""Which parameters matter: a Gaussian process over the trials of any engine, and what its mean depends on.

Indices are shares of the variance of the model's mean over the feasible part of the space, each parameter on
its own scale (logarithmic where it is). Values are transformed first, as the search sees them, so that a
corner of terrible ones does not drown all else. Indices say as much as the model does: `explained` is the
share of the variance of values that it foretells when each is left out in turn.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from search.gaussian_process import GaussianProcess
from search.history import History
from search.partial_dependence import Curve, curve
from search.sensitivity import Sample, indices
from search.surrogates import ProcessFactory
from search.target_transform import TargetTransform
from spaces.encoding import Encoder

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

FEWEST, FEWEST_EACH = 10, 4
"""Values needed in all, and for each parameter."""
FEWEST_ROWS = 64
"""Feasible rows needed to take averages over."""


@dataclass(frozen=True)
class Effect:
    """What one parameter does."""

    name: str
    alone: float
    """First-order index."""
    total: float
    """Total index, interactions included."""
    active: float
    """Share of the feasible rows in which it is active."""
    curve: Curve


@dataclass(frozen=True)
class Importance:
    """Parameters that vary, the most important first; or why nothing can be said."""

    effects: tuple[Effect, ...] = ()
    values: int = 0
    """How many values the model knows."""
    explained: float | None = None
    """R^2 of its predictions of values left out."""
    why_not: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def importance(history: History, encoder: Encoder, feasible: Callable[[Array], Mask]) -> Importance:
    """Which parameters of a search matter: a function of its history alone.

    Args:
        history: finished or still running; failures are left out.
        encoder: of its space.
        feasible: which canonical rows, shape (n, d), are legal and satisfy the known constraint.
    """
    done = [trial for trial in history.done if trial.value is not None]
    varying = encoder.varying
    needed = max(FEWEST, FEWEST_EACH * len(varying))
    if len(done) < needed:
        why = f"{len(done)} values are too few for {len(varying)} parameters: {needed} are needed"
        return Importance(values=len(done), why_not=why)
    values = np.array([trial.value for trial in done], dtype=np.float64)
    if not np.ptp(values) > 0.0:
        return Importance(values=len(done), why_not="all values are equal")
    sample = Sample.of(encoder, feasible)
    if len(sample.rows) < FEWEST_ROWS:
        return Importance(values=len(done), why_not="hardly any random configuration is feasible")
    rows = encoder.canonical(encoder.encode_many([trial.config for trial in done]))
    process, transform = _model(encoder, rows, values)
    effects = _effects(process, transform, sample, varying)
    return Importance(effects, len(done), _explained(process))


def _model(encoder: Encoder, rows: Array, values: Array) -> tuple[GaussianProcess, TargetTransform]:
    factory = ProcessFactory(encoder.categorical)
    return factory.make(rows, values, 0), factory.transform(0)


def _effects(
    process: GaussianProcess, transform: TargetTransform, sample: Sample, varying: list[int]
) -> tuple[Effect, ...]:
    alone, total = indices(lambda rows: process.predict(rows)[0], sample)
    active = sample.encoder.active(sample.rows).mean(axis=0)
    effects = [
        Effect(
            sample.encoder.names[j],
            float(alone[j]),
            float(total[j]),
            float(active[j]),
            curve(process, transform, sample, j),
        )
        for j in varying
    ]
    return tuple(sorted(effects, key=lambda effect: -effect.total))


def _explained(process: GaussianProcess) -> float:
    errors = process.y - process.left_out[0]
    return float(1.0 - errors @ errors / np.sum((process.y - process.y.mean()) ** 2))
