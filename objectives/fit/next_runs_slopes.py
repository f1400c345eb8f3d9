"""The belief a batch is chosen by: derivatives at the fitted law, as in the theory of optimal designs.

In the replays of `experiments.benchmarks.next_runs` batches chosen by it extrapolate better than those chosen
by the bootstrap's covariances, which a few wild replicates bend where the runs say little. What a batch is
promised to bring is read off the bootstrap all the same (`objectives.fit.next_runs_belief`): it is what the
fit's intervals are made of, and it stays bounded where a derivative does not.
"""

from dataclasses import replace

import numpy as np

from objectives.budget import Budget
from objectives.exact.optimum import Optimum
from objectives.fit.next_runs_belief import Evidence, drifts_of
from objectives.fit.next_runs_candidates import Candidates
from objectives.fit.next_runs_design import Belief
from objectives.laws.law import Array, Law

STEP, LEAST_STEP = 1e-4, 1e-6
"""Of the derivatives of log N*: relative to a coefficient, and at least."""
RANK = 1e-6
"""Relative size of singular values below which the runs say nothing of a direction."""


def linearised(evidence: Evidence, best: Optimum, choices: Candidates, noise: float) -> Belief:
    """The belief about log N* and about the log loss at the target, by derivatives.

    Args:
        evidence: the fit.
        best: the target's optimum.
        choices: the candidates.
        noise: of one run.
    """
    law, runs, chain = evidence.ensemble.law, evidence.runs, evidence.chain
    known = _slopes(law, *runs.inputs, **runs.extra_of(law)) @ chain
    root = _root(known, noise)
    drifts = drifts_of(evidence, choices, best)
    there = (np.array([x]) for x in (best.n, best.tokens, best.sparsity))
    at_target = _slopes(law, *there, **{name: np.array([x]) for name, x in best.extra.items()}) @ chain
    return Belief.of(
        known @ root,
        drifts[: len(runs)],
        noise=noise,
        candidates=_slopes(law, choices.n, choices.tokens, choices.sparsity) @ chain @ root,
        drifts=drifts[len(runs) :],
        goals=np.concatenate([size_slopes(evidence, best)[None], at_target]) @ root,
    )


def _slopes(law: Law, n: Array, d: Array, s: Array, **extra: Array) -> Array:
    """Derivatives of the log loss by the coefficients, shape (R, P)."""
    return law.coefficient_gradient(n, d, s, **extra) / law.loss(n, d, s, **extra)[:, None]


def size_slopes(evidence: Evidence, best: Optimum) -> Array:
    """Derivatives of log N* by the free coefficients, central differences."""
    ensemble, chain = evidence.ensemble, evidence.chain
    point = np.array(list(ensemble.law.coefficients.values()))
    size = np.maximum(STEP * np.abs(chain.T @ point), LEAST_STEP)
    steps = (chain * size).T
    moved = replace(ensemble, draws=np.concatenate([point + steps, point - steps]))
    log_n = np.log(moved.optima(Budget(best.flops)).n[:, 0])
    return np.asarray((log_n[: len(steps)] - log_n[len(steps) :]) / (2.0 * size))


def _root(slopes: Array, noise: float) -> Array:
    """A root of the covariance t^2 (J'J)^-1, bounded in directions the runs say nothing of; shape (p, p)."""
    size = np.linalg.norm(slopes, axis=0)
    size = np.where(size > 0, size, 1.0)
    _, singular, turned = np.linalg.svd(slopes / size, full_matrices=False)
    root = turned.T / np.maximum(singular, RANK * singular[0]) * noise
    return np.asarray(root / size[:, None])
