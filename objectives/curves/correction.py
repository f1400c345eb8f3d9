"""What finished curves of a family teach: by which factor a form misjudges the rest of the way down.

The beginning of a curve does not show what a decay of the learning rate will gain, nor which form its family
follows. Each finished curve is forecast from its own beginning, from the same share of its training as the
curve in question. The drop of log loss a form then predicts, against the drop that came, gives one factor for
the family; what the factor leaves unexplained gives the width of the interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from objectives.curves.curve import Curve
from objectives.curves.fitting import Setting, fit_curve
from objectives.curves.forms import CurveForm
from objectives.laws.law import Array

HELD_BACK = 0.2
"""Curves' worth of belief that a form is right as it is."""
ASSUMED_ERROR, ASSUMED_CURVES = 0.01, 2.0
"""Relative error of a corrected forecast that is assumed before any curve was seen, and what it weighs."""


@dataclass(frozen=True, eq=False)
class Finished:
    """A curve to its end, and how it was trained."""

    curve: Curve
    setting: Setting

    @property
    def end(self) -> float:
        """The last loss."""
        return self.curve.last()

    def beginning(self, share: float) -> Curve:
        """What was known after a share of its time."""
        return self.curve.until(share * self.curve.now)


@dataclass(frozen=True, eq=False)
class Drops:
    """Drops of log loss from now to the end of one curve: as a form predicted it, and as it came."""

    predicted: float
    true: float


@dataclass(frozen=True)
class Correction:
    """What a family's finished curves make of one form's forecast."""

    factor: float
    """The predicted drop of log loss is multiplied by it."""
    deviation: float
    """Standard deviation of the drops that came about the corrected ones."""
    leverage: float
    """Sum of the squares of the predicted drops, which the factor rests on."""
    curves: int

    @property
    def degrees(self) -> float:
        """Degrees of freedom of the deviation."""
        return ASSUMED_CURVES + self.curves - 1

    def spread(self, drop: float) -> float:
        """Standard deviation of a corrected forecast whose form predicted a drop."""
        return float(self.deviation * np.sqrt(1.0 + drop**2 / max(self.leverage, 1e-12)))


def drops(form: CurveForm, finished: Finished, share: float) -> Drops:
    """Forecast a finished curve from a share of its time."""
    seen = finished.beginning(share)
    fitted = fit_curve(form, seen, finished.setting)
    predicted, _ = fitted.log_loss(np.array([finished.curve.now]))
    now = anchor(seen, finished.setting)
    return Drops(now - float(predicted[0]), now - float(np.log(finished.end)))


def anchor(curve: Curve, setting: Setting) -> float:
    """Log of the loss a curve has reached: the mean of its last stretch."""
    return float(np.log(curve.thinned(setting.warmup)[1][-1]))


def correction(seen: Sequence[Drops]) -> Correction:
    """The factor by least squares, held back towards 1, and what it leaves.

    Without any predicted drop (the last value) there is nothing to multiply, and the deviation says it.
    """
    predicted, true = (np.array([getattr(each, name) for each in seen]) for name in ("predicted", "true"))
    back = HELD_BACK * np.mean(predicted**2)
    leverage = float(np.sum(predicted**2) + back)
    factor = float((np.sum(predicted * true) + back) / leverage) if leverage > 0 else 1.0
    return Correction(factor, deviation(factor * predicted - true), leverage, len(seen))


def deviation(errors: Array) -> float:
    """Of errors, with the assumed one among them."""
    total = ASSUMED_CURVES * ASSUMED_ERROR**2 + np.sum(errors**2)
    return float(np.sqrt(total / (ASSUMED_CURVES + len(errors) - 1)))
