"""A budget becomes the architecture of the highest MMLU: everything `scalesearch performance` says."""

from dataclasses import asdict, dataclass
from typing import Any

from objectives.capability.doubts import doubts
from objectives.capability.front import Front
from objectives.capability.planner import Order, Plans
from objectives.capability.score_saved import Fitted
from objectives.capability.score_validation import bounded
from objectives.laws import describe_capability
from objectives.memory import memory
from objectives.models import nearest

TOP = 10
POINTS_BELOW = (0.5, 2.0)
"""How far below the highest MMLU a plan is still nearly as good."""
EXTRA_COMPUTE = (0.01, 0.05)
"""Likewise for the least training compute, as shares."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Plans in order, and what there is to say about the first."""

    fitted: Fitted
    shapes: str
    """Which shapes were planned with, in words."""
    plans: Plans
    """Ordered."""
    order: str
    min_mmlu: float | None
    precision: float = 1.0
    top: int = TOP
    front: Front | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        records = [self._with_interval(record) for record in self.plans.first(self.top).records()]
        best, budget = records[0], self.plans.budget
        gpu = budget.machine.gpu if budget.machine else None
        return {
            "law": {**describe_capability(self.fitted.law), "link": self.fitted.law.link.value},
            "budget": {**budget.to_dict(), "description": budget.describe()},
            "shapes": self.shapes,
            "order": self.order,
            "min_mmlu": self.min_mmlu,
            "precision": self.precision,
            "level": self.fitted.level,
            "feasible": len(self.plans),
            "best": best,
            "plans": records,
            "bands": [self._band(within) for within in self._tolerances],
            "pareto": None if self.front is None else self.front.to_dict(),
            "memory": asdict(memory(best["n_total"], gpu)),
            "cost": asdict(budget.cost(best["flops"])),
            "neighbours": [
                {
                    "name": model.name,
                    "n_total": model.n_total,
                    "layers": int(model.architecture.layers),
                    "hidden": int(model.architecture.d_model),
                    "source": model.source,
                }
                for model in nearest(best["n_total"], best["n_total"])
            ],
            "warnings": [
                *(budget.machine.warnings if budget.machine else ()),
                *doubts(self.fitted, *(best[name] for name in ("layers", "hidden", "tokens", "n_total"))),
            ],
        }

    @property
    def _tolerances(self) -> tuple[float, float]:
        return EXTRA_COMPUTE if self.order == Order.CHEAP else POINTS_BELOW

    def _band(self, within: float) -> dict[str, Any]:
        """The plans nearly as good as the best, whatever their order."""
        plans = self.plans
        if self.order == Order.CHEAP:
            near = plans.take(plans.flops <= (1.0 + within) * plans.flops.min())
        else:
            near = plans.take(plans.mmlu >= plans.mmlu.max() - within)
        columns = {"layers": near.shapes.layers, "n_total": near.shapes.n_total, "tokens": near.tokens}
        ends = {name: [column.min().item(), column.max().item()] for name, column in columns.items()}
        return {"within": within, "plans": len(near), **ends}

    def _with_interval(self, record: dict[str, Any]) -> dict[str, Any]:
        return {**record, "interval": interval(self.fitted, record["mmlu"])}


def interval(fitted: Fitted, mmlu: float) -> list[float] | None:
    """Ends of the interval of a model from a new family; None where the law has none."""
    if fitted.half_width is None:
        return None
    low, high = bounded(mmlu, fitted.half_width)
    return [float(low), float(high)]
