"""How uncertain estimates are by the curvature of the optimum: standard errors without resampling.

For least squares it is s^2 (J'J)^-1, which NIST's certified standard deviations are. A robust loss has the
same with the variance of its slopes psi for s^2, over the mean of psi' squared (Huber 1981, Eq. 7.6.5): right
where the noise is the same everywhere. The sandwich (White 1980; Huber 1967) lets it differ from run to run.
"""

import numpy as np

from objectives.fit.losses import LeastSquares, Loss
from objectives.fit.solver import Model
from objectives.laws.law import Array

UNSEEN = 1e-14
"""Singular values this small beside the largest, columns having unit length, are rounding."""
TOUCHED = 1e-8
"""Share of a parameter in a direction without effect from which on it is not determined."""


def covariance(
    model: Model,
    theta: Array,
    loss: Loss | None = None,
    weights: Array | None = None,
    *,
    sandwich: bool = False,
) -> Array:
    """Covariance matrix of the estimates at an optimum, shape (p, p).

    Multiplying all weights by a number changes nothing. A parameter that the residuals do not determine has
    infinite variance and no correlations (NaN), and so has every parameter where there are not more residuals
    than parameters.

    Args:
        model: residuals and Jacobian, as the solver takes them.
        theta: the optimum, shape (p,).
        loss: rho; least squares if left out.
        weights: of the residuals, shape (R,); all 1 if left out.
        sandwich: estimate the noise at every residual by itself instead of once for all.
    """
    loss = loss or LeastSquares()
    r, jacobian = (part[0] for part in model(theta[None]))
    weights = np.ones(len(r)) if weights is None else weights
    slope, bend = loss.slope(r), loss.curvature(r, np.zeros(1))
    degrees = np.count_nonzero(weights) - len(theta)
    if degrees <= 0:
        return _undetermined(np.ones(len(theta), dtype=bool), np.zeros((len(theta), len(theta))))
    if sandwich:
        bread, free = _inverse_root(jacobian * np.sqrt(weights * bend)[:, None])
        meat = (jacobian * (weights * slope)[:, None]) @ bread @ bread.T
        return _undetermined(~free, meat.T @ meat * (np.count_nonzero(weights) / degrees))
    root, free = _inverse_root(jacobian * np.sqrt(weights)[:, None])
    mean = np.average(bend, weights=weights)
    spread = np.average((bend - mean) ** 2, weights=weights)
    correction = 1.0 + len(theta) / np.count_nonzero(weights) * spread / mean**2
    variance = correction**2 * np.sum(weights * slope**2) / degrees / mean**2
    return _undetermined(~free, variance * (root @ root.T))


def standard_errors(
    model: Model,
    theta: Array,
    loss: Loss | None = None,
    weights: Array | None = None,
    *,
    sandwich: bool = False,
) -> Array:
    """Square roots of the diagonal of `covariance`, shape (p,)."""
    return np.asarray(np.sqrt(np.diag(covariance(model, theta, loss, weights, sandwich=sandwich))))


def _inverse_root(rows: Array) -> tuple[Array, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """A root W with (rows' rows)^-1 = W W', and which parameters the rows determine.

    By the singular values of the QR factor, columns at unit length; directions without effect are left out.
    """
    size = np.sqrt(np.einsum("rp,rp->p", rows, rows))
    size = np.where(size > 0, size, 1.0)
    factor = np.asarray(np.linalg.qr(rows / size, mode="r"))
    _, singular, directions = np.linalg.svd(factor)
    singular = np.concatenate([singular, np.zeros(len(size) - len(singular))])
    seen = singular > UNSEEN * singular[0]
    free = np.max(np.abs(directions[~seen]), axis=0, initial=0.0) < TOUCHED
    return directions[seen].T / singular[seen] / size[:, None], free


def _undetermined(which: np.ndarray[tuple[int], np.dtype[np.bool_]], matrix: Array) -> Array:
    """The matrix with infinite variance for these parameters, and NaN beside it."""
    matrix = np.where(which[:, None] | which, np.nan, matrix)
    matrix[which, which] = np.inf
    return matrix
