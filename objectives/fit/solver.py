"""Levenberg-Marquardt for robust losses, on many starts or many resampled tables at once.

Minimises F = sum_i w_i rho(r_i(theta)) for B problems side by side: starts of one fit, or bootstrap
replicates of it. Steps come from a QR factorisation of the weighted Jacobian, never from normal equations.
Two numbers steer each problem: the damping, and the caution with which a robust loss is linearised (from
reweighted least squares, which is safe, to Newton's step, which is quick); both fall as steps succeed. The
damping is measured by the longest each column of the Jacobian has lately been (More 1978): a parameter that
has wandered to where it hardly matters is held back, not let go to infinity.

Every test is relative to F itself, so that multiplying the weights by any number changes nothing but F.
Where F is level to the last digits it can show, the gradient alone leads on: whole Newton steps are taken
for as long as they help, which about doubles the digits of theta.
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
DAMPING = 1e-2
"""At the start, where 1 would about halve the step of a parameter that others do not disturb."""
MEMORY = 0.8
"""How much of the longest column is remembered from one step to the next."""
LEVEL = 1e-15
"""Decrease still to be had, relative to F, below which F shows nothing of it."""
ROUNDING = 1e-11
"""Relative difference of F that may be rounding: residuals are small differences of larger numbers."""
NEGLIGIBLE = 1e-22
"""Decrease still to be had, relative to F, at which theta has all its digits."""
LEAST_CAUTION = 1e-4
EASE = 0.2
"""What is left of the damping after a step that went as promised."""
STUCK = 1e12
"""Damping at which no step is short enough to go down."""
RIDGE = 1e-12
"""Least pivot of a factor whose columns have unit length: below it a direction counts as free of effect."""
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
    damping: float = DAMPING,
    tolerance: float = NEGLIGIBLE,
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
        damping: of the first step; 1e-4 is quicker where starts are near, as in a bootstrap, and 100 keeps
            more problems out of the valleys at infinity where starts are far.
        tolerance: decrease still to be had, relative to F, at which a problem is solved.
    """
    taken = 0
    with np.errstate(all="ignore"):  # what overflows has no value, and a step there is not taken
        state = _State(model, start, loss, weights, lower, upper, damping, tolerance)
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
        damping: float,
        tolerance: float,
    ) -> None:
        self.model, self.loss, self.tolerance = model, loss, tolerance
        count = len(start)
        self.weights = np.broadcast_to(weights, (count, np.shape(weights)[-1]))
        self.lower, self.upper = np.broadcast_to(lower, start.shape), np.broadcast_to(upper, start.shape)
        self.theta = np.clip(start, self.lower, self.upper)
        self.residuals, self.jacobian = (np.array(part) for part in model(self.theta))  # written to below
        self.value = self._value(self.residuals, self.weights)
        self.decrease = np.full(count, np.inf)
        self.damping, self.growth = np.full(count, damping), np.full(count, 2.0)
        self.longest = np.zeros(start.shape)
        self.caution = np.ones(count)
        self.level, self.target = np.zeros(count, dtype=bool), np.full(count, np.inf)
        self.open = np.flatnonzero(np.isfinite(self.value))

    def advance(self) -> None:
        """One step of every open problem."""
        rows = self.open
        gradient, factor, scale = self._linearised(rows)
        right = gradient / scale
        newton = -_solved(factor, right)
        finished = self._looked_at(rows, -0.5 * np.einsum("bp,bp->b", right, newton))
        if finished.all():
            return
        self.longest[rows] = np.maximum(MEMORY * self.longest[rows], np.where(gradient != 0, scale, 0.0))
        extra = np.sqrt(self.damping[rows])[:, None] * self.longest[rows] / scale
        step = np.where(self.level[rows, None], newton, -_solved(_damped(factor, extra), right))
        theta = self.theta[rows]
        trial = np.clip(theta + step / scale, self.lower[rows], self.upper[rows])
        promised = _promised(factor, right, (trial - theta) * scale)
        self._judge(rows[~finished], trial[~finished], promised[~finished])

    def _linearised(self, rows: npt.NDArray[np.intp]) -> tuple[Array, Array, Array]:
        """Gradient (zero where a bound holds it), R of the curved Jacobian, and lengths of its columns."""
        theta, weights, r = self.theta[rows], self.weights[rows], self.residuals[rows]
        jacobian = self.jacobian[rows]
        gradient = _product(jacobian, weights * self.loss.slope(r))
        held = (theta <= self.lower[rows]) & (gradient > 0) | (theta >= self.upper[rows]) & (gradient < 0)
        curved = np.sqrt(weights * self.loss.curvature(r, self.caution[rows, None]))
        jacobian *= curved[:, :, None]
        if held.any():
            gradient, jacobian = np.where(held, 0.0, gradient), np.where(held[:, None, :], 0.0, jacobian)
        return gradient, *_factor(jacobian)

    def _looked_at(self, rows: npt.NDArray[np.intp], decrease: Array) -> npt.NDArray[np.bool_]:
        """Note what Newton's step promises, and say which problems need no further step."""
        decrease = decrease / (self.value[rows] + TINY)
        self.decrease[rows] = decrease = np.where(np.isnan(decrease), np.inf, decrease)
        finished = (decrease <= self.tolerance) | (decrease > self.target[rows])
        self.level[rows] |= decrease <= LEVEL
        self.target[rows] = np.where(self.level[rows], 0.5 * decrease, np.inf)
        self.open = rows[~finished]
        return finished

    def _judge(self, rows: npt.NDArray[np.intp], trial: Array, promised: Array) -> None:
        """Accept the trials that go down, steer damping and caution, and close what is solved or stuck."""
        r, jacobian = self.model(trial)
        value, old = self._value(r, self.weights[rows]), self.value[rows]
        level = self.level[rows]
        better = (value < old) | (level & (value <= old * (1.0 + ROUNDING)))
        took = rows[better]
        self.theta[took], self.value[took] = trial[better], value[better]
        self.residuals[took], self.jacobian[took] = r[better], jacobian[better]
        self._steer(rows, better, np.where(better, (old - value) / promised, 0.0))
        hidden = ~better & (value - old <= ROUNDING * old) & (promised <= ROUNDING * old)
        self.level[rows] |= hidden
        closed = (level & ~better) | (self.value[rows] <= TINY) | (self.damping[rows] > STUCK)
        self.open = rows[~closed]

    def _steer(self, rows: npt.NDArray[np.intp], better: npt.NDArray[np.bool_], ratio: Array) -> None:
        """Damping and caution of the next step, from the share of the promised decrease that came."""
        eased = np.maximum(EASE, 1.0 - (2.0 * np.clip(ratio, 0.0, 2.0) - 1.0) ** 3)  # Nielsen 1999
        self.damping[rows] *= np.where(better, np.minimum(eased, 2.0), self.growth[rows])
        self.growth[rows] = np.where(better, 2.0, 2.0 * self.growth[rows])
        caution = self.caution[rows] * np.where(better & (ratio > 0.25), 0.3, np.where(better, 1.0, 4.0))
        self.caution[rows] = np.clip(caution, LEAST_CAUTION, 1.0)

    def _value(self, r: Array, weights: Array) -> Array:
        """F, infinite where a residual has no value."""
        total = np.einsum("br,br->b", weights, self.loss.value(r))
        return np.where(np.isfinite(total), total, np.inf)


def _product(jacobian: Array, vector: Array) -> Array:
    """Transposed Jacobian times a vector, for each problem: (B, R, p), (B, R) -> (B, p)."""
    return np.asarray((vector[:, None, :] @ jacobian)[:, 0, :])


def _factor(rows: Array) -> tuple[Array, Array]:
    """R of the QR factorisation with columns of unit length, (B, p, p), and their lengths, (B, p).

    A column of zeros (a parameter at its bound, or without effect) becomes a unit vector of its own, so that
    the others do not see it; its length is called 1.
    """
    size = rows.shape[2]
    factor = _triangle(rows)
    if factor.shape[1] < size:
        short = np.zeros((len(factor), size - factor.shape[1], size))
        factor = np.concatenate([factor, short], axis=1)
    scale = np.sqrt(np.einsum("bkp,bkp->bp", factor, factor))
    empty = ~(scale > 0)
    scale = np.where(empty, 1.0, scale)
    factor /= scale[:, None, :]
    if empty.any():
        factor = _damped(factor, np.where(empty, 1.0, 0.0))
    pivots = np.arange(size)
    factor[:, pivots, pivots] = _at_least(factor[:, pivots, pivots], RIDGE)
    return factor, scale


def _triangle(rows: Array) -> Array:
    """R of the QR factorisation of each problem's rows."""
    return np.asarray(np.linalg.qr(rows, mode="r"))


def _at_least(pivots: Array, least: float) -> Array:
    """Pivots moved away from zero, with their sign."""
    return np.where(np.abs(pivots) < least, np.copysign(least, pivots), pivots)


def _damped(factor: Array, extra: Array) -> Array:
    """T with T'T = R'R + diag(extra)^2, by a small QR."""
    return _triangle(np.concatenate([factor, extra[:, :, None] * np.eye(factor.shape[2])], axis=1))


def _promised(factor: Array, right: Array, step: Array) -> Array:
    """Decrease of F that the quadratic model promises for a step, in scaled units."""
    bent = (factor @ step[:, :, None])[:, :, 0]
    return np.asarray(-np.einsum("bp,bp->b", right, step) - 0.5 * np.einsum("bp,bp->b", bent, bent))


def _solved(triangle: Array, right: Array) -> Array:
    """(T'T)^-1 b for upper triangles T."""
    half = np.linalg.solve(np.swapaxes(triangle, 1, 2), right[:, :, None])
    return np.asarray(np.linalg.solve(triangle, half)[:, :, 0])
