"""Which curves go on best: families for a0, a1 and a2, or for a mean loss, chosen by held-out forecast.

At several cuts of the checkpoints seen, every candidate is fitted below the cut and held against the
checkpoints above it. The best is used from the last checkpoint on; those nearly as good say how far
candidates disagree, and the errors at the cuts how much more an interval needs
(`objectives.fit.calibration`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from objectives.fit.calibration import LEVEL, Calibration, calibrate
from objectives.fit.cut import Cut
from objectives.laws.law import Array
from objectives.temporal.families import FAMILIES
from objectives.temporal.position import PositionLaw
from objectives.temporal.track import WINDOWS, Clock, Track

CUTS = 6
"""At most so many cuts, evenly spaced over the checkpoints."""
EARLIEST = 0.2
"""Share of the tokens seen before which no cut lies, as long as that leaves `FEWEST_CUTS`."""
FEWEST_CUTS = 3
BELOW, ABOVE = 6, 1
"""Checkpoints a cut leaves on its two sides, at least."""
SPOTS = 16
"""Positions at which forecast curves are compared."""
LEAST_DEGREES = 2
"""Of freedom, which the errors at cuts are taken to have at least."""
NEAR = 1.5
"""Candidates whose held-out error is within this factor of the best have a say in the interval."""


@dataclass(frozen=True)
class Candidate:
    """A family for each quantity, and where the early phase ends."""

    families: tuple[str, ...]
    since: float
    error: float
    """Held-out error of the curve over positions, relative to the loss: root mean square over the cuts."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """Forecasts of one run: M times ahead, from all checkpoints seen."""

    tokens: Array
    """Shape (M,)."""
    mean: Array
    """Forecast mean loss, shape (M,)."""
    half_width: Array
    """Of the log of the mean loss, shape (M,)."""
    quantities: Array
    """Forecast a0, a1, a2 (or the mean loss itself); shape (M, Q)."""
    candidates: tuple[Candidate, ...]
    """The best first."""
    calibration: Calibration
    cuts: tuple[Cut, ...]
    possible: bool = True
    """Whether what is forecast can be a loss; if not, no candidate was left that could."""

    @property
    def chosen(self) -> Candidate:
        """What was used."""
        return self.candidates[0]

    @property
    def held_out(self) -> float | None:
        """Error of the log of the mean loss at the cuts, later ones counted more; None without any."""
        if not self.cuts:
            return None
        squares = [np.mean(cut.error**2) for cut in self.cuts]
        return float(np.sqrt(np.average(squares, weights=np.arange(1, len(squares) + 1))))

    @property
    def interval(self) -> tuple[Array, Array]:
        """Ends of the interval of the mean loss, each of shape (M,)."""
        return self.mean * np.exp(-self.half_width), self.mean * np.exp(self.half_width)


class View:
    """Quantities as losses: here the mean loss itself is the one quantity."""

    def curves(self, quantities: Array) -> Array:
        """Losses that candidates are compared on; (..., Q) -> (..., S)."""
        return quantities

    def mean(self, quantities: Array) -> Array:
        """The mean loss, (..., Q) -> (...)."""
        return np.asarray(quantities[..., 0])

    def possible(self, quantities: Array) -> bool:
        """Whether forecast quantities (M, Q) are such that a loss can have them."""
        mean = self.mean(quantities)
        return bool(np.all(np.isfinite(mean) & (mean > 0)))


@dataclass(frozen=True)
class PositionView(View):
    """The quantities a0, a1, a2 as a curve over positions."""

    first: float
    count: int

    def curves(self, quantities: Array) -> Array:
        """Losses at `SPOTS` positions, evenly spaced."""
        spots = self.first + np.linspace(0, self.count - 1, SPOTS)
        return self._law(quantities[..., None, :]).loss(spots)

    def mean(self, quantities: Array) -> Array:
        """The law's mean in closed form."""
        return self._law(quantities).mean(self.count, self.first)

    def possible(self, quantities: Array) -> bool:
        """Besides, a0 and a1 are positive: context helps, and the law has no pole."""
        return bool(np.all(quantities[..., :2] > 0)) and super().possible(quantities)

    def _law(self, quantities: Array) -> PositionLaw:
        """Forecasts may leave the domain of a1; the law's slope is then 0."""
        return PositionLaw(quantities[..., 0], np.maximum(quantities[..., 1], 0.0), quantities[..., 2])


@dataclass(frozen=True, eq=False)
class Problem:
    """The checkpoints seen, what is followed through them, and what may be tried."""

    clock: Clock
    tracks: Sequence[Track]
    pools: Sequence[Sequence[str]]
    """Names of families for each track."""
    view: View = field(default_factory=View)
    held_decay: Sequence[float | None] = ()
    """p2 of each track, where the effect of the learning rate is known from elsewhere."""
    assumed_decay: Sequence[float] = ()
    """p2 of each track, as long as no decay has been seen."""

    @property
    def seen(self) -> Array:
        """The quantities at the checkpoints, shape (T, Q)."""
        return np.stack([track.values for track in self.tracks], axis=-1)


def outlook(problem: Problem, at: Clock, level: float = LEVEL) -> Outlook:
    """The forecast of the best candidate, with an interval; those that go where no loss can are left out.

    Args:
        problem: what has been seen.
        at: the times asked about.
        level: nominal coverage of the interval.
    """
    clock = problem.clock
    cuts = cut_tokens(clock)
    ahead = _continued(problem, np.append(cuts, clock.tokens[-1]), at)
    judged = [
        (Candidate(names, since, float(error)), ahead_of)
        for names in product(*problem.pools)
        for since, error, ahead_of in _judged(problem, cuts, _joined(ahead, names))
    ]
    count = len(clock.tokens)
    possible = [each for each in judged if problem.view.possible(each[1][-1, count:])]
    judged = sorted(possible or judged, key=lambda pair: pair[0].error)
    said = _outlook(problem, at, cuts, judged, level)
    return replace(said, possible=bool(possible))


def cut_tokens(clock: Clock) -> Array:
    """Tokens of the cuts, shape (K,); empty where too little has been seen to leave any out."""
    possible = clock.tokens[BELOW - 1 : len(clock.tokens) - ABOVE]
    late = possible[possible >= EARLIEST * clock.tokens[-1]]
    places = late if len(late) >= FEWEST_CUTS else possible[-FEWEST_CUTS:]
    return places[np.unique(np.linspace(0, len(places) - 1, CUTS).astype(int))] if len(places) else places


Continued = Mapping[tuple[int, str], Array]


def _continued(problem: Problem, cuts: Array, at: Clock) -> Continued:
    """Every track under every family of its pool, at the checkpoints and ahead; each (K + 1, W, T + M)."""
    clock = problem.clock
    times = Clock(np.append(clock.tokens, at.tokens), np.append(clock.decay, at.decay))
    held = problem.held_decay or [None] * len(problem.tracks)
    assumed = problem.assumed_decay or [0.0] * len(problem.tracks)
    return {
        (number, name): track.continued(clock, FAMILIES[name], cuts, times, held[number], assumed[number])
        for number, track in enumerate(problem.tracks)
        for name in problem.pools[number]
    }


def _joined(ahead: Continued, names: tuple[str, ...]) -> Array:
    """The quantities under one family each, (K + 1, W, T + M, Q)."""
    return np.stack([ahead[number, name] for number, name in enumerate(names)], axis=-1)


def _judged(problem: Problem, cuts: Array, quantities: Array) -> list[tuple[float, float, Array]]:
    """For each window: where the early phase ends, the held-out error, and the quantities."""
    count = len(problem.clock.tokens)
    error = _curve_errors(problem, quantities[:-1, :, :count])
    above = problem.clock.tokens > cuts[:, None] * (1 + 1e-9)
    weights = above / np.maximum(above.sum(axis=1, keepdims=True), 1) * np.arange(1, len(cuts) + 1)[:, None]
    total = np.einsum("kt,kwt->w", weights, error) / max(weights.sum(), 1.0)
    return [(since, np.sqrt(total[window]), quantities[:, window]) for window, since in enumerate(WINDOWS)]


def _curve_errors(problem: Problem, quantities: Array) -> Array:
    """Mean over positions of the squared log error, at most 1; (K, W, T, Q) -> (K, W, T)."""
    truth = problem.view.curves(problem.seen)
    with np.errstate(all="ignore"):
        error = np.log(problem.view.curves(quantities)) - np.log(truth)
    error = np.where(np.isfinite(error), np.clip(error, -1.0, 1.0), 1.0)
    return np.asarray(np.mean(error**2, axis=-1))


def _outlook(
    problem: Problem, at: Clock, cuts: Array, judged: Sequence[tuple[Candidate, Array]], level: float
) -> Outlook:
    """What the best candidate says, and how far it may be believed."""
    clock, count = problem.clock, len(problem.clock.tokens)
    best, quantities = judged[0]
    say = [_log_mean(problem, each) for candidate, each in judged if candidate.error <= NEAR * best.error]
    spread = np.sqrt(np.mean([np.clip(each - say[0], -1.0, 1.0) ** 2 for each in say], axis=0))
    observed = np.log(problem.view.mean(problem.seen))
    error = say[0][:, :count] - observed
    inside = clock.tokens >= best.since * clock.tokens[-1]
    noise = float(np.sqrt(np.mean(error[-1, inside] ** 2)))
    held = tuple(
        _cut(clock, cut, error[k], spread[k, :count], best.since) for k, cut in enumerate(cuts.tolist())
    )
    calibration = _of_few(calibrate(held, noise, float(clock.tokens[-1]), level), len(held))
    decades = np.log10(at.tokens / clock.tokens[-1])
    return Outlook(
        at.tokens,
        np.exp(say[0][-1, count:]),
        calibration.half_width(spread[-1, count:], decades),
        quantities[-1, count:],
        tuple(candidate for candidate, _ in judged),
        calibration,
        held,
    )


def _of_few(calibration: Calibration, cuts: int) -> Calibration:
    """With Student's quantile in place of the normal: the deviation is known from a few cuts only."""
    from scipy.special import stdtrit  # here, as `plan` must not wait for it

    degrees = max(cuts - 1, LEAST_DEGREES)
    student = float(stdtrit(degrees, 0.5 + calibration.level / 2)) / calibration.z
    return replace(calibration, factor=calibration.factor * (student if cuts else 1.0))


def _log_mean(problem: Problem, quantities: Array) -> Array:
    """Log of the mean loss, NaN-free: a forecast without one counts as the loss seen last."""
    with np.errstate(all="ignore"):
        value = np.log(problem.view.mean(quantities))
    last = np.log(problem.view.mean(problem.seen[-1]))
    return np.where(np.isfinite(value), value, last)


def _cut(clock: Clock, tokens: float, error: Array, spread: Array, since: float) -> Cut:
    below = clock.tokens <= tokens * (1 + 1e-9)
    fitted = below & (clock.tokens >= since * tokens)
    return Cut(
        flops=tokens,
        below=int(below.sum()),
        error=error[~below],
        spread=spread[~below],
        noise=float(np.sqrt(np.mean(error[fitted] ** 2))),
        decades=np.log10(clock.tokens[~below] / tokens),
    )
