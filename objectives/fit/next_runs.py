"""Which runs to buy next: the batch within an allowance after which the best size of a budget is known best.

>>> import numpy as np
>>> from objectives.fit import fit
>>> from objectives.laws import get
>>> from objectives.runs import Runs
>>> n, d = (10 ** grid.ravel() for grid in np.meshgrid(np.linspace(7, 9, 6), np.linspace(9, 11, 6)))
>>> loss = get("hoffmann", "tex").loss(n, d) * np.exp(np.random.default_rng(0).normal(0, 0.01, 36))
>>> fitted = fit(Runs(n, d, np.zeros(36), loss), law="hoffmann", draws=100, compare=())
>>> plan = next_runs(evidence_of(fitted), target=1e23, allowance=1e21, most=3)
>>> plan.shrinkage > 0 and plan.cost <= 1e21
True
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from objectives.budget import Budget
from objectives.exact.optimum import Optimum, optimum
from objectives.fit.calibration import Calibration
from objectives.fit.ensemble import Interval
from objectives.fit.next_runs_belief import Evidence, Goal, belief_of
from objectives.fit.next_runs_candidates import Candidates, candidates
from objectives.fit.next_runs_design import Belief, best_batch, worth_for
from objectives.fit.next_runs_slopes import linearised
from objectives.laws import Law, describe
from objectives.laws.law import Array
from spaces.errors import BadInput, Mistake

if TYPE_CHECKING:
    from objectives.fit.pipeline import Fit

MOST = 10
"""Runs of a batch, unless told otherwise."""
LARGE = 0.5
"""Share of the allowance a single run costs at least that is called one large run."""
CERTAIN = 1e-9
"""Standard deviation of log N* below which there is nothing to buy runs for."""


@dataclass(frozen=True)
class Expected:
    """Calibrated intervals at the target, as they are or as they are expected to become."""

    n: Interval
    """Of the best size."""
    loss: Interval
    """Of a run of the best configuration."""


@dataclass(frozen=True)
class Pick:
    """One run to buy."""

    n: float
    tokens: float
    sparsity: float
    cost: float
    cumulative_cost: float
    expected: Expected
    """Once it and those before it are trained."""
    shrinkage: float
    """Share by which the interval of log N* is expected to be narrower than now."""


@dataclass(frozen=True, eq=False)
class NextRuns:
    """What to buy, and what to expect of it."""

    law: Law
    target: Budget
    allowance: float
    goal: Goal
    optimum: Optimum
    calibration: Calibration
    candidates: int
    noise: float
    """Of one run, in log loss, as this fit weighs it."""
    now: Expected
    picks: tuple[Pick, ...]
    one_large: Pick | None
    """The best single run for at least half of the allowance, in place of the batch; None without one."""

    @property
    def cost(self) -> float:
        """Training FLOPs of the batch."""
        return self.picks[-1].cumulative_cost if self.picks else 0.0

    @property
    def shrinkage(self) -> float:
        """Share by which the interval of log N* is expected to shrink."""
        return self.picks[-1].shrinkage if self.picks else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        best = self.optimum.to_dict()
        names = ("n", "n_active", "n_total", "tokens", "sparsity", "extra", "loss", "flops")
        return {
            "kind": "next-runs",
            "law": describe(self.law),
            "target": self.target.flops,
            "allowance": self.allowance,
            "goal": self.goal.value,
            "optimum": {name: best[name] for name in names},
            "level": self.calibration.level,
            "inflation": self.calibration.inflation,
            "drift": self.calibration.drift,
            "held_out": self.calibration.held_out,
            "noise": self.noise,
            "candidates": self.candidates,
            "now": asdict(self.now),
            "cost": self.cost,
            "shrinkage": self.shrinkage,
            "picks": [asdict(pick) for pick in self.picks],
            "one_large_run": asdict(self.one_large) if self.one_large else None,
        }


def evidence_of(fit: "Fit") -> Evidence:
    """What a design needs of a fit; of a fit.json see `next_runs_saved.load_evidence`."""
    return Evidence(fit.ensemble, fit.runs, tuple(fit.recipe.held), fit.recipe.tied)


def next_runs(
    evidence: Evidence,
    *,
    target: float,
    allowance: float,
    sizes: Sequence[float] = (),
    tokens: Sequence[float] = (),
    sparsities: Sequence[float] = (),
    most: int = MOST,
    copies: int = 1,
    goal: Goal | str = Goal.SIZE,
) -> NextRuns:
    """The batch of runs to buy.

    Args:
        evidence: the fit.
        target: training FLOPs of the run all this is for.
        allowance: training FLOPs the batch may cost.
        sizes: that may be bought, in the law's own count; `candidates` says what takes the place of a grid
            left out.
        tokens: likewise.
        sparsities: likewise.
        most: runs in the batch.
        copies: of one configuration. A repeat averages out its noise, but not what the law gets wrong there,
            and the residuals of a fit do not tell one from the other.
        goal: what is to be known better.

    Raises:
        BadInput: a number outside its domain; a law whose best size nothing could change.
        Infeasible: the allowance does not pay for any run.
    """
    _check(target, allowance, most, copies)
    goal = Goal(goal)
    ensemble, budget = evidence.ensemble, Budget(target)
    choices = candidates(
        ensemble.law, evidence.runs, allowance, sizes=sizes, tokens=tokens, sparsities=sparsities
    )
    best, drawn = optimum(ensemble.law, budget), ensemble.optima(budget).n[:, 0]
    if np.nanstd(np.log(drawn)) < CERTAIN:
        expected = "a law whose best size the runs leave uncertain"
        raise BadInput.of("fit", expected, f"{ensemble.law.family}, the same size in every replicate")
    belief = belief_of(evidence, drawn, best, choices)
    outlook = _Outlook(evidence, best, belief, ensemble.calibration.interval(best.n, drawn))
    chosen_by, worth = linearised(evidence, best, choices, belief.noise), worth_for(goal.row)
    batch = best_batch(chosen_by, choices.cost, allowance, worth, most=most, copies=copies)
    return NextRuns(
        law=ensemble.law,
        target=budget,
        allowance=allowance,
        goal=goal,
        optimum=best,
        calibration=ensemble.calibration,
        candidates=len(choices),
        noise=belief.noise,
        now=outlook.expected(belief, 0.0),
        picks=outlook.picks(batch.picks, choices),
        one_large=outlook.one_large(worth(chosen_by), choices, allowance),
    )


def _check(target: float, allowance: float, most: int, copies: int) -> None:
    mistakes = [
        Mistake(name, "a positive finite number of FLOPs", f"{value:g}")
        for name, value in (("target", target), ("allowance", allowance))
        if not (value > 0 and isfinite(value))
    ]
    mistakes += [
        Mistake(name, "at least 1", str(value))
        for name, value in (("max", most), ("copies", copies))
        if value < 1
    ]
    if mistakes:
        raise BadInput(mistakes)


@dataclass(frozen=True, eq=False)
class _Outlook:
    """From a belief to intervals a user may be told.

    The factors of the calibration stay: runs still to be bought say nothing about how far the law is wrong.
    Only the spread of the replicates shrinks, and the decades the law is asked beyond its largest run.
    """

    evidence: Evidence
    best: Optimum
    before: Belief
    n: Interval

    def expected(self, belief: Belief, largest: float) -> Expected:
        """The intervals under a belief, the largest run bought being this large."""
        calibration, centre = self.evidence.ensemble.calibration, np.log(self.best.n)
        share = np.sqrt(belief.variance[0] / self.before.variance[0])
        n = np.exp(centre + share * (np.log(self.n) - centre))
        decades = np.log10(self.best.flops / max(calibration.flops, largest))
        half = calibration.half_width(np.sqrt(belief.variance[1]), np.asarray(decades))
        loss = self.best.loss * np.exp([-half, half])
        return Expected((float(n[0]), float(n[1])), (float(loss[0]), float(loss[1])))

    def picks(self, batch: Sequence[int], choices: Candidates) -> tuple[Pick, ...]:
        """The runs of a batch with what they cost and bring."""
        cost = choices.cost[list(batch)]
        beliefs = list(accumulate(batch, Belief.after, initial=self.before))[1:]
        rows = zip(batch, beliefs, np.cumsum(cost), np.maximum.accumulate(cost), strict=True)
        return tuple(
            Pick(
                n=float(choices.n[pick]),
                tokens=float(choices.tokens[pick]),
                sparsity=float(choices.sparsity[pick]),
                cost=float(choices.cost[pick]),
                cumulative_cost=float(total),
                expected=self.expected(belief, float(largest)),
                shrinkage=float(1.0 - np.sqrt(belief.variance[0] / self.before.variance[0])),
            )
            for pick, belief, total, largest in rows
        )

    def one_large(self, worth: Array, choices: Candidates, allowance: float) -> Pick | None:
        """The single run worth most among those that take at least half of the allowance."""
        large = np.flatnonzero(choices.cost >= LARGE * allowance)
        return self.picks([int(large[np.argmax(worth[large])])], choices)[0] if len(large) else None
