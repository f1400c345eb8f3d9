"""MMLU against a second aim: the plans that no other beats in both, and how many fronts lie behind them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from objectives.capability.pareto import non_dominated, ranks
from objectives.capability.planner import Plans
from objectives.laws import describe
from objectives.laws.law import Array, Count, Law


class Against(StrEnum):
    """The second aim."""

    LOSS = "loss"
    """The loss a scaling law predicts."""
    COST = "cost"
    """FLOPs to serve one token, 2 n_active."""


@dataclass(frozen=True, eq=False)
class Front:
    """All plans, their second cost, and which of them are on the front."""

    plans: Plans
    second: Array
    against: Against
    law: Law | None
    """Behind the loss."""

    @property
    def costs(self) -> Array:
        """What is minimised, shape (n, 2): the error in points and the second cost."""
        return np.column_stack([100.0 - self.plans.mmlu, self.second])

    @property
    def rows(self) -> npt.NDArray[np.intp]:
        """Indices of the plans on the front, the highest MMLU first; of equal plans the first alone."""
        rows = np.flatnonzero(non_dominated(self.costs))
        _, first = np.unique(self.costs[rows], axis=0, return_index=True)
        rows = rows[np.sort(first)]
        return rows[np.argsort(self.costs[rows, 0], kind="stable")]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        rows = self.rows
        records = self.plans.take(rows).records()
        if self.against is Against.LOSS:
            records = [
                {**record, "loss": loss}
                for record, loss in zip(records, self.second[rows].tolist(), strict=True)
            ]
        return {
            "against": self.against.value,
            "law": None if self.law is None else describe(self.law),
            "plans": len(self.plans),
            "fronts": int(ranks(self.costs).max()) + 1,
            "rows": records,
        }


def front(plans: Plans, against: Against, law: Law | None = None) -> Front:
    """The front of plans against the loss of `law`, or against the cost of serving a token."""
    if against is Against.COST:
        return Front(plans, plans.inference_flops, against, None)
    assert law is not None  # the caller chooses one
    n = plans.shapes.n_total - (plans.shapes.n_embedding if law.count is Count.NON_EMBEDDING else 0)
    return Front(plans, law.loss(n, plans.tokens), against, law)
