"""The batch of runs that leaves a goal least uncertain, chosen one run at a time.

A goal, such as the best size of a budget, is a linear function g'z of the coordinates z of a law; so is the
log loss of a run, x'z. What the runs so far leave open is the belief z ~ N(0, I). A further run measures x'z
with noise t, and the refit weighs it like any other, M = I + sum x x'/t^2. Two things then remain of the
error of the goal (Box & Draper 1959, "A basis for the selection of a response surface design"):

    variance  g' M^-1 g
    drift^2   |g' M^-1 sum x b' / t^2|^2   over all runs, old and new

The second is there because no law holds everywhere: b b' is the covariance of what the law gets wrong at the
runs, as seen from the goal. Cheap runs far from it shrink the variance and feed the drift, which is why the
usual designs buy too many of them. Without drift and with one goal the choice is c-optimal, with several
V-optimal. None of it depends on the losses still to be measured, so a whole batch can be planned ahead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array

POWERS = (0.0, 0.5, 1.0)
"""Gains are compared per cost to these powers: what is best at any price, per FLOP, and between the two."""


@dataclass(frozen=True, eq=False)
class Belief:
    """What is known of T goals, and what each of M candidates would add."""

    candidates: Array
    """Their log losses by the coordinates, shape (M, p)."""
    drifts: Array
    """Root of the covariance of the law's error at the candidates, shape (M, r)."""
    goals: Array
    """The goals by the coordinates, shape (T, p)."""
    noise: float
    """Standard deviation of one measured log loss, as the fit weighs it."""
    precision: Array
    """M, shape (p, p)."""
    pull: Array
    """Sum of x b' / t^2 over the runs trained: how the law's error pulls at the fit; shape (p, r)."""

    @classmethod
    def of(cls, runs: Array, run_drifts: Array, *, noise: float, **parts: Array) -> Self:
        """Before anything is bought; `runs` (R, p) and their drifts (R, r) are those behind the fit."""
        pull = runs.T @ run_drifts / noise**2
        return cls(**parts, noise=noise, precision=np.eye(runs.shape[1]), pull=pull)

    @property
    def variance(self) -> Array:
        """Of each goal, shape (T,)."""
        return np.asarray(np.einsum("tp,tp->t", self.goals, self._weights))

    @property
    def error(self) -> Array:
        """Expected squared error of each goal, drift included; shape (T,)."""
        return np.asarray(self.variance + np.sum((self._weights @ self.pull) ** 2, axis=1))

    @property
    def _weights(self) -> Array:
        return np.asarray(np.linalg.solve(self.precision, self.goals.T).T, dtype=np.float64)

    @property
    def information(self) -> Array:
        """Growth of the log determinant of M by each candidate, shape (M,)."""
        return np.asarray(np.log1p(self._leverage(self._solved)))

    @property
    def _solved(self) -> Array:
        """M^-1 x / t^2 of every candidate, shape (M, p)."""
        return np.asarray(np.linalg.solve(self.precision, self.candidates.T).T / self.noise**2, np.float64)

    def _leverage(self, solved: Array) -> Array:
        return np.asarray(np.einsum("mp,mp->m", solved, self.candidates))

    def errors_after(self) -> Array:
        """Expected squared error of each goal after each candidate, shape (T, M), by rank-one updates."""
        solved = self._solved
        grown = 1.0 + self._leverage(solved)
        errors = []
        for goal, weights in zip(self.goals, self._weights, strict=True):
            share = self.candidates @ weights / grown
            after = weights - solved * share[:, None]
            drift = after @ self.pull + (share / self.noise**2)[:, None] * self.drifts
            errors.append(after @ goal + np.sum(drift**2, axis=1))
        return np.array(errors)

    def after(self, candidate: int) -> Self:
        """The belief once a candidate is trained."""
        x = self.candidates[candidate] / self.noise
        pull = np.outer(x, self.drifts[candidate]) / self.noise
        return replace(self, precision=self.precision + np.outer(x, x), pull=self.pull + pull)


Worth = Callable[[Belief], Array]
"""What each candidate is worth under a belief, shape (M,); nothing is bought that is worth nothing."""


def worth_for(*rows: int) -> Worth:
    """By how much each candidate lowers the summed errors of these goals; the others are only watched."""

    def worth(belief: Belief) -> Array:
        watched = replace(belief, goals=belief.goals[list(rows)])
        return np.asarray(watched.error.sum() - watched.errors_after().sum(axis=0))

    return worth


@dataclass(frozen=True, eq=False)
class Batch:
    """Candidates in the order of purchase."""

    picks: tuple[int, ...]
    worth: float
    """What they are worth together."""


def best_batch(
    belief: Belief,
    cost: Array,
    allowance: float,
    worth: Worth,
    *,
    powers: Sequence[float] = POWERS,
    most: int | None = None,
    copies: int | None = None,
) -> Batch:
    """The best of the greedy batches, one for each power; `buy` has the arguments."""
    batches = [buy(belief, cost, allowance, worth, power, most=most, copies=copies) for power in powers]
    return max(batches, key=lambda batch: batch.worth)


def buy(
    belief: Belief,
    cost: Array,
    allowance: float,
    worth: Worth,
    power: float,
    *,
    most: int | None = None,
    copies: int | None = None,
) -> Batch:
    """One greedy batch: each time what is worth most per cost^power, under the belief so far.

    Args:
        belief: before the purchase.
        cost: of each candidate, shape (M,).
        allowance: the costs of the batch add up to at most this.
        worth: of a candidate.
        power: of the cost.
        most: runs in the batch; as many as pay if left out.
        copies: of one candidate, likewise.
    """
    left, total = allowance, 0.0
    taken: npt.NDArray[np.intp] = np.zeros(len(cost), dtype=np.intp)
    picks: list[int] = []
    while most is None or len(picks) < most:
        value = worth(belief)
        allowed = (cost <= left) & (True if copies is None else taken < copies)
        best = int(np.argmax(np.where(allowed, value / cost**power, -np.inf)))
        if not (allowed[best] and value[best] > 0):
            break
        belief = belief.after(best)
        picks.append(best)
        taken[best] += 1
        left, total = left - float(cost[best]), total + float(value[best])
    return Batch(tuple(picks), total)
