"""Where the multi-start begins: nonlinear coefficients drawn evenly, linear ones solved for.

Variable projection: given the exponents, the amplitudes of a law are a linear least-squares problem, so only
the exponents need to be searched. Relative residuals L/y - 1 stand in for log residuals, which they equal to
first order. Every start is then polished in all coordinates at once.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from objectives.fit.charts import REFERENCE
from objectives.fit.estimation import Estimation
from objectives.fit.forms import Linear, Range, form_of
from objectives.fit.losses import LeastSquares
from objectives.fit.solver import minimise
from objectives.laws.law import Array

CANDIDATES = 1024
"""Draws of the nonlinear coefficients that are scored."""
MOST_RUNS = 256
"""Runs a candidate is scored on; a longer table is thinned evenly in order of loss."""
SMALL = 1e-4
"""Share of the loss a positive term gets whose least-squares amplitude came out negative."""


def starts(estimation: Estimation, count: int, seed: int) -> Array:
    """Coordinates (count, p): the better half of them the best candidates, the rest drawn from all others.

    The best candidates alone would all lie in one valley, and their agreement would prove nothing.
    """
    thin = _thinned(estimation)
    theta = _candidates(thin, CANDIDATES, seed)
    score = thin.objective(theta)
    order = np.argsort(score, kind="stable")
    order = order[np.isfinite(score[order])]
    best, rest = order[: count - count // 2], order[count - count // 2 :]
    random = np.random.default_rng([seed, 1])
    spread = random.choice(rest, size=min(count // 2, len(rest)), replace=False)
    return np.asarray(theta[np.concatenate([best, spread])])


def _thinned(estimation: Estimation) -> Estimation:
    runs = estimation.runs
    if len(runs) <= MOST_RUNS:
        return estimation
    picked = np.linspace(0, len(runs) - 1, MOST_RUNS).astype(int)
    return estimation.on(runs.take(np.argsort(runs.loss, kind="stable")[picked]))


def _candidates(estimation: Estimation, count: int, seed: int) -> Array:
    form = estimation.form
    if form.law.family == "farseer":
        return _from_chinchilla(estimation, count, seed)
    drawn = _drawn(estimation, count, seed)
    if form.kind is Linear.BRACKET:
        return _of_bracket(estimation, drawn)
    if form.kind is Linear.NOTHING:
        return estimation.coordinates(drawn)
    return _profiled(estimation, drawn)


def _drawn(estimation: Estimation, count: int, seed: int) -> dict[str, Array]:
    """Values of all coefficients that are not solved for, (count,) each; held and tied ones respected."""
    form = estimation.form
    names = [name for name in form.nonlinear if name in estimation.free]
    cube = _even(max(len(names), 1), count, seed)
    drawn = {
        name: _within(form.ranges.get(name, Range(0.05, 1.0)), cube[:, j]) for j, name in enumerate(names)
    }
    drawn |= {name: np.full(count, value) for name, value in estimation.held.items()}
    ties = {name: drawn[other] for name, other in estimation.tied.items() if other in drawn}
    return drawn | ties


def _even(dimensions: int, count: int, seed: int) -> Array:
    """Points of an additive recurrence, evenly spread over the unit cube, shape (count, dimensions).

    Steps are powers of the generalised golden ratio, the root of x^(k+1) = x + 1; the seed shifts all points.
    """
    ratio = 2.0
    for _ in range(64):
        ratio = (1.0 + ratio) ** (1.0 / (dimensions + 1))
    shift = np.random.default_rng([seed, 0]).uniform(size=dimensions)
    steps = ratio ** -np.arange(1.0, dimensions + 1.0)
    return np.asarray((shift + np.outer(np.arange(1.0, count + 1.0), steps)) % 1.0)


def _within(spec: Range, share: Array) -> Array:
    """Points of a range: evenly by factors where it spans more than a factor of ten of positive numbers."""
    if spec.low > 0 and spec.high > 10 * spec.low:
        return np.asarray(spec.low * (spec.high / spec.low) ** share)
    return spec.low + share * (spec.high - spec.low)


def _profiled(estimation: Estimation, drawn: Mapping[str, Array]) -> Array:
    """Amplitudes by least squares at each draw."""
    form, runs = estimation.form, estimation.runs
    names = form.law.coefficient_names()
    solved = [name for name in form.linear if name in estimation.free]
    if not solved:
        return estimation.coordinates(drawn)
    unit = {name: np.ones(len(next(iter(drawn.values())))) for name in form.linear} | dict(drawn)
    law = form.law(*(unit[name][:, None] for name in names))
    extra = runs.extra_of(form.law)
    slopes = law.coefficient_gradient(*runs.inputs, **extra)
    if form.kind is Linear.LOG_LOSS:
        slopes = slopes / law.loss(*runs.inputs, **extra)[:, :, None]
    columns = {name: slopes[:, :, names.index(name)] for name in form.linear}
    for name, power in (form.powers or {}).items():
        columns[name] = columns[name] / unit[power][:, None]
    known = sum(unit[name][:, None] * columns[name] for name in form.linear if name not in solved)
    target = (np.log(runs.loss) if form.kind is Linear.LOG_LOSS else runs.loss) - known
    positive = np.array([name in form.positive for name in solved])
    scale = np.ones(len(runs)) if form.kind is Linear.LOG_LOSS else runs.loss
    basis = np.stack([columns[name] for name in solved], axis=-1) / scale[:, None]
    amplitudes = _amplitudes(basis, np.broadcast_to(target / scale, basis.shape[:2]), positive)
    found = dict(zip(solved, amplitudes.T, strict=True))
    for name, power in (form.powers or {}).items():
        with np.errstate(all="ignore"):
            found[name] = np.exp(np.log(found[name]) / unit[power])
    return estimation.coordinates(unit | found)


def _amplitudes(basis: Array, target: Array, positive: npt.NDArray[np.bool_]) -> Array:
    """Least-squares amplitudes (M, k) of columns (M, R, k); positive ones found negative are made small."""
    size = np.sqrt(np.einsum("mrk,mrk->mk", basis, basis)) + 1e-300
    scaled = basis / size[:, None, :]
    allowed = np.ones(size.shape, dtype=bool)
    for _ in range(basis.shape[2]):
        solution = _solve(scaled * allowed[:, None, :], target)
        wrong = positive & (solution < 0) & allowed
        if not wrong.any():
            break
        allowed &= ~wrong
    length = np.sqrt(np.einsum("mr,mr->m", target, target))[:, None]
    solution = np.where(positive & (solution <= 0), SMALL * length, solution)
    return np.asarray(solution / size)


def _solve(basis: Array, target: Array) -> Array:
    """Ridge-stabilised normal equations: only a start, to be polished."""
    gram = np.swapaxes(basis, 1, 2) @ basis
    right = (np.swapaxes(basis, 1, 2) @ target[:, :, None])[:, :, 0]
    ridge = 1e-10 * np.eye(gram.shape[1])
    return np.asarray(np.linalg.solve(gram + ridge, right[:, :, None])[:, :, 0])


def _of_bracket(estimation: Estimation, drawn: dict[str, Array]) -> Array:
    """Starts of the laws of Kaplan and Skaling: (L - e)^(1/k) is linear in the two amplitudes."""
    runs, family = estimation.runs, estimation.form.law.family
    if family == "kaplan":
        k, e, alpha = drawn["alpha_D"], np.zeros_like(drawn["alpha_D"]), drawn["alpha_N"] / drawn["alpha_D"]
        beta = np.ones_like(k)
    else:
        if "e" not in drawn:
            share = np.random.default_rng(len(runs)).uniform(0.1, 0.95, len(drawn["k"]))
            drawn["e"] = share * runs.loss.min()
        k, e, alpha, beta = (drawn[name] for name in ("k", "e", "alpha", "beta"))
    rest = np.log(runs.loss - np.minimum(e, 0.99 * runs.loss.min())[:, None]) / k[:, None]
    target = np.exp(rest - rest.max(axis=1, keepdims=True))
    terms = [np.exp(-alpha[:, None] * np.log(runs.n)), np.exp(-beta[:, None] * np.log(runs.tokens))]
    relative = np.stack(terms, axis=-1) / target[:, :, None]
    a, b = _amplitudes(relative, np.ones_like(target), np.array([True, True])).T
    # the common factor that kept the powers in range goes back as a logarithm
    log_a, log_b = np.log(a) + rest.max(axis=1), np.log(b) + rest.max(axis=1)
    with np.errstate(over="ignore"):
        if family == "kaplan":
            found = {
                "N_c": np.exp(np.clip(log_a / alpha, -600, 600)),
                "D_c": np.exp(np.clip(log_b, -600, 600)),
            }
        else:
            found = {"a": np.exp(np.clip(log_a, -600, 600)), "b": np.exp(np.clip(log_b, -600, 600))}
    return estimation.coordinates(drawn | found)


def _from_chinchilla(estimation: Estimation, count: int, seed: int) -> Array:
    """Starts of Farseer's law: Chinchilla's, which it contains to first order, bent by a random little."""
    plain = Estimation(form_of("hoffmann"), estimation.runs, estimation.loss, estimation.residual)
    solved = minimise(plain, starts(plain, 12, seed), LeastSquares(), np.ones(len(estimation.runs)), steps=40)
    base = {name: column[0] for name, column in plain.coefficients(solved.theta[[solved.best]]).items()}
    size = base["a"] * REFERENCE ** -base["alpha"]
    ranges, cube = estimation.form.ranges, _even(6, count, seed)
    floor = np.log(base["e"] + size) + 0.1 * (cube[:, 0] - 0.5)
    slope = -base["alpha"] * size / (base["e"] + size) * (0.5 + cube[:, 1])
    alpha, beta, gamma = (_within(ranges[name], cube[:, 2 + j]) for j, name in enumerate(ranges))
    bend = 0.2 * (cube[:, 5] - 0.5)
    columns = (
        np.log(base["beta"]),
        bend,
        alpha,
        np.log(base["b"]),
        20 * base["beta"] * bend,
        beta,
        floor,
        slope,
        gamma,
    )
    return np.stack(np.broadcast_arrays(*columns), axis=-1)
