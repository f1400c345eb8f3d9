"""The whole fit of a table of runs: law, uncertainty, certificate, selection and decision.

>>> import numpy as np
>>> from objectives.laws import get
>>> from objectives.runs import Runs
>>> n, d = (10 ** grid.ravel() for grid in np.meshgrid(np.linspace(7, 9, 6), np.linspace(9, 11, 6)))
>>> runs = Runs(n, d, np.zeros(36), get("hoffmann", "tex").loss(n, d))
>>> fitted = fit_runs(runs, "hoffmann", draws=50)
>>> f"{fitted.coefficients['alpha']:.4f} {fitted.coefficients['beta']:.4f}"
'0.3392 0.2849'
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from objectives.budget import Budget
from objectives.exact.optimum import Optimum, optimum
from objectives.fit.bootstrap import resampled
from objectives.fit.calibration import LEVEL, Calibration, calibrate
from objectives.fit.certificate import FitCertificate, certify
from objectives.fit.checks import Finding, check, unfit
from objectives.fit.cut import Cut
from objectives.fit.ensemble import Ensemble, Uncertainty
from objectives.fit.estimation import Estimation, Residual
from objectives.fit.fitting import Solution
from objectives.fit.forms import form_of
from objectives.fit.isoflop_check import IsoflopCheck, isoflop_check
from objectives.fit.losses import Huber, Loss
from objectives.fit.recommendation import Recommendation, recommend
from objectives.fit.rolling import rolling_origin
from objectives.fit.selection import Candidate, choose, examine, families_for
from objectives.laws.law import Array, Count, Law
from objectives.runs import Runs
from spaces.errors import BadInput

DRAWS = 1000
AHEAD = (1.0, 10.0, 100.0)
"""Budgets a fit answers unasked, as multiples of its largest run."""


@dataclass(frozen=True)
class Recipe:
    """How to fit: everything but the runs and the family."""

    loss: Loss = field(default_factory=Huber)
    residual: Residual = Residual.LOG
    held: Mapping[str, float] = field(default_factory=dict)
    tied: Mapping[str, str] = field(default_factory=dict)
    draws: int = DRAWS
    level: float = LEVEL
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Decision:
    """What the fit says about one budget."""

    budget: Budget
    optimum: Optimum
    uncertainty: Uncertainty
    recommendation: Recommendation
    others: tuple[tuple[str, Optimum], ...]
    """The optimum of every other acceptable law, by family."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A law fitted to runs."""

    runs: Runs
    recipe: Recipe
    solution: Solution
    certificate: FitCertificate
    cuts: tuple[Cut, ...]
    ensemble: Ensemble
    candidates: tuple[Candidate, ...]
    findings: tuple[Finding, ...]
    isoflop: IsoflopCheck
    """IsoFLOP profiles of the runs beside what the law says: a check, never the estimator."""
    decisions: tuple[Decision, ...]

    @property
    def law(self) -> Law:
        """The fitted law."""
        return self.ensemble.law

    @property
    def objective(self) -> float:
        """Summed loss of the residuals at the optimum."""
        return self.solution.objective

    @property
    def coefficients(self) -> dict[str, float]:
        """Coefficients by name."""
        return self.solution.coefficients

    @property
    def calibration(self) -> Calibration:
        """What widens the bootstrap to intervals that hold."""
        return self.ensemble.calibration

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Calibrated interval of every coefficient: the bootstrap's, widened by the inflation."""
        names = self.law.coefficient_names()
        return {
            name: self._interval(name, column)
            for name, column in zip(names, self.ensemble.draws.T, strict=True)
        }

    def _interval(self, name: str, draws: Array) -> tuple[float, float]:
        """In logarithms where the coefficient must be positive; never beyond its bounds."""
        point, calibration, form = self.coefficients[name], self.calibration, self.solution.estimation.form
        lower, upper = form.bounds(name)
        if name in form.positive or lower > 0:
            low, high = calibration.interval(point, draws)
        else:
            tail = (1 - calibration.level) / 2
            low, high = np.quantile(point + calibration.inflation * (draws - point), [tail, 1 - tail])
        return max(min(float(low), point), lower), min(max(float(high), point), upper)


def fit_runs(
    runs: Runs,
    law: str | type[Law] = "auto",
    *,
    loss: Loss | None = None,
    residual: Residual | str = Residual.LOG,
    held: Mapping[str, float] | None = None,
    tied: Mapping[str, str] | None = None,
    draws: int = DRAWS,
    level: float = LEVEL,
    seed: int = 0,
    compare: Sequence[str] | None = None,
    flops: Sequence[float] = (),
) -> Fit:
    """Fit a law to runs.

    Args:
        runs: the table.
        law: a family, a law class of your own, or `auto`: the family that extrapolates best.
        loss: of a residual; Huber with delta 1e-3, as is usual, if left out.
        residual: of the log loss, or raw.
        held: coefficients held at a value.
        tied: coefficients that equal another.
        draws: bootstrap replicates.
        level: of the intervals.
        seed: of starts and resampling.
        compare: families to rank beside the law; by default those the runs can speak about.
        flops: budgets to answer; by default 1, 10 and 100 times the largest run.

    Raises:
        BadInput: an unknown family or coefficient; fewer runs than coefficients; no acceptable family.
    """
    recipe = Recipe(loss or Huber(), Residual(residual), held or {}, tied or {}, draws, level, seed)
    budgets = [Budget(each) for each in flops or [share * float(runs.flops.max()) for share in AHEAD]]
    head, candidates = _chosen(runs, law, recipe, compare, budgets[0])
    solution = head.solution
    assert solution is not None  # `_chosen` sees to it
    rolled = tuple(rolling_origin(solution, seed=seed))
    ensemble = _ensemble(head, solution, rolled, recipe, [each for each in candidates if each is not head])
    return Fit(
        runs=solution.estimation.runs,
        recipe=recipe,
        solution=solution,
        certificate=certify(solution),
        cuts=rolled,
        ensemble=ensemble,
        candidates=tuple(candidates),
        findings=check(solution.estimation.runs, ensemble.law),
        isoflop=isoflop_check(solution.estimation.runs, ensemble.law),
        decisions=tuple(_decision(ensemble, budget, candidates, head) for budget in budgets),
    )


def _chosen(
    runs: Runs, law: str | type[Law], recipe: Recipe, compare: Sequence[str] | None, budget: Budget
) -> tuple[Candidate, list[Candidate]]:
    """The law of the fit, solved, and all that were compared."""
    names = list(families_for(runs) if compare is None else compare)
    if law == "auto":
        candidates = examine([_estimation(runs, name, recipe) for name in names], budget, seed=recipe.seed)
        return choose(candidates), candidates
    own = _estimation(runs, law, recipe)
    mistakes = unfit(own.runs, own.form.law)
    if mistakes:
        raise BadInput(mistakes)
    own.require_enough_runs()
    rest = [
        _estimation(runs, name, replace(recipe, held={}, tied={}))
        for name in names
        if name != own.form.law.family
    ]
    candidates = examine([own, *rest], budget, seed=recipe.seed)
    head = next(each for each in candidates if each.family == own.form.law.family)
    return head, candidates


def _estimation(runs: Runs, law: str | type[Law], recipe: Recipe) -> Estimation:
    form = form_of(law)
    count = _count(runs, form.law)
    return Estimation(
        form, _counted(runs, count), recipe.loss, recipe.residual, recipe.held, recipe.tied, count
    )


EXACT = (Count.TOTAL, Count.ACTIVE, Count.NONZERO)
"""Counts the sparsity converts into each other; active and non-zero parameters are one number."""


def _count(runs: Runs, law: type[Law]) -> Count:
    """What the law's N counts on these runs: its own convention where the table can be stated in it."""
    own = law.count
    return own if runs.count is None or (runs.count in EXACT and own in EXACT) else runs.count


def _counted(runs: Runs, count: Count) -> Runs:
    """The runs with N in this count."""
    if runs.count in (None, count):
        return replace(runs, count=count)
    n = {Count.TOTAL: runs.n_active / (1.0 - runs.sparsity)}.get(count, runs.n_active)
    return replace(runs, n=n, count=count)


def _ensemble(
    head: Candidate, solution: Solution, rolled: tuple[Cut, ...], recipe: Recipe, others: Sequence[Candidate]
) -> Ensemble:
    estimation = solution.estimation
    theta = resampled(estimation, solution.theta[None], recipe.draws, [recipe.seed, 2])[0]
    draws = np.stack(list(estimation.coefficients(theta).values()), axis=-1)
    degrees = max(len(estimation.runs) - len(estimation.free), 1)
    noise = float(np.sqrt(np.sum(solution.log_errors**2) / degrees))
    calibration = calibrate(rolled, noise, float(estimation.runs.flops.max()), recipe.level)
    return Ensemble(solution.law(), draws, calibration, *_weighted(head, others))


def _weighted(head: Candidate, others: Sequence[Candidate]) -> tuple[tuple[Law, ...], tuple[float, ...]]:
    """The acceptable alternatives, and the weights of the law and of each of them."""
    acceptable = [each for each in others if each.acceptable and each.law is not None]
    laws = tuple(each.law for each in acceptable if each.law is not None)
    errors = [each.error for each in (head, *acceptable)]
    known = np.array([1.0 if error is None else error for error in errors])
    weights = 1.0 / np.maximum(known, 1e-12) ** 2
    return laws, tuple(float(weight) for weight in weights / weights.sum())


def _decision(
    ensemble: Ensemble, budget: Budget, candidates: Sequence[Candidate], head: Candidate
) -> Decision:
    best = optimum(ensemble.law, budget)
    others = tuple(
        (each.family, optimum(each.law, budget))
        for each in candidates
        if each.acceptable and each.law is not None and each is not head
    )
    return Decision(
        budget, best, ensemble.uncertainty(best, budget), recommend(ensemble, best, budget), others
    )
