"""Where do the errors of a forecast alone come from? `python -m experiments.benchmarks forecast_limits`.

The multi-power law fitted to the first 30 % of real curves, then with its floor, its exponent or the gain of
its decay held at what the whole curve says, and with priors of the three learnt from curves of other runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.benchmarks.forecast import EVERY, SHARE
from experiments.real_curves import RealCurve, real_curves
from objectives.curves.correction import anchor
from objectives.curves.curve import Curve
from objectives.curves.fitting import fit_curve
from objectives.curves.forms import MultiPower, Prior
from objectives.fit.losses import MAD_SIGMA
from objectives.laws.law import Array
from runners.documents.document import Section, Table

FORM = MultiPower()
SHAPE = [FORM.coefficients.index(name) for name in ("L0", "alpha", "B")]
GIVEN = {
    "as it is": (False, False, False),
    "exponent given": (False, True, False),
    "gain given": (False, False, True),
    "gain and exponent": (False, True, True),
    "gain and floor": (True, False, True),
}
HELD = 1e-3
"""Standard deviation of a coordinate that is given."""
RUNS = {"ladder-wikitext": "ladder", "clark-c4": "clark"}
"""Sets that are the same runs as another, on other text: neither teaches the other."""
LEFT_OUT = "pythia"


@dataclass(frozen=True, eq=False)
class Case:
    """One curve: its beginning, and the shape the whole of it has."""

    curve: RealCurve
    seen: Curve
    shape: Array
    """The floor as a share of the loss now, log of the exponent, log of the gain as such a share."""

    @property
    def runs(self) -> str:
        """Which runs it is of."""
        return RUNS.get(self.curve.group, self.curve.group)

    def prior(self, mean: Array, deviation: Array) -> Prior:
        """The published prior, with another one for the shape; NaN leaves what is published."""
        setting = self.curve.finished.setting
        now = float(np.exp(anchor(self.seen, setting)))
        published = FORM.prior(now, setting.span, self.seen.now)
        prior = Prior(published.mean.copy(), published.deviation.copy())
        told = ~np.isnan(mean)
        where = np.array(SHAPE)[told]
        prior.mean[where] = np.add(mean * [now, 1.0, 1.0], [0.0, 0.0, np.log(now)])[told]
        prior.deviation[where] = (deviation * [now, 1.0, 1.0])[told]
        return prior

    def error(self, mean: Array, deviation: Array) -> float:
        """Log of forecast over truth with such a prior."""
        finished = self.curve.finished
        fitted = fit_curve(FORM, self.seen, finished.setting, prior=self.prior(mean, deviation))
        return float(fitted.log_loss(np.array([finished.curve.now]))[0][0] - np.log(finished.end))


def sections(sets: Mapping[str, list[RealCurve]] | None = None) -> list[Section]:
    """The tables of this benchmark."""
    sets = real_curves() if sets is None else sets
    cases = [
        case_of(curve)
        for name, curves in sets.items()
        if name != LEFT_OUT
        for curve in curves[:: EVERY.get(name, 1)]
    ]
    rows = [_row(name, cases) for name in dict.fromkeys(case.curve.group for case in cases)]
    columns = ("curves", "gain", *GIVEN, "priors of other runs")
    text = (
        "Gain of a decay of the whole peak, as a share of the loss: median and middle 80 % of the curves. "
        "Errors of the final loss: median of their sizes, and in brackets with their signs.",
    )
    return [Section("What a forecast alone does not know", text, Table.of(columns, rows))]


def case_of(curve: RealCurve) -> Case:
    """A curve and its shape, fitted to all of it in the units of its beginning."""
    finished = curve.finished
    seen = finished.beginning(SHARE)
    whole = fit_curve(FORM, finished.curve, finished.setting, now=seen.now)
    now = anchor(seen, finished.setting)
    shape = whole.theta[SHAPE] / [np.exp(now), 1.0, 1.0] - [0.0, 0.0, now]
    return Case(curve, seen, shape)


def learnt(case: Case, cases: Sequence[Case]) -> tuple[Array, Array]:
    """Mean and standard deviation of the shape over other runs, every set of runs counted once."""
    groups = dict.fromkeys(each.runs for each in cases if each.runs != case.runs)
    shapes = [np.array([each.shape for each in cases if each.runs == group]) for group in groups]
    middles = np.array([np.median(each, axis=0) for each in shapes])
    within = np.mean(
        [MAD_SIGMA * np.median(np.abs(each - np.median(each, axis=0)), axis=0) for each in shapes], 0
    )
    return middles.mean(axis=0), np.hypot(middles.std(axis=0, ddof=1), within)


def _row(name: str, cases: Sequence[Case]) -> tuple[str, ...]:
    mine = [case for case in cases if case.curve.group == name]
    unknown, held = np.full(3, np.nan), np.full(3, HELD)
    columns = [
        [case.error(np.where(mask, case.shape, unknown), held) for case in mine] for mask in GIVEN.values()
    ]
    columns.append([case.error(*learnt(case, cases)) for case in mine])
    gains = np.exp(np.quantile([case.shape[2] for case in mine], [0.5, 0.1, 0.9]))
    return (
        *(f"{name}, {len(mine)}", "{:.1%} ({:.1%} to {:.1%})".format(*gains)),
        *(f"{np.median(np.abs(errors)):.2%} ({np.median(errors):+.2%})" for errors in columns),
    )
