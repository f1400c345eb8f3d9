"""A budget becomes an answer: everything `scalesearch plan` says about one law and one budget.

Best configuration, interval of its predicted loss, certificate, waste bands, active constraints, what other
laws would say, how far beyond its data the law is asked, learning rate and batch size, real models of that
size, memory, time and money.
"""

from dataclasses import asdict, dataclass
from typing import Any

from objectives.budget import Budget
from objectives.comparison import Other, others
from objectives.exact import Box, Optimum, WasteBand, optimum, waste_bands
from objectives.fit.ensemble import Ensemble, Uncertainty
from objectives.fit.recommendation import Recommendation, recommend
from objectives.laws import FittedRange, Law, Trust, describe
from objectives.machine import RunCost
from objectives.memory import Memory, memory
from objectives.models import nearest
from objectives.recipe import Advice, advise

FAR = 0.5
"""Decades beyond the fitted range that deserve a warning: a factor of three."""
NO_INTERVAL = (
    "none: the source of these coefficients publishes no joint uncertainty of them, and intervals of single "
    "coefficients do not bound a prediction, because their errors cancel"
)
NO_REPLICATES = "none: the coefficients were given without the fit that could tell how sure they are"


@dataclass(frozen=True)
class Neighbour:
    """A published model near the optimum."""

    name: str
    n_total: int
    n_active: int
    layers: int
    d_model: int
    source: str


@dataclass(frozen=True)
class Plan:
    """The whole answer; `to_dict` is what reports and `--json` show."""

    law: Law
    budget: Budget
    optimum: Optimum
    uncertainty: Uncertainty | None
    why_no_interval: str | None
    recommendation: Recommendation | None
    """The configuration of least expected loss, where the law came with a fit."""
    waste: tuple[WasteBand, ...]
    others: tuple[Other, ...]
    extrapolation: dict[str, float | None]
    """Decades beyond the fitted range (positive above it, negative below, 0 inside); None where the source
    does not tell the range."""
    recipe: tuple[Advice, ...]
    neighbours: tuple[Neighbour, ...]
    memory: Memory
    cost: RunCost
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "law": describe(self.law),
            "budget": {**self.budget.to_dict(), "description": self.budget.describe()},
            "optimum": self.optimum.to_dict(),
            "uncertainty": asdict(self.uncertainty) if self.uncertainty else None,
            "why_no_interval": self.why_no_interval,
            "recommendation": asdict(self.recommendation) if self.recommendation else None,
            "waste": {f"{band.waste:.0%}": asdict(band) for band in self.waste},
            "others": [asdict(other) for other in self.others],
            "extrapolation": self.extrapolation,
            "recipe": [asdict(advice) for advice in self.recipe],
            "neighbours": [asdict(neighbour) for neighbour in self.neighbours],
            "memory": asdict(self.memory),
            "cost": asdict(self.cost),
            "warnings": list(self.warnings),
        }


def plan(law: Law, budget: Budget, box: Box | None = None, *, ensemble: Ensemble | None = None) -> Plan:
    """Answer one budget with one law.

    Args:
        law: the law to trust.
        budget: FLOPs and caps.
        box: a search space's own bounds; the other laws, which count differently, are asked without them.
        ensemble: the fit the law is from, for intervals and a recommendation.

    Raises:
        Infeasible: nothing satisfies the constraints.
    """
    best = optimum(law, budget, box)
    decades = extrapolation(law.fitted, best)
    gpu = budget.machine.gpu if budget.machine else None
    return Plan(
        law=law,
        budget=budget,
        optimum=best,
        uncertainty=ensemble.uncertainty(best, budget, box) if ensemble else None,
        why_no_interval=None if ensemble else _why_no_interval(law),
        recommendation=recommend(ensemble, best, budget, box) if ensemble else None,
        waste=waste_bands(law, [budget], [best], box)[0],
        others=others(law, budget, ensemble.alternatives if ensemble else ()),
        extrapolation=decades,
        recipe=advise(law, best),
        neighbours=_neighbours(best),
        memory=memory(best.n_total, gpu),
        cost=budget.cost(best.flops),
        warnings=(*_doubts_of_law(law, best, decades), *_doubts_of_answer(best, budget, box)),
    )


def extrapolation(fitted: FittedRange, best: Optimum) -> dict[str, float | None]:
    """Decades by which n, tokens and flops leave the fitted range."""
    asked = {"n": best.n, "tokens": best.tokens, "flops": best.flops}
    return {name: fitted.decades(name, value) for name, value in asked.items()}


def _why_no_interval(law: Law) -> str:
    return NO_REPLICATES if law.trust is Trust.USER else NO_INTERVAL


def _neighbours(best: Optimum) -> tuple[Neighbour, ...]:
    return tuple(
        Neighbour(
            model.name,
            model.n_total,
            model.n_active,
            int(model.architecture.layers),
            int(model.architecture.d_model),
            model.source,
        )
        for model in nearest(best.n_total, best.n_active)
    )


def _doubts_of_law(law: Law, best: Optimum, decades: dict[str, float | None]) -> list[str]:
    """Where the law itself is weak, or is asked beyond what it was fitted on."""
    doubts = []
    if law.trust in (Trust.SECONDARY, Trust.TRANSCRIBED):
        doubts.append(f"the coefficients were not read in the paper or its code: {law.trust.value}")
    if law.trust is not Trust.USER and all(value is None for value in decades.values()):
        doubts.append("the source does not tell the range of the fitted runs: extrapolation is unknown")
    for name, value in decades.items():
        if value is not None and abs(value) >= FAR:
            side = "above the largest" if value > 0 else "below the smallest"
            doubts.append(f"{name} is {abs(value):.1f} decades {side} of the runs the law was fitted on")
    if law.fitted.sparsity and best.sparsity > law.fitted.sparsity[1]:
        doubts.append(f"S is above {law.fitted.sparsity[1]:g}, the largest of the runs the law was fitted on")
    if law.unit != "nats/token":
        doubts.append(f"the loss is in {law.unit}, not in nats per token")
    return doubts


def _doubts_of_answer(best: Optimum, budget: Budget, box: Box | None) -> list[str]:
    """What the reader of this answer should know before spending the budget."""
    doubts = list(budget.machine.warnings) if budget.machine else []
    low, high = (box and box.sparsity) or (0.0, 1.0)
    if budget.sparsity is None and low < high:
        doubts += [
            f"the loss still falls at S = {best.sparsity:g}: {bound.name} chose the sparsity, not the law"
            for bound in best.active
            if bound.quantity == "sparsity" and (bound.shadow_price or 0.0) < 0
        ]
    if best.flops < 0.99 * budget.flops:
        doubts.append(f"the caps stop the run at {best.flops / budget.flops:.1%} of the budget")
    if not best.certificate.holds:
        doubts.append("the certificate does not hold: treat the optimum as approximate")
    return doubts
