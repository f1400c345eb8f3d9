"""How good are forecasts of the final loss? `python -m experiments.benchmarks forecast`, on real curves.

Every curve is cut at 30 % of its tokens; each form forecasts its end from there, alone and with finished
curves of the same set, and nominal 95 % intervals are held against the truth.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.real_curves import LIKES, RealCurve, likes_of, real_curves
from objectives.curves.forecast import Forecast, forecast, same_plan
from objectives.curves.forms import FORMS
from runners.documents.document import Section, Table
from runners.documents.quantities import percent

SHARE = 0.3
EVERY = {"clark": 4, "clark-c4": 4}
"""Every fourth curve of a large set is forecast; all may teach."""
TAUGHT = {"auto, with finished curves": LIKES, "auto, with the nearest of them": 1}
"""How many of the finished curves teach."""


@dataclass(frozen=True)
class Outcome:
    """One forecast of one curve."""

    group: str
    method: str
    error: float
    """Log of forecast over truth."""
    half_width: float
    seconds: float
    """Of processor time, for all forms together."""


def sections(sets: dict[str, list[RealCurve]] | None = None) -> list[Section]:
    """The tables of this benchmark."""
    sets = real_curves() if sets is None else sets
    outcomes = [each for group in sets.values() for each in of_set(group)]
    return [_table(outcomes, name) for name in sets]


def of_set(curves: Sequence[RealCurve]) -> list[Outcome]:
    """Every method on every curve of one set."""
    found = []
    for curve in curves[:: EVERY.get(curves[0].group, 1)]:
        found += _alone(curve)
        likes = [each.finished for each in likes_of(curve, curves)]
        alike = [each for each in likes if same_plan(curve.finished.setting, each.setting, SHARE)]
        for method, most in TAUGHT.items():
            if alike:
                seen = curve.finished.beginning(SHARE)
                start = time.process_time()
                made = forecast(seen, curve.finished.setting, alike[:most])
                found.append(_outcome(curve, method, made, time.process_time() - start))
    return found


def _alone(curve: RealCurve) -> list[Outcome]:
    start = time.process_time()
    made = forecast(curve.finished.beginning(SHARE), curve.finished.setting)
    seconds = time.process_time() - start
    end = np.array([curve.finished.setting.length])
    truth = np.log(curve.finished.end)
    single = [
        Outcome(
            curve.group,
            each.form.name,
            float(each.log_loss(end)[0] - truth),
            float(each.half_width(end)[0]),
            seconds,
        )
        for each in made.candidates
    ]
    return [_outcome(curve, "auto, alone", made, seconds), *single]


def _outcome(curve: RealCurve, method: str, made: Forecast, seconds: float) -> Outcome:
    value, _, high = made.final()
    error = np.log(value / curve.finished.end)
    return Outcome(curve.group, method, float(error), float(np.log(high / value)), seconds)


def _table(outcomes: Sequence[Outcome], group: str) -> Section:
    methods = (*TAUGHT, "auto, alone", *FORMS)
    rows = [
        _row(method, [e for e in outcomes if (e.group, e.method) == (group, method)]) for method in methods
    ]
    columns = ("forecast", "curves", "median error", "9 in 10 below", "inside 95 %", "half width", "CPU")
    return Section(
        f"Final loss from the first {percent(SHARE)} of the tokens: {group}", (), Table.of(columns, rows)
    )


def _row(method: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    if not outcomes:
        return method, "0", "", "", "", "", ""
    size = np.abs([each.error for each in outcomes])
    width = np.array([each.half_width for each in outcomes])
    return (
        *(method, str(len(outcomes)), f"{np.median(size):.2%}", f"{np.quantile(size, 0.9):.2%}"),
        *(f"{np.mean(size <= width):.0%}", f"{np.median(width):.2%}"),
        f"{np.mean([each.seconds for each in outcomes]):.2f} s",
    )
