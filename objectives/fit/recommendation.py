"""The configuration to train when the law is not certain.

The point optimum is best if the law is right. Here every replicate of the law, and every other acceptable
law, has a say: the configuration is sought whose expected loss over all of them is least. An overestimated N
and an underestimated one do not cost the same, so it is rarely the point optimum exactly.
"""

from dataclasses import dataclass

import numpy as np

from objectives.budget import Budget
from objectives.exact.limits import Box
from objectives.exact.optimum import Optimum
from objectives.exact.problem import Problem
from objectives.fit.ensemble import Ensemble
from objectives.laws.law import Array

MOST_REPLICATES = 200
SIZES, SPARSITIES = 81, 25
ROUNDS = 4
"""Of a grid that narrows about its best point."""
REACH = 100.0
"""Sizes looked at lie within this factor of the point optimum."""


@dataclass(frozen=True)
class Recommendation:
    """The configuration of least expected loss."""

    n: float
    tokens: float
    sparsity: float
    expected_loss: float
    """Over replicates and laws, each law weighted by how well it extrapolated."""
    gain: float
    """How much lower it is than the expected loss of the point optimum."""
    laws: int


def recommend(ensemble: Ensemble, best: Optimum, budget: Budget, box: Box | None = None) -> Recommendation:
    """The configuration of least expected loss on the budget's curve."""
    problem = Problem.of(ensemble.law, [budget], box or Box())
    if ensemble.law.extra:
        chosen = problem.x == best.extra[ensemble.law.extra.name]
        problem = problem.choose(np.argmax(chosen, axis=1)[:, None])
    expected = _Expectation(ensemble, problem)
    low_s, high_s = (
        float(bound[0, 0]) for bound in (problem.limits.low("sparsity"), problem.limits.high("sparsity"))
    )
    u, v = np.log(best.n), -np.log1p(-best.sparsity)
    reach_u, reach_v = np.log(REACH), -np.log1p(-high_s) + np.log1p(-low_s)
    for _ in range(ROUNDS):
        grid_v = _between(v, reach_v, -np.log1p(-low_s), -np.log1p(-high_s), SPARSITIES)
        grid_u = u + np.linspace(-reach_u, reach_u, SIZES)
        loss, sizes = expected.on(grid_u, -np.expm1(-grid_v))
        at = np.unravel_index(np.argmin(loss), loss.shape)
        u, v = float(sizes[at]), float(grid_v[at[0]])
        reach_u, reach_v = reach_u * 4 / SIZES, reach_v * 4 / SPARSITIES
    s = float(np.clip(-np.expm1(-v), low_s, high_s))
    least, _ = expected.on(np.array([u]), np.array([s]))
    point, _ = expected.on(np.array([np.log(best.n)]), np.array([best.sparsity]))
    s_row = np.array([[s]])
    return Recommendation(
        n=float(problem.size(np.array([[u]]), s_row)[0, 0]),
        tokens=float(problem.bought(np.array([[u]]), s_row)[0, 0]),
        sparsity=s,
        expected_loss=float(least[0, 0]),
        gain=max(0.0, float(point[0, 0] - least[0, 0])),
        laws=1 + len(ensemble.alternatives),
    )


def _between(centre: float, reach: float, low: float, high: float, points: int) -> Array:
    """Points about a centre, within bounds; one where there is no room."""
    if high - low <= 0:
        return np.array([low])
    return np.linspace(max(low, centre - reach), min(high, centre + reach), points)


class _Expectation:
    """Expected loss of sizes and sparsities on the budget's curve."""

    def __init__(self, ensemble: Ensemble, problem: Problem) -> None:
        self.problem = problem
        rows = np.linspace(0, len(ensemble.draws) - 1, min(MOST_REPLICATES, len(ensemble.draws))).astype(int)
        self.law = ensemble.law
        self.replicates = ensemble.law.with_coefficients(
            {
                name: column[rows][:, None]
                for name, column in zip(ensemble.law.coefficients, ensemble.draws.T, strict=True)
            }
        )
        self.alternatives, self.weights = ensemble.alternatives, ensemble.weights
        self.inflation = ensemble.calibration.inflation

    def on(self, u: Array, s: Array) -> tuple[Array, Array]:
        """Expected losses, shape (len(s), len(u)), and the u they hold for, moved within the bounds."""
        sparsity = np.repeat(s, len(u))
        ends = [end[:, 0] for end in self.problem.ends(sparsity[:, None])]
        sizes = np.clip(np.tile(u, len(s)), *ends)
        n, d = np.exp(sizes), self.problem.tokens(sizes[:, None], sparsity[:, None])[:, 0]
        x = np.full(n.shape, self.problem.x[0, 0])
        extra = {self.law.extra.name: x} if self.law.extra else {}
        with np.errstate(all="ignore"):
            point = np.log(self.law.loss(n, d, sparsity, **extra))
            deviation = np.log(self.replicates.loss(n, d, sparsity, **extra)) - point
            mean = np.nanmean(np.exp(point + self.inflation * np.clip(deviation, -0.5, 0.5)), axis=0)
            others = [law.loss(n, d, sparsity, **(extra if law.extra else {})) for law in self.alternatives]
        mean = np.average([mean, *others], axis=0, weights=self.weights)
        shape = (len(s), len(u))
        return mean.reshape(shape), sizes.reshape(shape)
