"""How a form forecasts a curve's own beginning: fit up to a cut, predict the rest up to now, at some cuts."""

import numpy as np

from objectives.curves.curve import LEAST, Curve
from objectives.curves.fitting import Fitted, Setting, fit_curve
from objectives.curves.forms import CurveForm
from objectives.fit.cut import Cut
from objectives.laws.law import Array

CUTS = (0.4, 0.55, 0.7, 0.85)
"""Shares of what was measured."""


def rolling_cuts(form: CurveForm, curve: Curve, setting: Setting, whole: Fitted) -> list[Cut]:
    """The errors at each cut that leaves enough points on both sides; times stand where a `Cut` has FLOPs.

    Args:
        form: what is judged.
        curve: all that was measured.
        setting: schedule and length.
        whole: the fit to all of it, where the others start.
    """
    found = []
    for share in CUTS:
        seen = curve.until(share * curve.now)
        if len(seen) < LEAST or len(curve) - len(seen) < 2:
            continue
        time, loss = curve.thinned(setting.warmup)
        time, loss = time[time > seen.now], unspiked(loss)[time > seen.now]
        if not len(time):
            continue
        fitted = fit_curve(form, seen, setting, now=curve.now, starts=whole.theta[None])
        predicted, spread = fitted.log_loss(time)
        error = predicted - np.log(loss)
        decades = np.log10(time / seen.now)
        found.append(Cut(seen.now, len(seen), error, spread, fitted.noise, decades))
    return found


def unspiked(loss: Array) -> Array:
    """Each loss as the median of itself and its two neighbours: a single spike is no error of a forecast."""
    inner = np.median([loss[:-2], loss[1:-1], loss[2:]], axis=0)
    return np.concatenate([loss[:1], inner, loss[-1:]])


def far_error(cuts: list[Cut]) -> float | None:
    """Mean over the cuts of the relative error at the far end, now; None without cuts."""
    if not cuts:
        return None
    return float(np.mean([abs(np.mean(cut.error[-max(1, len(cut.error) // 5) :])) for cut in cuts]))
