"""The end of a loss curve from its beginning and its schedule, with an interval that means what it says.

Every form is fitted to what was measured. Which of them is believed is decided by held-out forecasts: those
of finished curves `like` this one where there are any, otherwise those of the curve's own beginning. The
beginning cannot tell forms apart by a decay it has not reached, so that where the rate still has to change,
only the laws that know about it are candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from objectives.curves.correction import Correction, Drops, Finished, anchor, correction, drops
from objectives.curves.curve import Curve
from objectives.curves.fitting import Fitted, Setting, fit_curve
from objectives.curves.forms import FORMS, CurveForm
from objectives.curves.rolling import far_error, rolling_cuts
from objectives.curves.schedule import DecayFrom
from objectives.fit.calibration import LEVEL, Calibration, calibrate
from objectives.laws.law import Array

AUTO = "auto"
LEAST_DRIFT = 0.015
"""Relative error per decade of time that a forecast without finished curves has at least. An assumption, from
the real curves of the benchmark `forecast`."""
MOST_FACTOR = 2.5
"""Largest widening that four cuts of one curve are believed to show."""
CHANGES = 0.05
"""Share of the peak by which the rate must still change for the schedule to matter."""
SAME = 0.15
"""Largest difference of two rates, relative to their peaks, under the same plan."""
MANY_LIKES = 4
"""Finished curves that make a form eligible which does not know the schedule, though the rate changes."""
SHARPNESS = 8.0
"""Forms are weighted by their deviation to minus this power: nearly the best alone, ties are shared."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """One form's forecast, and what is known about its errors."""

    fitted: Fitted
    anchor: float
    """Log of the loss now."""
    held_out: float | None
    """Relative error of its held-out forecasts; None where there are none."""
    calibration: Calibration
    correction: Correction | None
    eligible: bool
    weight: float = 0.0

    @property
    def form(self) -> CurveForm:
        """Which form."""
        return self.fitted.form

    def log_loss(self, time: Array) -> Array:
        """Log of the loss at times from now on."""
        raw, _ = self.fitted.log_loss(time)
        if self.correction is None:
            return raw
        return np.asarray(self.anchor - self.correction.factor * (self.anchor - raw))

    def half_width(self, time: Array) -> Array:
        """Half the interval of the log loss at times from now on."""
        raw, spread = self.fitted.log_loss(time)
        now, noise = self.fitted.now, self.fitted.noise
        beyond = np.maximum(np.log10(time / now), 0.0)
        if self.correction is None:
            return self.calibration.half_width(spread, beyond)
        from scipy.special import stdtrit

        end = max(np.log10(self.fitted.setting.length / now), 1e-9)
        grown = self.correction.spread(float(np.abs(self.anchor - raw[-1]))) * np.minimum(beyond / end, 2.0)
        quantile = stdtrit(self.correction.degrees, 0.5 + self.calibration.level / 2)
        return np.asarray(quantile * np.hypot(noise, grown))


@dataclass(frozen=True, eq=False)
class Forecast:
    """What is expected of a curve."""

    curve: Curve
    setting: Setting
    candidates: tuple[Candidate, ...]
    """Every form, in the order of `FORMS`; weights add up to 1."""
    likes: int
    """Finished curves behind it."""
    level: float

    @cached_property
    def believed(self) -> tuple[Candidate, ...]:
        """Those with weight, the heaviest first."""
        return tuple(
            sorted((each for each in self.candidates if each.weight > 0), key=lambda each: -each.weight)
        )

    @property
    def chosen(self) -> Candidate:
        """The form that counts most."""
        return self.believed[0]

    def loss(self, time: Array) -> tuple[Array, Array, Array]:
        """Loss at times from now on, and the ends of its interval."""
        weights = np.array([each.weight for each in self.believed])
        logs = np.array([each.log_loss(time) for each in self.believed])
        widths = np.array([each.half_width(time) for each in self.believed])
        middle, half = weights @ logs, weights @ widths
        return np.exp(middle), np.exp(middle - half), np.exp(middle + half)

    def final(self) -> tuple[float, float, float]:
        """Loss at the end of training, and the ends of its interval."""
        value, low, high = self.loss(np.array([self.setting.length]))
        return float(value[0]), float(low[0]), float(high[0])

    def under(self, setting: Setting) -> "Forecast":
        """The same beliefs under another plan for the rest: only the laws of the schedule can tell."""
        moved = [
            replace(each, fitted=replace(each.fitted, setting=setting))
            for each in self.candidates
            if each.form.scheduled
        ]
        total = sum(each.weight for each in moved)
        shares = [each.weight / total if total else 1.0 / len(moved) for each in moved]
        weighted = tuple(replace(each, weight=share) for each, share in zip(moved, shares, strict=True))
        return replace(self, setting=setting, candidates=weighted)


def forecast(
    curve: Curve, setting: Setting, likes: Sequence[Finished] = (), *, law: str = AUTO, level: float = LEVEL
) -> Forecast:
    """Forecast a curve to the end of its training.

    Args:
        curve: what was measured so far.
        setting: schedule, length and unit of time.
        likes: finished curves of the same family; those under another plan are left out (`same_plan`).
        law: a name of `FORMS` to believe alone, or auto.
        level: of the intervals.
    """
    share = curve.now / setting.length
    likes = [each for each in likes if same_plan(setting, each.setting, share)]
    names = list(FORMS) if law == AUTO else [law, *(name for name in FORMS if name != law)]
    matters = law == AUTO and rate_changes(curve, setting)
    found = []
    for name in names:
        form = FORMS[name]
        seen = [drops(form, each, share) for each in likes] if share < 1 else []
        eligible = name == law if law != AUTO else len(seen) >= MANY_LIKES or form.scheduled or not matters
        found.append(_candidate(form, curve, setting, seen, eligible, level))
    ordered = sorted(_weighted(found), key=lambda each: list(FORMS).index(each.form.name))
    return Forecast(curve, setting, tuple(ordered), len(likes), level)


def rate_changes(curve: Curve, setting: Setting) -> bool:
    """Whether the learning rate still has to change by a share of the peak that tells."""
    if setting.schedule is None:
        return False
    rates = setting.schedule.rate(np.linspace(curve.now, setting.length, 200))
    return bool(np.ptp(rates) > CHANGES * setting.schedule.peak)


def same_plan(one: Setting, other: Setting, share: float) -> bool:
    """Whether the rate goes the same way in both after a share of training, relative to its peak.

    A factor on the drop of the loss learnt where the rate stayed says nothing of where it decays.
    """
    if one.schedule is None or other.schedule is None:
        return one.schedule is other.schedule
    at = np.linspace(min(share, 1.0), 1.0, 200)
    mine = one.schedule.rate(at * one.length) / one.schedule.peak
    theirs = other.schedule.rate(at * other.length) / other.schedule.peak
    return bool(np.max(np.abs(mine - theirs)) <= SAME)


def _candidate(
    form: CurveForm, curve: Curve, setting: Setting, seen: list[Drops], eligible: bool, level: float
) -> Candidate:
    fitted = fit_curve(form, curve, setting)
    cuts = rolling_cuts(form, curve, setting, fitted)
    raw = calibrate(cuts, fitted.noise, curve.now, level)
    factor = min(raw.factor, MOST_FACTOR)
    calibration = replace(raw, drift=max(raw.drift, LEAST_DRIFT), factor=factor)
    corrected = correction(seen) if seen else None
    held_out = far_error(cuts) if corrected is None else corrected.deviation
    return Candidate(fitted, anchor(curve, setting), held_out, calibration, corrected, eligible)


def _weighted(found: Sequence[Candidate]) -> list[Candidate]:
    """Weights from the held-out errors of those eligible; without any, the first of them alone."""
    errors = [each.held_out if each.eligible else None for each in found]
    known = [error for error in errors if error is not None]
    if not known:
        first = next(n for n, each in enumerate(found) if each.eligible)
        return [replace(each, weight=float(n == first)) for n, each in enumerate(found)]
    least = max(min(known), 1e-6)
    powers = [0.0 if error is None else (max(error, least) / least) ** -SHARPNESS for error in errors]
    return [replace(each, weight=power / sum(powers)) for each, power in zip(found, powers, strict=True)]


def decay_now(
    curve: Curve, setting: Setting, *, share: float, end: float, shape: str = "linear"
) -> Setting | None:
    """The plan in which the decay starts now and lasts a share of the planned training; None without a rate.

    Args:
        curve: what was measured so far.
        setting: the plan as it is.
        share: of the planned length.
        end: learning rate at the end.
        shape: one of `objectives.curves.schedule.SHAPES`.
    """
    if setting.schedule is None:
        return None
    length = curve.now + share * setting.length
    schedule = DecayFrom.of(setting.schedule, curve.now, length, end, shape)
    return replace(setting, schedule=schedule, length=length, memory=setting.span)
