"""Vectorised one-dimensional root finding: Chandrupatla's bracketing method, elementwise over arrays.

It never leaves the bracket, takes inverse quadratic steps where they are safe and bisects elsewhere
(Chandrupatla 1997, Adv. Eng. Software 28, 145-149). On a straight line the third step is exact.
"""

from collections.abc import Callable

import numpy as np

from objectives.laws.law import Array

MAX_STEPS = 200
ULPS = 4 * np.finfo(np.float64).eps


def crossing(f: Callable[[Array], Array], left: Array, right: Array) -> Array:
    """Where `f` falls through zero between `left` and `right`.

    Args:
        f: maps an array of points to values of the same shape; infinite values are allowed.
        left: start of each bracket, where f should be positive; where it is not, `left` is the answer.
        right: other end, on either side of `left`; where f is not negative there, `right` is the answer.

    Returns:
        The crossings, to a few units in the last place; shape of the inputs.
    """
    f_left, f_right = f(left), f(right)
    root = _chandrupatla(f, left, f_left, right, f_right, open_=(f_left > 0) & (f_right < 0))
    return np.where(f_left <= 0, left, np.where(f_right >= 0, right, root))


def _chandrupatla(
    f: Callable[[Array], Array], b: Array, fb: Array, a: Array, fa: Array, open_: np.ndarray
) -> Array:
    """Symbols of the paper: [a, b] is the bracket, a the newest end, c the end it replaced."""
    t = np.full(np.shape(a), 0.5)
    for _ in range(MAX_STEPS):
        x = a + t * (b - a)
        fx = f(x)
        same = np.sign(fx) == np.sign(fa)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        best = np.where(np.abs(fa) < np.abs(fb), a, b)
        tolerance = ULPS * np.maximum(np.abs(best), 1.0)
        open_ = open_ & (np.abs(b - a) > tolerance) & (fa != 0)
        if not open_.any():
            break
        t = np.where(open_, _step(a, fa, b, fb, c, fc, tolerance), 0.0)  # found ones stay where they are
    return np.where(fa == 0, a, np.where(np.abs(fa) < np.abs(fb), a, b))


def _step(a: Array, fa: Array, b: Array, fb: Array, c: Array, fc: Array, tolerance: Array) -> Array:
    """Fraction of the way from a to b: inverse quadratic where that is safe, else half."""
    with np.errstate(divide="ignore", invalid="ignore"):
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        safe = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
        quadratic = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        least = np.minimum(0.5 * tolerance / np.abs(b - a), 0.5)
    return np.clip(np.where(safe & np.isfinite(quadratic), quadratic, 0.5), least, 1 - least)
