"""The position law at every checkpoint of a run: coefficients, covariance, and how much they explain."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from objectives.fit.losses import LeastSquares
from objectives.fit.solver import Minima, minimise
from objectives.laws.law import Array
from objectives.temporal.history import History
from objectives.temporal.position import FIRST, PositionLaw

STARTS = np.geomspace(1e-4, 10.0, 26)
"""Values of a1 from which the best start is chosen; a0 and a2 follow from each by linear least squares."""
LEAST, MOST = 1e-6, 10.0
"""Bounds of a1: below, a window shows nothing of it; above, its first position alone does."""


@dataclass(frozen=True, eq=False)
class PositionFits:
    """One law for each of T checkpoints."""

    coefficients: Array
    """a0, a1, a2; shape (T, 3)."""
    covariance: Array
    """Of the coefficients, from residuals taken as independent; shape (T, 3, 3)."""
    r2: Array
    """Share of the losses' variance over positions that the law explains; shape (T,)."""
    residuals: Array
    """Law minus loss, shape (T, n)."""
    indices: Array
    """The index i of every position, shape (n,)."""

    @cached_property
    def law(self) -> PositionLaw:
        """All laws at once, coefficients of shape (T,)."""
        return PositionLaw.of(self.coefficients)

    @property
    def curves(self) -> Array:
        """The law's loss at every checkpoint and position, shape (T, n)."""
        return PositionLaw.of(self.coefficients[:, None, :]).loss(self.indices)

    @property
    def errors(self) -> Array:
        """Standard errors of a0, a1, a2; shape (T, 3)."""
        return np.asarray(np.sqrt(np.einsum("tpp->tp", self.covariance)))


def fit_positions(history: History, first: float = FIRST) -> PositionFits:
    """Fit a0, a1 and a2 to every checkpoint by least squares.

    Args:
        history: the losses of one run.
        first: the index i of the first position: 1 or 0 is an assumption, as the paper's is not known.
    """
    indices = history.positions - history.positions[0] + first
    start = _starts(history.losses, indices)
    theta = _solve(history.losses, indices, start).theta[:, :3]
    law = PositionLaw.of(theta[:, None, :])
    residuals = law.loss(indices) - history.losses
    variance = np.sum(residuals**2, axis=1) / (len(indices) - 3)
    around = history.losses - history.losses.mean(axis=1, keepdims=True)
    return PositionFits(
        theta,
        _covariance(law.gradient(indices), variance),
        1.0 - np.sum(residuals**2, axis=1) / np.sum(around**2, axis=1),
        residuals,
        indices,
    )


def _solve(losses: Array, indices: Array, start: Array) -> Minima:
    """All checkpoints side by side: a held fourth parameter says which losses a problem is about."""

    def model(theta: Array) -> tuple[Array, Array]:
        law = PositionLaw.of(theta[:, None, :3])
        jacobian = np.zeros((len(theta), len(indices), 4))
        jacobian[..., :3] = law.gradient(indices)
        return law.loss(indices) - losses[theta[:, 3].astype(int)], jacobian

    which = np.arange(len(losses), dtype=np.float64)[:, None]
    free = np.ones((len(losses), 3))
    return minimise(
        model,
        np.hstack([start, which]),
        LeastSquares(),
        np.ones(len(indices)),
        lower=np.hstack([free * [-np.inf, LEAST, -np.inf], which]),
        upper=np.hstack([free * [np.inf, MOST, np.inf], which]),
    )


def _starts(losses: Array, indices: Array) -> Array:
    """For each checkpoint the best of the given a1, with the a0 and a2 that go with it; shape (T, 3)."""
    shares = 1.0 / (1.0 + STARTS[:, None] * indices)  # (S, n)
    centred = shares - shares.mean(axis=1, keepdims=True)
    a0 = losses @ centred.T / np.sum(centred**2, axis=1)  # (T, S)
    a2 = losses.mean(axis=1, keepdims=True) - a0 * shares.mean(axis=1)
    left = np.sum((losses - losses.mean(axis=1, keepdims=True)) ** 2, axis=1, keepdims=True)
    best = np.argmin(left - a0**2 * np.sum(centred**2, axis=1), axis=1)
    rows = np.arange(len(losses))
    return np.stack([a0[rows, best], STARTS[best], a2[rows, best]], axis=1)


def _covariance(jacobian: Array, variance: Array) -> Array:
    """Of least-squares coefficients: sigma^2 (J'J)^-1, by the pseudo-inverse where a direction is free."""
    scale = np.sqrt(np.einsum("tnp,tnp->tp", jacobian, jacobian))
    unit = jacobian / scale[:, None, :]
    inverse = np.linalg.pinv(np.swapaxes(unit, 1, 2) @ unit, hermitian=True)
    return np.asarray(variance[:, None, None] * inverse / (scale[:, :, None] * scale[:, None, :]))
