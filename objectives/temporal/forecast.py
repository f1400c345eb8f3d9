"""The Temporal Scaling Law as a forecast: losses by position up to now become the loss at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from objectives.fit.calibration import LEVEL
from objectives.laws.law import Array
from objectives.temporal.curve_fit import LEAST_DECAY, fit_curves
from objectives.temporal.families import DECAY, FAMILIES
from objectives.temporal.forecasting import Outlook, PositionView, Problem, outlook
from objectives.temporal.history import History
from objectives.temporal.position import FIRST
from objectives.temporal.position_fit import PositionFits, fit_positions
from objectives.temporal.track import Clock, Track

PARAMETERS = ("a0", "a1", "a2")
PLAIN = ("logarithmic", "hyperbolic", "power")
POOLS: Mapping[str, tuple[str, ...]] = {
    "a0": ("constant", *PLAIN),
    "a1": ("constant", *PLAIN),
    "a2": (*PLAIN, *(f"{name}{DECAY}" for name in PLAIN)),
}
"""Families the choice is made among, unless given."""
BASELINES: Mapping[str, tuple[str, ...]] = {
    "power law": ("power",),
    "reciprocal": ("hyperbolic",),
    "exponential": ("exponential",),
}
"""Forecasters of the mean loss that know nothing of positions, each with its own choice of an early phase."""
GAIN = 0.044
"""Share of the mean loss a decay of the whole learning rate takes off, for a run that has not seen one: as in
three published fits (`objectives.curves.forms`). An assumption that may be wrong by as much as it is."""
UNLIKE = 0.25
"""Relative standard deviation between what a decay does to a2 of one run and of the next smaller: that of the
project's own runs on real text (1.48 times the median, .17)."""
UNCERTAIN = 0.02
"""How far a0, a1 and a2 may stray from any smooth curve over time, as a share of their size: what keeps one
well-measured checkpoint from deciding a fit alone."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """What is said of the loss to come, at M times."""

    history: History
    fits: PositionFits
    first: float
    temporal: Outlook
    baselines: Mapping[str, Outlook]
    last: float
    """The mean loss seen last."""
    assumed: float = 0.0
    """What a decay that nobody has seen is assumed to take off the log of the loss, at most."""
    like: str | None = None
    """The run whose response to a decay was taken."""


def forecast(
    history: History,
    tokens: Sequence[float] | Array,
    *,
    rates: Sequence[float] | Array | None = None,
    first: float = FIRST,
    pools: Mapping[str, Sequence[str]] = POOLS,
    baselines: Mapping[str, Sequence[str]] = BASELINES,
    like: History | None = None,
    level: float = LEVEL,
) -> Forecast:
    """Forecast a run from the checkpoints of its history.

    Args:
        history: the checkpoints seen.
        tokens: the times asked about, beyond the last checkpoint.
        rates: learning rates then; as at the last checkpoint if left out.
        first: the index i of the first position, an assumption.
        pools: the families tried for each of a0, a1 and a2.
        baselines: the families of forecasters of the mean loss.
        like: a finished run, whose response to the decay of the learning rate is taken for this one's.
        level: nominal coverage of intervals.
    """
    fits = fit_positions(history, first)
    clock, at = clocks(history, np.asarray(tokens, dtype=np.float64), rates)
    pools = {name: allowed(history, pools[name], like) for name in PARAMETERS}
    held = [None, None, None] if like is None else borrowed(like, first)
    view = PositionView(first, len(history.positions))
    effect = [0.0, 0.0, _effect(history)]
    problem = Problem(clock, tracks(fits), [pools[name] for name in PARAMETERS], view, held, effect)
    said = outlook(problem, at, level)
    gain = _gain(history, at, said) * (like is None)
    return Forecast(
        history,
        fits,
        first,
        _widened(said, gain if held[2] is None else _unlike(history, at, said, held[2])),
        {name: _of_mean(history, clock, at, families, level) for name, families in baselines.items()},
        float(history.mean[-1]),
        float(gain.max()),
        None if like is None else like.run,
    )


def clocks(history: History, tokens: Array, rates: Sequence[float] | Array | None) -> tuple[Clock, Clock]:
    """The clock of the checkpoints, and that of the times asked about."""
    decay = history.decay
    if decay is None or history.rate is None:
        return Clock(history.tokens, np.zeros(len(history.tokens))), Clock(tokens, np.zeros(len(tokens)))
    ahead = np.full(len(tokens), decay[-1])
    if rates is not None:
        ahead = np.clip(1.0 - np.asarray(rates, dtype=np.float64) / history.rate.max(), 0.0, 1.0)
    return Clock(history.tokens, decay), Clock(tokens, ahead)


def allowed(history: History, families: Sequence[str], like: History | None) -> tuple[str, ...]:
    """The families there is evidence for.

    Without learning rates nothing can follow their decay; with a finished run to learn from, or as long as
    the effect is assumed, a curve that could follow it does.
    """
    following = tuple(name for name in families if name.endswith(DECAY))
    if history.rate is None:
        return tuple(name for name in families if name not in following)
    return following if (like is not None or unseen(history)) and following else tuple(families)


def unseen(history: History) -> bool:
    """Whether learning rates are known, and none has come down far enough to tell what that does."""
    return history.decay is not None and float(history.decay.max()) <= LEAST_DECAY


def _of_mean(history: History, clock: Clock, at: Clock, families: Sequence[str], level: float) -> Outlook:
    """The mean loss forecast by itself, with the same assumption where a family follows the rate."""
    said = outlook(
        Problem(clock, [mean_track(history)], [families], assumed_decay=[_effect(history)]), at, level
    )
    return _widened(said, _gain(history, at, said))


def _effect(history: History) -> float:
    """p2 of the mean loss, or of a2, as assumed."""
    return -GAIN * float(history.mean[-1])


def _gain(history: History, at: Clock, said: Outlook) -> Array:
    """What a decay ahead was assumed to take off the log of the loss, at each of the times asked about."""
    follows = said.chosen.families[-1].endswith(DECAY)
    if history.decay is None or not (follows and unseen(history)):
        return np.zeros(len(at.tokens))
    return np.asarray(GAIN * np.maximum(at.decay - history.decay[-1], 0.0))


def _unlike(history: History, at: Clock, said: Outlook, effect: float) -> Array:
    """Standard deviation of the log of the loss for a decay ahead whose effect on a2 is another run's."""
    if history.decay is None:
        return np.zeros(len(at.tokens))
    return np.asarray(UNLIKE * abs(effect) * np.maximum(at.decay - history.decay[-1], 0.0) / said.mean)


def _widened(said: Outlook, doubt: Array) -> Outlook:
    """The interval of a forecast that rests on what its run has not shown: a standard deviation is added."""
    return replace(said, half_width=np.hypot(said.half_width, said.calibration.z * doubt))


def borrowed(like: History, first: float) -> list[float | None]:
    """What the decay of the learning rate did to a0, a1 and a2 of a finished run: p2 of the closest curve."""
    clock, _ = clocks(like, like.tokens[-1:], None)
    cut = clock.tokens[-1:]
    scale, window = clock.tokens / cut, clock.windows(cut)[0, 1][None].astype(np.float64)
    found = list[float | None]()
    for track in tracks(fit_positions(like, first)):
        weights = window * track.weights
        fitted = [
            (family, fit_curves(family, scale, clock.decay, track.values, weights))
            for family in (FAMILIES[f"{name}{DECAY}"] for name in PLAIN)
        ]
        left = [
            float(np.sum(weights * (family.value(theta, scale, clock.decay) - track.values) ** 2))
            for family, theta in fitted
        ]
        found.append(float(fitted[int(np.argmin(left))][1][0, 3]))
    return found


def tracks(fits: PositionFits) -> list[Track]:
    """a0, a1 and a2, each weighted by how well the positions tell it."""
    made = []
    for values, errors in zip(fits.coefficients.T, fits.errors.T, strict=True):
        variance = errors**2 + (UNCERTAIN * np.median(np.abs(values))) ** 2
        made.append(Track(values, np.min(variance) / variance))
    return made


def mean_track(history: History) -> Track:
    """The mean loss, all checkpoints alike."""
    return Track(history.mean, np.ones(len(history.tokens)))
