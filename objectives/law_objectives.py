"""Objectives that are a scaling law: the loss it predicts, over model sizes or over its own coefficients."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from objectives.budget import Budget
from objectives.laws.law import Array, Law
from objectives.objective import ClosedForm
from spaces.configs import Configs
from spaces.errors import Mistake

ROUNDING = 1e-12
"""Relative slack of a budget or cap: a configuration computed to lie on it must not fail by rounding."""


@dataclass(frozen=True)
class LawObjective(ClosedForm):
    """Loss predicted by `law` for a size, tokens and sparsity under `budget`.

    A configuration holds n under the name of the law's count (`n_active`, `n_total`, ...), and optionally
    `tokens`, `sparsity` and the law's extra input. Tokens left out are all the budget pays for (the isoFLOP
    line); sparsity left out is the budget's fixed sparsity, or 0.
    """

    law: Law
    budget: Budget

    def evaluate_many(self, configs: Configs) -> dict[str, npt.NDArray[np.float64]]:
        """Columns of shape (len(configs),): loss, sizes, tokens, sparsity, FLOPs of training and of a token.

        Names: loss, n_active, n_total, tokens, sparsity, flops, inference_flops (2 n_active, as served).
        """
        n, tokens, s, extra = self._inputs(configs)
        columns = {
            "loss": self.law.loss(n, tokens, s, **extra),
            "n_active": self.law.n_active(n, s),
            "n_total": self.law.n_total(n, s),
            "tokens": tokens,
            "sparsity": s,
            "flops": self.law.training_flops(n, tokens, s, **extra),
            "inference_flops": 2.0 * self.law.n_active(n, s),
        }
        return {name: np.broadcast_to(column, n.shape) for name, column in columns.items()}

    def feasible(self, configs: Configs) -> npt.NDArray[np.bool_]:
        """Rows within the budget's FLOPs and caps (relative slack `ROUNDING`)."""
        n, tokens, s, extra = self._inputs(configs)
        slack = 1.0 + ROUNDING
        ok = self.law.training_flops(n, tokens, s, **extra) <= self.budget.flops * slack
        ok &= self.law.n_total(n, s) <= (self.budget.max_total_params or np.inf) * slack
        ok &= tokens <= most_tokens(self.law, self.budget) * slack
        if self.budget.max_sparsity is not None:
            ok &= s <= self.budget.max_sparsity + ROUNDING
        if self.budget.sparsity is not None:
            ok &= np.abs(s - self.budget.sparsity) <= ROUNDING
        return np.asarray(ok, dtype=np.bool_)

    def unsuitable(self, parameters: Collection[str]) -> list[Mistake]:
        """The law's count must vary; beside it tokens, sparsity and the law's extra input may."""
        needed = self.law.count.value
        allowed = [needed, *([] if self.law.fixed_tokens else ["tokens"]), "sparsity"]
        allowed += [self.law.extra.name] if self.law.extra else []
        mistakes = unknown_parameters(parameters, allowed, f"an input of the {self.law.family} law")
        if needed not in parameters:
            mistakes.append(Mistake("space", f"a parameter {needed} (what this law counts)", "none"))
        return mistakes

    def _inputs(self, configs: Configs) -> tuple[Array, Array, Array, dict[str, Array]]:
        n = np.asarray(configs[self.law.count.value], dtype=np.float64)
        s = np.full(n.shape, self.budget.sparsity or 0.0)
        if "sparsity" in configs.columns:
            s = np.asarray(configs["sparsity"], dtype=np.float64)
        extra = extra_inputs(self.law, self.budget, configs)
        if self.law.fixed_tokens:
            return n, np.full(n.shape, self.law.fixed_tokens), s, extra
        if "tokens" in configs.columns:
            return n, np.asarray(configs["tokens"], dtype=np.float64), s, extra
        affordable = self.budget.flops / self.law.flops_per_token(n, s, **extra)
        return n, np.minimum(affordable, most_tokens(self.law, self.budget)), s, extra


@dataclass(frozen=True)
class CoefficientLoss(ClosedForm):
    """Loss predicted at one fixed run while the law's coefficients vary, as in ytopt's hpo4llm benchmark.

    It minimises a prediction, not a misfit: a test of optimisers whose answer is a corner of the box, not a
    way to fit a law (`objectives.misfit` is that). Coefficients a configuration leaves out keep the values of
    `law`.
    """

    law: Law
    n: float
    tokens: float
    sparsity: float = 0.0

    def unsuitable(self, parameters: Collection[str]) -> list[Mistake]:
        """Only coefficients of the law may vary."""
        return unknown_parameters(
            parameters, self.law.coefficient_names(), f"a coefficient of the {self.law.family} law"
        )

    def evaluate_many(self, configs: Configs) -> dict[str, npt.NDArray[np.float64]]:
        """The column loss, shape (len(configs),)."""
        law = self.law.with_coefficients(configs.columns)
        return {"loss": np.broadcast_to(law.loss(self.n, self.tokens, self.sparsity), (len(configs),))}


def most_tokens(law: Law, budget: Budget) -> float:
    """The cap on tokens; unique tokens are one unless the law is about repeating them."""
    caps = [budget.max_tokens, None if law.repeats_data else budget.unique_tokens]
    return min((cap for cap in caps if cap is not None), default=np.inf)


def extra_inputs(law: Law, budget: Budget, configs: Configs) -> dict[str, Array]:
    """The law's extra input by name, from the configurations or the budget; empty where its default holds."""
    spec = law.extra
    if spec is None:
        return {}
    if spec.name in configs.columns:
        return {spec.name: np.asarray(configs[spec.name], dtype=np.float64)}
    given = getattr(budget, spec.name, None)
    return {} if given is None else {spec.name: np.asarray(given, dtype=np.float64)}


def unknown_parameters(parameters: Collection[str], allowed: Collection[str], what: str) -> list[Mistake]:
    """A mistake for each parameter of a space that an objective has no use for."""
    expected = f"{what} ({', '.join(allowed)})"
    return [Mistake(f"space.{name}", expected, "this name") for name in parameters if name not in allowed]
