"""Stop runs that will not win: candidates are compared by where their curves are going, not where they are.

    pruner = Pruner(settings)
    decision = pruner.should_stop({"a": curve_a, "b": curve_b})    # whenever there are new losses
    decision.stop        # names whose interval lies above that of the best, the worst first

The forecast is one form fitted to each curve: a few tens of milliseconds. What it costs to be wrong is set by
`caution`: intervals are that many standard deviations wide.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from objectives.curves.curve import LEAST, Curve
from objectives.curves.fitting import Setting, fit_curve
from objectives.curves.forms import FORMS

FORM = "multi-power"
DRIFT = 0.004
"""Relative error per decade of time that two runs of one experiment do not share. An assumption; what they
share (a form that is wrong in the same way for all) does not change their order."""
CAUTION = 2.0
LEAST_SHARE = 0.1
"""Of its training a run has before it is judged."""


@dataclass(frozen=True)
class Outlook:
    """Where one run is going."""

    name: str
    log_loss: float
    """Of the forecast at the end of training."""
    deviation: float
    share: float
    """Of its training that is over."""

    @property
    def loss(self) -> float:
        """The forecast."""
        return float(np.exp(self.log_loss))


@dataclass(frozen=True)
class Decision:
    """What a pruner says about the runs it was shown."""

    outlooks: tuple[Outlook, ...]
    """Of the runs that could be judged, the best first."""
    stop: tuple[str, ...]
    """Runs that will not win, the worst first."""

    @property
    def best(self) -> str | None:
        """The run with the least forecast."""
        return self.outlooks[0].name if self.outlooks else None


@dataclass(frozen=True, eq=False)
class Pruner:
    """Decides which of several running candidates to stop.

    Args:
        settings: schedule and length of each run, or one for all.
        form: a name of `FORMS`.
        caution: standard deviations an interval reaches to either side.
        least_share: of its training a run has before it is judged.
        keep: at least so many runs are never stopped.
    """

    settings: Setting | Mapping[str, Setting]
    form: str = FORM
    caution: float = CAUTION
    least_share: float = LEAST_SHARE
    keep: int = 1

    def should_stop(self, prefixes: Mapping[str, Curve]) -> Decision:
        """Judge runs by what was measured of them so far."""
        found = [self.outlook(name, curve) for name, curve in prefixes.items()]
        outlooks = sorted((each for each in found if each is not None), key=lambda each: each.log_loss)
        if not outlooks:
            return Decision((), ())
        bar = min(each.log_loss + self.caution * each.deviation for each in outlooks)
        losing = [
            each.name for each in outlooks[self.keep :] if each.log_loss - self.caution * each.deviation > bar
        ]
        return Decision(tuple(outlooks), tuple(reversed(losing)))

    def _setting(self, name: str) -> Setting:
        return self.settings if isinstance(self.settings, Setting) else self.settings[name]

    def _ready(self, name: str, curve: Curve) -> bool:
        return len(curve) >= LEAST and curve.now >= self.least_share * self._setting(name).length

    def outlook(self, name: str, curve: Curve) -> Outlook | None:
        """Where one run is going; None where it is too early to tell."""
        if not self._ready(name, curve):
            return None
        setting = self._setting(name)
        fitted = fit_curve(FORMS[self.form], curve, setting)
        value, _ = fitted.log_loss(np.array([setting.length]))
        decades = max(np.log10(setting.length / curve.now), 0.0)
        deviation = float(np.hypot(fitted.noise, DRIFT * decades))
        return Outlook(name, float(value[0]), deviation, curve.now / setting.length)
