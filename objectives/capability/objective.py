"""MMLU as the objective of a search over architectures, parameters and FLOPs counted exactly.

Two questions. Under a budget: which shape scores highest with all the tokens the budget pays for. With a
score to reach: which shape reaches it with the least training compute, each trained just long enough. An
engine minimises, so that the first question minimises the error, 100 - MMLU, and the second training FLOPs.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from objectives.architecture_objective import size_counted
from objectives.budget import Budget
from objectives.capability.doubts import PUBLISHED
from objectives.capability.mixtures import ASSUMPTION, MoEAs, dense_equivalent
from objectives.law_objectives import ROUNDING, unknown_parameters
from objectives.laws.law import Array, Law, Trust
from objectives.laws.performance import Performance
from objectives.laws.score_link import CEILING
from objectives.objective import ClosedForm
from objectives.shapes import DENSE, MOE, OPTIONAL, SHAPE, ShapeTable
from spaces.configs import Configs
from spaces.errors import Mistake

SATURATION = 1000.0
"""Tokens for each parameter beyond which the law gives no credit."""


@dataclass(frozen=True)
class PerformanceObjective(ClosedForm):
    """MMLU predicted for a configuration of the `architecture` space, or the cost of reaching one.

    `sequence` is the length of a training sequence; attention is causal. Tokens follow from the budget, no
    more than the law gives credit for, or from `min_mmlu`. A mixture has no value unless `moe_as` says what
    to take it for.
    """

    law: Performance
    budget: Budget
    min_mmlu: float | None = None
    """The score to reach; None asks for the highest."""
    precision: float = 1.0
    moe_as: MoEAs | None = None
    sequence: int = 4096
    loss_law: Law | None = None
    """Its loss, if it is given, stands beside the score as the metric `loss`."""

    @property
    def metric(self) -> str:
        """The error in points, or the training FLOPs where a score is to be reached."""
        return "mmlu_error" if self.min_mmlu is None else "flops"

    @property
    def notes(self) -> tuple[str, ...]:
        """The assumption about mixtures, and how far the published law is off."""
        assumed = () if self.moe_as is None else (ASSUMPTION,)
        return assumed if self.law.trust is Trust.USER else (*assumed, PUBLISHED)

    def evaluate_many(self, configs: Configs) -> dict[str, npt.NDArray[np.float64]]:
        """Columns mmlu, mmlu_error, n_active, n_total, tokens, flops, inference_flops, shape (len(configs),).

        And loss, where there is a law for it.
        NaN in mmlu and its error, and in flops where a score is to be reached, for a shape without a value.
        """
        table = ShapeTable.of(configs, self.sequence)
        ffn, size, known = self._dense(configs, table)
        tokens = self._tokens(configs, table, ffn, size)
        known &= np.isfinite(tokens)
        mmlu = np.full(len(configs), np.nan)
        layers, hidden = configs["layers"][known], configs["d_model"][known]
        mmlu[known] = self.law.mmlu(layers, hidden, ffn[known], tokens[known], size[known], self.precision)
        columns = {
            "mmlu": mmlu,
            "mmlu_error": CEILING - mmlu,
            "n_active": table.active.astype(np.float64),
            "n_total": table.total.astype(np.float64),
            "tokens": np.where(known, tokens, np.nan),
            "flops": np.where(known, table.flops_per_token * np.where(known, tokens, 0.0), np.nan),
            "inference_flops": 2.0 * table.active,
        }
        if self.loss_law is not None:
            n = size_counted(self.loss_law, table)
            columns["loss"] = self.loss_law.loss(n, columns["tokens"], 1.0 - table.active / table.total)
        return columns

    def feasible(self, configs: Configs) -> npt.NDArray[np.bool_]:
        """Shapes within budget and caps that reach the score, if there is one to reach."""
        found = self.evaluate_many(configs)
        slack = 1.0 + ROUNDING
        with np.errstate(invalid="ignore"):
            ok = np.isfinite(found["mmlu"])
            ok &= found["n_total"] <= (self.budget.max_total_params or np.inf) * slack
            ok &= found["flops"] <= self.budget.flops * slack
            ok &= found["tokens"] <= self._most_tokens * slack
        return np.asarray(ok, dtype=np.bool_)

    def unsuitable(self, parameters: Collection[str]) -> list[Mistake]:
        """The dimensions of a shape must be there; those of mixtures only with `moe_as`."""
        mistakes = unknown_parameters(parameters, [*SHAPE, *DENSE, *MOE, *OPTIONAL], "a dimension of a shape")
        mistakes += [
            Mistake(f"space.{name}", "this parameter", "none") for name in SHAPE if name not in parameters
        ]
        mistakes += [
            Mistake(f"budget.{name}", "none: the law of MMLU knows no sparsity", f"{value:g}")
            for name, value in self.budget.caps.items()
            if "sparsity" in name
        ]
        if "experts" in parameters and self.moe_as is None:
            expected = (
                f"dense, or objective.moe_as ({' | '.join(MoEAs)}), an assumption: no equation is public"
            )
            mistakes.append(Mistake("space.kinds", expected, "moe"))
        return mistakes

    @property
    def _most_tokens(self) -> float:
        caps = (self.budget.max_tokens, self.budget.unique_tokens)
        return min((cap for cap in caps if cap is not None), default=np.inf)

    def _dense(self, configs: Configs, table: ShapeTable) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
        """FFN width and size as the law takes them, and which rows have them."""
        count = len(configs)
        column = partial(_column, configs, count)
        moe = table.active < table.total
        active_ffn = (column("top_k") + column("shared_experts")) * column("d_ff_expert")
        ffn = np.where(moe, active_ffn, column("d_ff"))
        ffn, size = dense_equivalent(configs["layers"], configs["d_model"], ffn, table.total, table.active)
        return ffn, size, ~moe if self.moe_as is None else np.ones(count, dtype=bool)

    def _tokens(self, configs: Configs, table: ShapeTable, ffn: Array, size: Array) -> Array:
        """Tokens each shape is trained on; infinite where none reach the score."""
        if self.min_mmlu is None:
            affordable = self.budget.flops / table.flops_per_token
            return np.minimum(np.minimum(affordable, self._most_tokens), SATURATION * size)
        shape = (configs["layers"], configs["d_model"], ffn, size)
        return self.law.tokens_for(self.min_mmlu, *shape, self.precision)


def _column(configs: Configs, count: int, name: str) -> Array:
    """A dimension as numbers; 0 where a row has none."""
    if name not in configs.columns:
        return np.zeros(count)
    return np.nan_to_num(np.asarray(configs[name], dtype=np.float64))
