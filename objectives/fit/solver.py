"""Levenberg-Marquardt for robust losses, on many starts or many resampled tables at once.

Minimises F = sum_i w_i rho(r_i(theta)) for B problems side by side: starts of one fit, or bootstrap
replicates of it. Steps come from a QR factorisation of the weighted Jacobian, never from normal equations.
Two numbers steer each problem: the damping, and the caution with which a robust loss is linearised (from
reweighted least squares, which is safe, to Newton's step, which is quick); both fall as steps succeed.

Every test is relative to F itself, so that multiplying the weights by any number changes nothing but F.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from objectives.fit.losses import Loss
from objectives.laws.law import Array

Model = Callable[[Array], tuple[Array, Array]]
"""Parameters (B, p) -> residuals (B, R) and their Jacobian (B, R, p); NaN where there is no value."""

STEPS = 400
TOLERANCE = 1e-15
"""Decrease still to be had, relative to F, at which a problem is solved: rounding of F hides less."""
LEAST_CAUTION = 1e-4
STUCK = 1e12
"""Damping at which no step is short enough to go down."""
TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Minima:
    """Where B problems ended."""

    theta: Array
    """Shape (B, p)."""
    value: Array
    """F there, shape (B,); infinite where the start had no value."""
    decrease: Array
    """What a Newton step still promises, relative to F, shape (B,): the evidence that it is a minimum."""
    steps: int

    @property
    def best(self) -> int:
        """The problem of least F."""
        return int(np.argmin(self.value))


def minimise(
    model: Model,
    start: Array,
    loss: Loss,
    weights: Array,
    *,
    lower: npt.ArrayLike = -np.inf,
    upper: npt.ArrayLike = np.inf,
    steps: int = STEPS,
) -> Minima:
    """Solve B problems from their starts.

    Args:
        model: residuals and Jacobian.
        start: shape (B, p).
        loss: rho.
        weights: of the residuals, not negative; shape (R,), or (B, R) for resampled tables.
        lower: bounds of the parameters, shape (p,), (B, p), or one for all; equal bounds hold a parameter.
        upper: likewise.
        steps: at most so many.
    """
    state = _State(model, start, loss, weights, lower, upper)
    taken = 0
    while taken < steps and state.open.size:
        state.advance()
        taken += 1
    return Minima(state.theta, state.value, state.decrease, taken)


class _State:
    """All problems, and which of them are still open."""

    def __init__(
        self,
        model: Model,
        start: Array,
        loss: Loss,
        weights: Array,
        lower: npt.ArrayLike,
        upper: npt.ArrayLike,
    ) -> None:
        self.model, self.loss = model, loss
        count = len(start)
        self.weights = np.broadcast_to(weights, (count, np.shape(weights)[-1]))
        self.lower, self.upper = np.broadcast_to(lower, start.shape), np.broadcast_to(upper, start.shape)
        self.theta = np.clip(start, self.lower, self.upper)
        self.residuals, self.jacobian = self._at(self.theta)
        self.value = self._value(self.residuals, self.weights)
        self.decrease = np.full(count, np.inf)
        self.damping, self.growth = np.full(count, 1e-2), np.full(count, 2.0)
        self.caution = np.ones(count)
        self.open = np.flatnonzero(np.isfinite(self.value))

    def advance(self) -> None:
        """One step of every open problem."""
        rows = self.open
        theta, weights, caution = self.theta[rows], self.weights[rows], self.caution[rows]
        r, jacobian = self.residuals[rows], self.jacobian[rows]
        gradient = _product(jacobian, weights * self.loss.slope(r))
        lower, upper = self.lower[rows], self.upper[rows]
        free = ~(((theta <= lower) & (gradient > 0)) | ((theta >= upper) & (gradient < 0)))
        gradient = np.where(free, gradient, 0.0)
        curved = np.sqrt(weights * self.loss.curvature(r, caution[:, None]))
        factor, scale = _factor(jacobian * curved[:, :, None] * free[:, None, :])
        self.decrease[rows] = _promise(factor, scale, gradient) / (self.value[rows] + TINY)
        step = _damped_step(factor, scale, gradient, self.damping[rows])
        trial = np.clip(theta + step, lower, upper)
        new_r, new_jacobian = self._at(trial)
        value = self._value(new_r, weights)
        self._judge(
            rows, trial, new_r, new_jacobian, value, _promised(factor, scale, gradient, trial - theta)
        )

    def _judge(
        self,
        rows: npt.NDArray[np.intp],
        trial: Array,
        r: Array,
        jacobian: Array,
        value: Array,
        promised: Array,
    ) -> None:
        """Accept the trials that go down, steer damping and caution, and close what is solved or stuck."""
        old = self.value[rows]
        better = value < old
        took = rows[better]
        self.theta[took], self.value[took] = trial[better], value[better]
        self.residuals[took], self.jacobian[took] = r[better], jacobian[better]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(better, (old - value) / promised, 0.0)
        eased = np.maximum(1.0 / 3.0, 1.0 - (2.0 * np.clip(ratio, 0.0, 2.0) - 1.0) ** 3)  # Nielsen 1999
        self.damping[rows] *= np.where(better, np.minimum(eased, 2.0), self.growth[rows])
        self.growth[rows] = np.where(better, 2.0, 2.0 * self.growth[rows])
        caution = self.caution[rows] * np.where(better & (ratio > 0.25), 0.3, np.where(better, 1.0, 4.0))
        self.caution[rows] = np.clip(caution, LEAST_CAUTION, 1.0)
        solved = (self.decrease[rows] <= TOLERANCE) | (self.value[rows] <= TINY)
        level = ~better & (value - old <= 4 * TOLERANCE * old) & (promised <= 4 * TOLERANCE * old)
        self.open = rows[~(solved | level | (self.damping[rows] > STUCK))]

    def _at(self, theta: Array) -> tuple[Array, Array]:
        with np.errstate(all="ignore"):
            return self.model(theta)

    def _value(self, r: Array, weights: Array) -> Array:
        """F, infinite where a residual has no value."""
        with np.errstate(all="ignore"):
            total = np.einsum("br,br->b", weights, self.loss.value(r))
        return np.where(np.isfinite(total), total, np.inf)


def _product(jacobian: Array, vector: Array) -> Array:
    """Transposed Jacobian times a vector, for each problem: (B, R, p), (B, R) -> (B, p)."""
    return np.asarray((vector[:, None, :] @ jacobian)[:, 0, :])


def _factor(rows: Array) -> tuple[Array, Array]:
    """R of the QR factorisation with columns of unit length, (B, p, p), and their lengths, (B, p).

    A column of zeros (a parameter at its bound, or without effect) gets a one on the diagonal.
    """
    scale = np.sqrt(np.einsum("brp,brp->bp", rows, rows))
    empty = ~(scale > 0)
    scale = np.where(empty, 1.0, scale)
    factor = np.linalg.qr(rows / scale[:, None, :], mode="r")
    short = factor.shape[2] - factor.shape[1]
    if short > 0:
        factor = np.concatenate([factor, np.zeros((len(factor), short, factor.shape[2]))], axis=1)
    diagonal = np.arange(factor.shape[2])
    factor[:, diagonal, diagonal] += empty
    return factor, scale


def _damped_step(factor: Array, scale: Array, gradient: Array, damping: Array) -> Array:
    """The step -(R'R + damping I)^-1 g in scaled parameters, by a second small QR."""
    size = factor.shape[2]
    extra = np.sqrt(damping)[:, None, None] * np.eye(size)
    stacked = np.linalg.qr(np.concatenate([factor, extra], axis=1), mode="r")
    return -_solved(stacked, gradient / scale) / scale


def _promise(factor: Array, scale: Array, gradient: Array) -> Array:
    """Decrease of F that the undamped step promises: g' H^-1 g / 2."""
    size = factor.shape[2]
    ridge = np.broadcast_to(1e-12 * np.eye(size), factor.shape)
    stacked = np.linalg.qr(np.concatenate([factor, ridge], axis=1), mode="r")
    scaled = gradient / scale
    return np.asarray(0.5 * np.einsum("bp,bp->b", scaled, _solved(stacked, scaled)))


def _promised(factor: Array, scale: Array, gradient: Array, step: Array) -> Array:
    """Decrease of F that the quadratic model promises for a step."""
    bent = (factor @ (step * scale)[:, :, None])[:, :, 0]
    return np.asarray(-np.einsum("bp,bp->b", gradient, step) - 0.5 * np.einsum("bp,bp->b", bent, bent))


def _solved(triangle: Array, right: Array) -> Array:
    """(T'T)^-1 b for upper triangles T."""
    half = np.linalg.solve(np.swapaxes(triangle, 1, 2), right[:, :, None])
    return np.asarray(np.linalg.solve(triangle, half)[:, :, 0])
