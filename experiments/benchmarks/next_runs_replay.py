"""Replays of real tables: a cheap subset is known, designs buy from the rest, and the law is fitted again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from experiments.real_runs import RealTable
from objectives.budget import Budget
from objectives.exact.optimum import Optimum, optimum
from objectives.fit.bootstrap import resampled
from objectives.fit.calibration import calibrate
from objectives.fit.ensemble import Ensemble
from objectives.fit.estimation import Estimation
from objectives.fit.fitting import Solution, polish, solve
from objectives.fit.forms import form_of
from objectives.fit.losses import Huber
from objectives.fit.next_runs_belief import Evidence, Goal, belief_of
from objectives.fit.next_runs_candidates import Candidates
from objectives.fit.next_runs_design import Belief, best_batch, worth_for
from objectives.fit.next_runs_slopes import linearised
from objectives.fit.rolling import rolling_origin
from objectives.fit.starts import starts
from objectives.laws.law import Array

Rows = npt.NDArray[np.intp]

HELD = 0.15
"""Share of the runs, those of the most compute, that nobody may buy."""
CHEAP = 0.5
"""Share of the others, those of the least compute, that the known runs are drawn from."""
KNOWN = 0.2
"""Share of all runs that is known, but at least `PER_COEFFICIENT` runs a coefficient."""
PER_COEFFICIENT = 2
REPLICATES = 200
CHECKED = 100
"""Replicates of the fits after the purchase."""
STARTS = 8
LEAST_LOSS, LEAST_SIZE = 2e-4, 0.02
"""Errors of log loss and log N* below which two designs are called equal."""


@dataclass(frozen=True, eq=False)
class Whole:
    """A table, its fit to all runs, and the target: the compute of its largest run."""

    table: RealTable
    solution: Solution

    @classmethod
    def of(cls, table: RealTable) -> "Whole":
        """Fit all runs."""
        loss = Huber(0.01) if table.name == "frantar-vit" else Huber()
        return cls(table, solve(Estimation(form_of(table.family), table.runs, loss), count=2 * STARTS))

    @property
    def budget(self) -> Budget:
        """The target."""
        return Budget(float(self.table.runs.flops.max()))

    @cached_property
    def size(self) -> float:
        """Log N* of the target, by the fit to all runs."""
        return float(np.log(optimum(self.solution.law(), self.budget).n))


@dataclass(frozen=True)
class Outcome:
    """What a purchase led to."""

    loss_error: float
    """Mean absolute error of the log losses of the runs nobody could buy."""
    size_error: float
    """Distance of log N* from the fit to all runs."""
    spread: float
    """Standard deviation of log N* over the bootstrap, by its middle 68 %."""
    bought: int
    promised: float
    """Spread the belief expected."""


@dataclass(frozen=True, eq=False)
class Replay:
    """One split of a table: rows known, rows for sale, rows held out, and what the known ones say."""

    whole: Whole
    known: Rows
    sale: Rows
    held: Rows
    seed: int
    share: float
    """Of the most expensive run for sale that the allowance is."""

    @classmethod
    def of(cls, whole: Whole, seed: int, share: float) -> "Replay":
        """The split of a seed."""
        runs = whole.table.runs
        order = np.argsort(runs.flops, kind="stable")
        held = max(2, round(HELD * len(runs)))
        rest = order[:-held]
        size = max(round(KNOWN * len(runs)), PER_COEFFICIENT * len(whole.solution.estimation.free))
        size = min(size, len(rest) // 2)
        cheap = rest[: max(round(CHEAP * len(rest)), size + 1)]
        known = np.sort(np.random.default_rng([seed, 5]).choice(cheap, size=size, replace=False))
        return cls(whole, known, np.setdiff1d(rest, known), order[-held:], seed, share)

    @property
    def cost(self) -> Array:
        """Of the runs for sale."""
        return self.whole.table.runs.flops[self.sale]

    @property
    def allowance(self) -> float:
        """What may be spent."""
        return self.share * float(self.cost.max())

    @cached_property
    def fit(self) -> Solution:
        """To the known runs."""
        estimation = self.whole.solution.estimation
        return solve(estimation.on(estimation.runs.take(self.known)), seed=self.seed, count=STARTS)

    @cached_property
    def ensemble(self) -> Ensemble:
        """Of that fit, calibrated on it alone."""
        fit, runs = self.fit, self.fit.estimation.runs
        noise = np.sqrt(np.sum(fit.log_errors**2) / max(len(runs) - len(fit.estimation.free), 1))
        calibration = calibrate(rolling_origin(fit), float(noise), float(runs.flops.max()))
        return Ensemble(fit.law(), _draws(fit, REPLICATES, self.seed), calibration)

    @cached_property
    def best(self) -> Optimum:
        """Of the target, by that fit."""
        return optimum(self.ensemble.law, self.whole.budget)

    @cached_property
    def evidence(self) -> Evidence:
        """What a design may know."""
        return Evidence(self.ensemble, self.fit.estimation.runs)

    @cached_property
    def choices(self) -> Candidates:
        """The runs for sale, then the runs held out."""
        runs = self.whole.table.runs.take(np.concatenate([self.sale, self.held]))
        return Candidates(*runs.inputs, runs.flops)

    @cached_property
    def by_bootstrap(self) -> Belief:
        """The belief the project makes its promises by."""
        sizes = self.ensemble.optima(self.whole.budget).n[:, 0]
        return self._for_sale(belief_of(self.evidence, sizes, self.best, self.choices))

    @cached_property
    def everything(self) -> Belief:
        """The belief the project chooses by, the runs held out among the candidates."""
        return linearised(self.evidence, self.best, self.choices, self.by_bootstrap.noise)

    @cached_property
    def belief(self) -> Belief:
        """The belief the project chooses by: runs for sale, the goals of a target, the drift of the law."""
        return self._for_sale(self.everything)

    @cached_property
    def undrifted(self) -> Belief:
        """As the usual designs have it: the law is right."""
        belief = self.belief
        return replace(belief, drifts=np.zeros_like(belief.drifts), pull=np.zeros_like(belief.pull))

    @cached_property
    def undrifted_losses(self) -> Belief:
        """The same, with the log losses of the runs held out for goals."""
        return replace(self.undrifted, goals=self.everything.candidates[len(self.sale) :])

    def _for_sale(self, belief: Belief) -> Belief:
        count = len(self.sale)
        return replace(belief, candidates=belief.candidates[:count], drifts=belief.drifts[:count])

    def outcome(self, picks: Rows) -> Outcome:
        """Train the picks, that is, look them up, and fit again."""
        estimation = self.whole.solution.estimation
        seen = estimation.on(estimation.runs.take(np.concatenate([self.known, self.sale[picks]])))
        theta = self.fit.minima.theta[np.argsort(self.fit.minima.value)][: STARTS // 2]
        fit = polish(seen, np.concatenate([theta, starts(seen, STARTS // 2, self.seed)]))
        held = estimation.on(estimation.runs.take(self.held))
        error = np.log(held.predicted(fit.theta[None])[0]) - held.log_observed
        drawn = Ensemble(fit.law(), _draws(fit, CHECKED, self.seed), self.ensemble.calibration)
        sizes = np.log(drawn.optima(self.whole.budget).n[:, 0])
        belief = self.by_bootstrap
        for pick in picks:
            belief = belief.after(int(pick))
        return Outcome(
            loss_error=float(np.mean(np.abs(error))),
            size_error=abs(float(np.log(optimum(fit.law(), self.whole.budget).n)) - self.whole.size),
            spread=_spread(sizes),
            bought=len(picks),
            promised=float(np.sqrt(belief.variance[0])),
        )


def _draws(fit: Solution, count: int, seed: int) -> Array:
    theta = resampled(fit.estimation, fit.theta[None], count, [seed, 2])[0]
    return np.stack(list(fit.estimation.coefficients(theta).values()), axis=-1)


def _spread(sizes: Array) -> float:
    low, high = np.nanquantile(sizes, [0.16, 0.84])
    return float(high - low) / 2


Design = Callable[[Replay, np.random.Generator], Rows]


def of_worth(worth: Callable[[Belief], Array], belief: str) -> Design:
    """The best greedy batch by this worth, under the belief of this name."""

    def design(replay: Replay, random: np.random.Generator) -> Rows:
        del random
        start = getattr(replay, belief)
        batch = best_batch(start, replay.cost, replay.allowance, worth, copies=1)
        return np.array(batch.picks, dtype=np.intp)

    return design


def largest(replay: Replay, random: np.random.Generator) -> Rows:
    """The most expensive run the allowance still pays for, again and again."""
    del random
    return _affordable(replay, np.argsort(-replay.cost, kind="stable"))


def at_random(replay: Replay, random: np.random.Generator) -> Rows:
    """Whatever comes that the allowance still pays for."""
    return _affordable(replay, random.permutation(len(replay.cost)))


def _affordable(replay: Replay, order: Rows) -> Rows:
    left, picks = replay.allowance, []
    for row in order:
        if replay.cost[row] <= left:
            picks.append(row)
            left -= float(replay.cost[row])
    return np.array(picks, dtype=np.intp)


DESIGNS: dict[str, Design] = {
    "ours, for the size": of_worth(worth_for(Goal.SIZE.row), "belief"),
    "ours, for the loss": of_worth(worth_for(Goal.LOSS.row), "belief"),
    "ours, by bootstrap": of_worth(worth_for(Goal.SIZE.row), "by_bootstrap"),
    "c-optimal": of_worth(worth_for(Goal.SIZE.row), "undrifted"),
    "V-optimal": of_worth(lambda belief: worth_for(*range(len(belief.goals)))(belief), "undrifted_losses"),
    "D-optimal": of_worth(lambda belief: belief.information, "undrifted"),
    "largest affordable": largest,
}


def outcomes(replay: Replay, random_seeds: int) -> Iterator[tuple[str, Outcome]]:
    """Every design's outcome; `random` comes once for each of its seeds. Equal purchases are fitted once."""
    fitted: dict[tuple[int, ...], Outcome] = {}
    contestants = [*DESIGNS.items(), *(("random", at_random) for _ in range(random_seeds))]
    random = np.random.default_rng([replay.seed, 6])
    for name, design in [*contestants, ("nothing", lambda *_: np.array([], dtype=np.intp))]:
        picks = np.sort(design(replay, random))
        key = tuple(picks.tolist())
        if key not in fitted:
            fitted[key] = replay.outcome(picks)
        yield name, fitted[key]
