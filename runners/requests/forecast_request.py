"""A partial loss curve and a plan become the record of a forecast: options checked, all mistakes at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from platform import python_version
from typing import Any

import numpy as np

from objectives.curves.alarm import ORIGIN, Watch, watch
from objectives.curves.correction import ASSUMED_ERROR, Finished
from objectives.curves.curve import LEAST, Curve
from objectives.curves.curve_table import read_curve, schedule_mistakes
from objectives.curves.fitting import Setting
from objectives.curves.forecast import AUTO, LEAST_DRIFT, Candidate, Forecast, decay_now, forecast
from objectives.curves.forms import FORMS, coefficients_of
from objectives.curves.inputs import MEMORY, MEMORY_SHARE
from objectives.curves.schedule import SHAPES, Schedule
from objectives.curves.schedule_text import parse_schedule
from objectives.fit.calibration import LEVEL
from runners.documents.rendering import plain
from spaces.errors import BadInput, Mistake, Mistakes, one_of

DECAY_NOW = "decay-now"
POINTS = 60
"""Of the path that is drawn."""


@dataclass(frozen=True)
class ForecastRequest:
    """What a user asks of a forecast. Names are those of the options; nothing is checked yet."""

    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    schedule: str | None = None
    total_steps: float | None = None
    total_tokens: float | None = None
    like: Sequence[Path] = ()
    law: str = AUTO
    level: float = LEVEL
    as_of: float | None = None
    what_if: str | None = None
    decay_share: float = 0.1
    decay_end: float = 0.0
    decay_shape: str = "linear"

    def run(self) -> dict[str, Any]:
        """The record of the forecast.

        Raises:
            BadInput: every mistake in the options and the tables.
        """
        curve, setting, likes = self._checked()
        made = forecast(curve, setting, likes, law=self.law, level=self.level)
        origin = ORIGIN * curve.now if self.as_of is None else self.as_of
        watched = None
        if len(curve.until(origin)) >= LEAST:
            watched = watch(curve, setting, origin, likes, law=self.law, level=self.level)
        return dict(plain(self._record(made, watched)))

    def _checked(self) -> tuple[Curve, Setting, list[Finished]]:
        """Curve, plan and finished curves; raises with all mistakes together."""
        found = Mistakes()
        found.all += self._mistakes()
        curve = setting = None
        with found.within(""):
            curve = read_curve(self.path, self.columns)
        if curve is not None:
            with found.within(""):
                setting = self._setting(curve)
            found.all += self._times(curve, setting)
        likes = []
        for path in self.like:
            with found.within(""):
                likes.append(self._finished(path, setting))
        found.settle()
        assert curve is not None  # or there was a mistake
        assert setting is not None
        return curve, setting, likes

    def _mistakes(self) -> Iterator[Mistake]:
        names = (AUTO, *FORMS)
        if self.law not in names:
            yield Mistake("law", one_of(names, self.law), self.law)
        if not 0 < self.level < 1:
            yield Mistake("level", "a share above 0 and below 1", f"{self.level:g}")
        if self.what_if not in (None, DECAY_NOW):
            yield Mistake("what_if", one_of([DECAY_NOW], self.what_if), str(self.what_if))
        if self.decay_shape not in SHAPES:
            yield Mistake("decay_shape", one_of(SHAPES, self.decay_shape), self.decay_shape)
        if not 0 < self.decay_share <= 1:
            yield Mistake(
                "decay_share", "a share of the training above 0, at most 1", f"{self.decay_share:g}"
            )
        if not (isfinite(self.decay_end) and self.decay_end >= 0):
            yield Mistake("decay_end", "a learning rate of at least 0", f"{self.decay_end:g}")
        if self.decay_shape == "exponential" and self.decay_end == 0:
            yield Mistake("decay_end", "a positive learning rate after an exponential decay", "0")

    def _setting(self, curve: Curve) -> Setting:
        """The plan: schedule and length in the curve's unit of time."""
        schedule, unit = (None, curve.unit) if self.schedule is None else parse_schedule(self.schedule)
        if schedule is not None and unit != curve.unit:
            schedule = _converted(schedule, unit, curve)
        total = self._total(curve)
        if total is None and schedule is None:
            raise BadInput.of(
                "total_steps", "the end of training: --schedule, --total-steps or --total-tokens", "none"
            )
        length = total if total is not None else schedule.length if schedule is not None else 0.0
        if schedule is None:
            schedule = curve.logged(length)
        elif schedule.length != length:
            expected = f"the {schedule.length:g} {curve.unit} of the schedule"
            raise BadInput.of("total_steps" if self.total_steps else "total_tokens", expected, f"{length:g}")
        if self.schedule is not None and schedule is not None:
            wrong = schedule_mistakes(curve, schedule)
            if wrong:
                raise BadInput(wrong)
        return Setting(schedule, length, curve.unit)

    def _total(self, curve: Curve) -> float | None:
        """The end of training as an option gives it, in the curve's unit."""
        given = {"steps": self.total_steps, "tokens": self.total_tokens}
        found = {unit: value for unit, value in given.items() if value is not None}
        if len(found) > 1:
            raise BadInput.of("total_steps", "one of --total-steps and --total-tokens", "both")
        for unit, value in found.items():
            if not (isfinite(value) and value > 0):
                raise BadInput.of(f"total_{unit}", "a positive finite number", f"{value:g}")
            return value * _per(unit, curve, f"total_{unit}")
        return None

    def _times(self, curve: Curve, setting: Setting | None) -> Iterator[Mistake]:
        """Times that do not fit the curve."""
        if setting is not None and setting.length < curve.now:
            expected = f"an end of training after the curve's last row, {curve.now:g} {curve.unit}"
            yield Mistake("total_steps", expected, f"{setting.length:g}")
        if self.as_of is not None and not curve.time[0] < self.as_of < curve.now:
            yield Mistake(
                "as_of", f"a time within the curve, {curve.time[0]:g} to {curve.now:g}", f"{self.as_of:g}"
            )
        elif self.as_of is not None and len(curve.until(self.as_of)) < LEAST:
            yield Mistake("as_of", f"a time after the curve's first {LEAST} rows", f"{self.as_of:g}")
        if self.what_if is not None and setting is not None and setting.schedule is None:
            yield Mistake("what_if", "a --schedule or a logged learning rate to decay from", "neither")

    def _finished(self, path: Path, setting: Setting | None) -> Finished:
        """A finished curve: under its own logged rate, else under this schedule at its own length."""
        try:
            curve = read_curve(path, self.columns)
        except BadInput as error:
            raise BadInput(
                replace(each, field=f"like {path.name}: {each.field}") for each in error.mistakes
            ) from error
        schedule: Schedule | None = curve.logged(curve.now)
        if setting is not None and curve.unit != setting.unit:
            raise BadInput.of(
                "like", f"a curve in {setting.unit}, as {self.path.name}", f"{path.name} in {curve.unit}"
            )
        if schedule is None and setting is not None and setting.schedule is not None:
            if curve.now <= setting.schedule.warmup:
                raise BadInput.of("like", "a curve that ends after the warm-up", path.name)
            schedule = setting.schedule.extended(curve.now)
        return Finished(curve, Setting(schedule, curve.now, curve.unit))

    def _record(self, made: Forecast, watched: Watch | None) -> dict[str, Any]:
        curve, setting = made.curve, made.setting
        return {
            "curve": _curve_record(made),
            "schedule": None if setting.schedule is None else setting.schedule.to_dict(),
            "forecast": _ends(made),
            "chosen": {each.form.name: each.weight for each in made.believed},
            "chosen_by": _reason(made, self.law),
            "forms": [_form_record(each, made) for each in made.candidates],
            "path": _path(made),
            "watch": None if watched is None else watched.to_dict(),
            "what_if": self._what_if(made) if self.what_if else None,
            "assumptions": list(self._assumptions(made)),
            "measured": {"time": curve.thinned()[0].tolist(), "loss": curve.thinned()[1].tolist()},
            "versions": {
                "python": python_version(),
                **{name: version(name) for name in ("scalesearch", "numpy")},
            },
        }

    def _what_if(self, made: Forecast) -> dict[str, Any]:
        """The end of a training whose decay starts now, beside the plan."""
        end = self.decay_end
        plan = decay_now(made.curve, made.setting, share=self.decay_share, end=end, shape=self.decay_shape)
        assert plan is not None  # checked with the options
        other = made.under(plan)
        planned = made.under(made.setting)
        return {
            "name": DECAY_NOW,
            "shape": self.decay_shape,
            "share": self.decay_share,
            "end": end,
            "length": plan.length,
            "saved": 1.0 - plan.length / made.setting.length,
            "forecast": _ends(other),
            "as_planned": _ends(planned),
            "path": _path(other),
        }

    def _assumptions(self, made: Forecast) -> Iterator[str]:
        setting, curve = made.setting, made.curve
        if setting.schedule is None:
            yield "the learning rate is unknown and taken to be constant: no decay to come is foreseen"
        elif self.schedule is None:
            yield "the learning rate stays at its last logged value: give --schedule if it will not"
        if setting.schedule is not None and curve.unit == "tokens":
            yield f"a drop of the rate takes {MEMORY_SHARE:.0%} of the training to tell: steps are unknown"
        elif setting.schedule is not None:
            yield f"a drop of the rate takes {MEMORY:g} steps to tell (Tissue et al. 2024)"
        for each in made.believed:
            if each.form.assumed and each.weight > 0.01:
                yield f"{each.form.name}: {each.form.assumed}"
        if made.likes < len(self.like):
            others = len(self.like) - made.likes
            yield f"{others} of the curves given by --like are left out: under another plan"
        if made.likes == 1:
            yield f"one finished curve does not show how its family scatters: {ASSUMED_ERROR:.0%} is assumed"
        if not made.likes:
            yield (
                f"no finished curve under the same plan is known (--like): the interval grows by "
                f"at least {LEAST_DRIFT:.1%} per decade of time, as on the real curves of the benchmark"
            )


def _per(unit: str, curve: Curve, option: str) -> float:
    """Curve's time per step or token."""
    if unit == curve.unit:
        return 1.0
    if curve.tokens_per_step is None:
        missing = "tokens" if unit == "tokens" else "step"
        raise BadInput.of(
            option, f"columns of steps and tokens in the curve, to convert {unit}", f"no {missing} column"
        )
    return 1.0 / curve.tokens_per_step if unit == "tokens" else curve.tokens_per_step


def _converted(schedule: Schedule, unit: str, curve: Curve) -> Schedule:
    """A schedule in the curve's unit of time."""
    factor = _per(unit, curve, "schedule")
    names = ("length", "warmup", *schedule.moments())
    return replace(schedule, **{name: factor * getattr(schedule, name) for name in names})


def _curve_record(made: Forecast) -> dict[str, Any]:
    curve, length = made.curve, made.setting.length
    return {
        "name": curve.name,
        "unit": curve.unit,
        "rows": len(curve),
        "now": curve.now,
        "length": length,
        "share": curve.now / length,
        "tokens_per_step": curve.tokens_per_step,
        "loss": float(curve.thinned(made.setting.warmup)[1][-1]),
    }


def _ends(made: Forecast) -> dict[str, Any]:
    value, low, high = made.final()
    return {"loss": value, "interval": [low, high], "level": made.level}


def _form_record(each: Candidate, made: Forecast) -> dict[str, Any]:
    end = np.array([made.setting.length])
    value, half = float(each.log_loss(end)[0]), float(each.half_width(end)[0])
    peak = 1.0 if made.setting.schedule is None else made.setting.schedule.peak
    return {
        "name": each.form.name,
        "equation": each.form.equation,
        "loss": float(np.exp(value)),
        "interval": [float(np.exp(value - half)), float(np.exp(value + half))],
        "held_out": each.held_out,
        "weight": each.weight,
        "eligible": each.eligible,
        "factor": None if each.correction is None else each.correction.factor,
        "noise": each.fitted.noise,
        "coefficients": coefficients_of(
            each.form, each.fitted.theta, peak, each.fitted.now, each.fitted.setting.span
        ),
    }


def _reason(made: Forecast, law: str) -> str:
    if law != AUTO:
        return "asked for"
    if made.likes:
        curves = "one finished curve" if made.likes == 1 else f"{made.likes} finished curves"
        return f"its forecasts of {curves} from the same share of training"
    if not all(each.eligible for each in made.candidates):
        return "held-out forecasts of the curve's own beginning, among the laws that know the schedule"
    return "held-out forecasts of the curve's own beginning"


def _path(made: Forecast) -> dict[str, list[float]]:
    time = np.linspace(made.curve.now, made.setting.length, POINTS)[1:]
    columns = dict(zip(("loss", "low", "high"), made.loss(time), strict=True))
    return {"time": time.tolist(), **{name: column.tolist() for name, column in columns.items()}}
