"""The loss a law predicts for a shape: parameters and FLOPs counted exactly instead of idealised.

A law knows size, tokens and sparsity. A shape has a size in every law's own count and a sparsity of its own
(the fraction of its parameters a token does not use), and its cost includes attention, so the budget pays
for fewer tokens than 6 N D would say.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from objectives.budget import Budget
from objectives.law_objectives import ROUNDING, extra_inputs, most_tokens, unknown_parameters
from objectives.laws.law import Array, Count, Law
from objectives.objective import ClosedForm
from objectives.shapes import DENSE, MOE, OPTIONAL, SHAPE, ShapeTable
from spaces.configs import Configs
from spaces.errors import Mistake


@dataclass(frozen=True)
class ArchitectureObjective(ClosedForm):
    """Loss predicted by `law` for a configuration of the `architecture` space trained with all of `budget`.

    `sequence` is the length of a training sequence; attention is causal. `n_nonzero` of a law for pruned
    models is taken as the active count. A law's extra input is what the budget says, or its default.
    """

    law: Law
    budget: Budget
    sequence: int = 4096

    def evaluate_many(self, configs: Configs) -> dict[str, npt.NDArray[np.float64]]:
        """Columns of shape (len(configs),), named as those of `LawObjective`.

        The loss is NaN for a mixture sparser than the law is defined for.
        """
        table = ShapeTable.of(configs, self.sequence)
        tokens, sparsity = self._tokens(table), _sparsity(table)
        known = sparsity <= self.law.max_sparsity
        loss = np.full(len(configs), np.nan)
        extra = extra_inputs(self.law, self.budget, configs)
        n = size_counted(self.law, table)
        loss[known] = self.law.loss(n[known], tokens[known], sparsity[known], **extra)
        return {
            "loss": loss,
            "n_active": table.active.astype(np.float64),
            "n_total": table.total.astype(np.float64),
            "tokens": tokens,
            "sparsity": sparsity,
            "flops": table.flops_per_token * tokens,
            "inference_flops": 2.0 * table.active,
        }

    def feasible(self, configs: Configs) -> npt.NDArray[np.bool_]:
        """Shapes within the caps and within what the law is defined for; tokens follow from the budget."""
        table = ShapeTable.of(configs, self.sequence)
        sparsity = _sparsity(table)
        most = 1.0 if self.budget.max_sparsity is None else self.budget.max_sparsity
        ok = sparsity <= min(most + ROUNDING, self.law.max_sparsity)
        ok &= table.total <= (self.budget.max_total_params or np.inf)
        ok &= self._tokens(table) <= most_tokens(self.law, self.budget)
        ok &= table.flops_per_token * self._tokens(table) <= self.budget.flops * (1.0 + ROUNDING)
        return np.asarray(ok, dtype=np.bool_)

    def unsuitable(self, parameters: Collection[str]) -> list[Mistake]:
        """The dimensions of a shape must be there, those of mixtures only for a law with sparsity."""
        mistakes = unknown_parameters(parameters, [*SHAPE, *DENSE, *MOE, *OPTIONAL], "a dimension of a shape")
        mistakes += [
            Mistake(f"space.{name}", "this parameter", "none") for name in SHAPE if name not in parameters
        ]
        if self.budget.sparsity is not None:
            expected = "max_sparsity in its place: shapes are discrete, and none has just this sparsity"
            mistakes.append(Mistake("budget.sparsity", expected, f"{self.budget.sparsity:g}"))
        if "experts" in parameters and self.law.max_sparsity == 0:
            mistakes.append(Mistake("space.kinds", f"dense ({self.law.family} knows no sparsity)", "moe"))
        return mistakes

    def _tokens(self, table: ShapeTable) -> Array:
        """All the tokens the budget pays for, up to its cap."""
        if self.law.fixed_tokens:
            return np.full(len(table.total), self.law.fixed_tokens)
        return np.minimum(self.budget.flops / table.flops_per_token, most_tokens(self.law, self.budget))


def _sparsity(table: ShapeTable) -> Array:
    return 1.0 - table.active / table.total


def size_counted(law: Law, table: ShapeTable) -> Array:
    """Sizes of shapes in the law's own count, shape (n,)."""
    columns = {Count.TOTAL: table.total, Count.NON_EMBEDDING: table.non_embedding}
    return columns.get(law.count, table.active).astype(np.float64)
