"""One form fitted to one curve: robust, with priors as further residuals, by the project's own solver.

Residuals are those of log loss in units of their own scatter, so that noise, priors and Huber's bend (at two
standard deviations) mean the same on every curve.
"""

from dataclasses import dataclass

import numpy as np

from objectives.curves.curve import Curve
from objectives.curves.forms import CurveForm, LastValue, Prior
from objectives.curves.inputs import MEMORY, MEMORY_SHARE, Inputs
from objectives.curves.schedule import Constant, Schedule
from objectives.fit.losses import MAD_SIGMA, Huber
from objectives.fit.solver import minimise
from objectives.laws.law import Array

BEND = 2.0
FIRST_NOISE = 0.003
LEAST_NOISE = 5e-4
"""Relative error a form is never believed to be below: it is no law of nature."""
STEPS = 80
TOLERANCE = 1e-8


@dataclass(frozen=True, eq=False)
class Setting:
    """What a forecast knows beside the losses: the schedule, and how time is counted."""

    schedule: Schedule | None
    length: float
    """End of training."""
    unit: str = "steps"
    memory: float | None = None
    """Time a drop of the rate takes to tell; published (steps) or a share of training if left out."""

    def inputs(self, time: Array, now: float) -> Inputs:
        """The times as the forms need them."""
        schedule = self.schedule or Constant(1.0, self.length)
        return Inputs(schedule, time, now, self.span, every_step=self.unit == "steps")

    @property
    def span(self) -> float:
        """The memory, in the unit of time."""
        if self.memory is not None:
            return self.memory
        return MEMORY if self.unit == "steps" else MEMORY_SHARE * self.length

    @property
    def warmup(self) -> float:
        """End of the warm-up."""
        return 0.0 if self.schedule is None else self.schedule.warmup


@dataclass(frozen=True, eq=False)
class Fitted:
    """A form with its coordinates."""

    form: CurveForm
    setting: Setting
    now: float
    theta: Array
    covariance: Array
    noise: float
    """Standard deviation of the log residuals."""

    def log_loss(self, time: Array) -> tuple[Array, Array]:
        """Log of the loss at some times, and its standard deviation from the coordinates; both (R,)."""
        value, jacobian = self.form.evaluate(self.theta[None], self.setting.inputs(time, self.now))
        slope = jacobian[0] / value[0][:, None]
        variance = np.einsum("rp,pq,rq->r", slope, self.covariance, slope)
        return np.log(value[0]), np.sqrt(np.maximum(variance, 0.0))


def fit_curve(
    form: CurveForm,
    curve: Curve,
    setting: Setting,
    *,
    now: float | None = None,
    starts: Array | None = None,
    prior: Prior | None = None,
) -> Fitted:
    """Fit a form to everything a curve has.

    Args:
        form: what to fit.
        curve: what was measured.
        setting: schedule and length.
        now: unit of time; the end of the curve if left out.
        starts: coordinates to start from, (S, p); the form's own if left out.
        prior: of the coordinates; the form's own if left out.
    """
    now = now or curve.now
    time, loss = curve.thinned(setting.warmup)
    if isinstance(form, LastValue):
        time, loss = time[-1:], loss[-1:]
    inputs = setting.inputs(time, now)
    prior = prior or form.prior(float(loss[-1]), setting.span, now)
    problem = _Problem(form, inputs, np.log(loss), prior)
    theta = problem.solved(form.starts(loss, inputs, prior) if starts is None else starts, FIRST_NOISE)
    noise = max(problem.scatter(theta), LEAST_NOISE)
    theta = problem.solved(theta[None], noise)
    return Fitted(form, setting, now, theta, problem.covariance(theta, noise), noise)


@dataclass(frozen=True, eq=False)
class _Problem:
    """Residuals of one fit."""

    form: CurveForm
    inputs: Inputs
    observed: Array
    prior: Prior

    def residuals(self, theta: Array, noise: float) -> tuple[Array, Array]:
        """Log residuals and distances from the prior, in standard deviations: (B, R + p), and by theta."""
        value, jacobian = self.form.evaluate(theta, self.inputs)
        r = (np.log(value) - self.observed) / noise
        slopes = jacobian / value[..., None] / noise
        pull = (theta - self.prior.mean) / self.prior.deviation
        pulls = np.broadcast_to(np.diag(1.0 / self.prior.deviation), (len(theta), *2 * pull.shape[1:]))
        return np.concatenate([r, pull], axis=1), np.concatenate([slopes, pulls], axis=1)

    def solved(self, starts: Array, noise: float) -> Array:
        """Coordinates of the best end of some starts."""
        lower, upper = self.prior.bounds
        minima = minimise(
            lambda theta: self.residuals(theta, noise),
            starts,
            Huber(BEND),
            np.ones(len(self.observed) + starts.shape[1]),
            lower=lower,
            upper=upper,
            steps=STEPS,
            tolerance=TOLERANCE,
        )
        return np.asarray(minima.theta[minima.best])

    def scatter(self, theta: Array) -> float:
        """Robust standard deviation of the log residuals."""
        value, _ = self.form.evaluate(theta[None], self.inputs)
        off = np.abs(np.log(value[0]) - self.observed)
        degrees = max(len(off) - len(theta), 1) / len(off)
        return float(MAD_SIGMA * np.median(off) / np.sqrt(degrees))

    def covariance(self, theta: Array, noise: float) -> Array:
        """Of the coordinates: inverse of the curvature at the optimum, priors included."""
        _, slopes = self.residuals(theta[None], noise)
        return np.asarray(np.linalg.pinv(slopes[0].T @ slopes[0], hermitian=True))
