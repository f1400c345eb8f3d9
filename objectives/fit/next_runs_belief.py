"""From a fit's bootstrap to the belief that tells what a batch of runs is expected to bring.

The replicates of a law are a sample of what the runs leave open. Their log losses at runs, candidates and
target deviate from the mean nearly within p directions, p the number of free coefficients; along these the
sample becomes coordinates of variance 1. Which runs a batch holds is decided by derivatives, as the replays
would have it (`objectives.fit.next_runs_slopes`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from objectives.exact.optimum import Optimum
from objectives.fit.ensemble import Ensemble
from objectives.fit.next_runs_candidates import Candidates
from objectives.fit.next_runs_design import Belief
from objectives.laws.law import Array
from objectives.runs import Runs

FARTHEST = 0.02
"""Share of the replicates left out, those whose best size is farthest out: a few would decide everything."""
THINNED = 24
"""Runs, and as many candidates, from cheap to dear, that span the directions; all are projected on them."""
BINS = 24
"""Steps of the law's drift between the least and the most compute."""


class Goal(StrEnum):
    """What is to be known better at the target; the rows of a belief's goals, in this order."""

    SIZE = "size"
    """Log N*, the best size."""
    LOSS = "loss"
    """The log loss of the best configuration."""

    @property
    def row(self) -> int:
        """Its row."""
        return list(Goal).index(self)


@dataclass(frozen=True, eq=False)
class Evidence:
    """A fit as a design sees it."""

    ensemble: Ensemble
    runs: Runs
    held: Collection[str] = ()
    """Coefficients that were not fitted."""
    tied: Mapping[str, str] = field(default_factory=dict)
    """Coefficient -> the fitted one it equals."""

    @property
    def chain(self) -> Array:
        """Derivatives of the coefficients by those that were fitted, shape (P, p)."""
        names = self.ensemble.law.coefficient_names()
        free = [name for name in names if name not in self.held and name not in self.tied]
        return np.array([[float(self.tied.get(name, name) == other) for other in free] for name in names])


@dataclass(frozen=True, eq=False)
class Sample:
    """Replicates that are left, as deviations from their mean over the root of their number."""

    size: Array
    """Of log N*, shape (K,)."""
    loss: Array
    """Of the log loss at the target's optimum, shape (K,)."""
    runs: Array
    """Of the log loss of every run of the fit, shape (K, R)."""
    candidates: Array
    """Likewise, shape (K, M)."""


def belief_of(evidence: Evidence, sizes: Array, best: Optimum, choices: Candidates) -> Belief:
    """The belief about log N* and about the log loss at the target, before anything is bought.

    Args:
        evidence: the fit.
        sizes: the best size of each replicate, shape (B,).
        best: the target's optimum under the fitted law.
        choices: the candidates.
    """
    free = evidence.chain.shape[1]
    sample = _sample(evidence, sizes, best, choices)
    noise = float(np.sqrt(np.sum(sample.runs**2) / free))
    parts = ((sample.runs, evidence.runs.flops), (sample.candidates, choices.cost))
    thin = np.concatenate([_thinned(columns, flops) for columns, flops in parts], axis=1)
    directions = np.linalg.svd(thin, full_matrices=False)[0][:, :free]
    drifts = drifts_of(evidence, choices, best)
    return Belief.of(
        sample.runs.T @ directions,
        drifts[: len(evidence.runs)],
        noise=noise,
        candidates=sample.candidates.T @ directions,
        drifts=drifts[len(evidence.runs) :],
        goals=np.stack([sample.size, sample.loss]) @ directions,
    )


def _sample(evidence: Evidence, sizes: Array, best: Optimum, choices: Candidates) -> Sample:
    law, runs, replicates = evidence.ensemble.law, evidence.runs, evidence.ensemble.replicates
    there = [np.array([x]) for x in (best.n, best.tokens, best.sparsity)]
    with np.errstate(all="ignore"):
        columns = (
            np.log(sizes)[:, None],
            np.log(replicates.loss(*there, **best.extra)),
            np.log(replicates.loss(*runs.inputs, **runs.extra_of(law))),
            np.log(replicates.loss(choices.n, choices.tokens, choices.sparsity)),
        )
    kept = _near(columns[0][:, 0]) & np.logical_and.reduce(
        [np.isfinite(each).all(axis=1) for each in columns]
    )
    size, loss, *rest = ((each[kept] - each[kept].mean(axis=0)) / np.sqrt(kept.sum()) for each in columns)
    return Sample(size[:, 0], loss[:, 0], *rest)


def _near(size: Array) -> npt.NDArray[np.bool_]:
    """All replicates but those whose best size is farthest out."""
    known = np.isfinite(size)
    distance = np.where(known, np.abs(size - np.median(size[known])), np.inf)
    return np.asarray(distance <= np.quantile(distance[known], 1.0 - FARTHEST))


def _thinned(columns: Array, flops: Array) -> Array:
    picked = np.linspace(0, len(flops) - 1, min(THINNED, len(flops))).round().astype(int)
    return columns[:, np.argsort(flops, kind="stable")[picked]]


def drifts_of(evidence: Evidence, choices: Candidates, best: Optimum) -> Array:
    """`drift` at the runs, then at the candidates; a law is not taken to drift less than its runs scatter."""
    calibration = evidence.ensemble.calibration
    flops = np.concatenate([evidence.runs.flops, choices.cost])
    return drift(flops, best.flops, max(calibration.drift, calibration.noise))


def drift(flops: Array, target: float, rate: float) -> Array:
    """Root (R, BINS) of the covariance of the law's error at runs of this compute, as seen from the target.

    A random walk along log compute, away from the target on either side, whose standard deviation t decades
    away is rate t: what the fit's own extrapolations were found to go wrong by.
    """
    way = np.log10(flops / target)
    edges = np.linspace(min(way.min(), 0.0) - 1e-9, max(way.max(), 0.0) + 1e-9, BINS + 1)
    low, high = np.minimum(way, 0.0)[:, None], np.maximum(way, 0.0)[:, None]
    width = edges[1] - edges[0]
    passed = np.clip(np.minimum(high, edges[1:]) - np.maximum(low, edges[:-1]), 0.0, None) / width
    middle = np.abs(edges[1:] + edges[:-1]) / 2.0
    return np.asarray(passed * rate * np.sqrt(2.0 * middle * width))
