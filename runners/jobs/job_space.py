"""The space of a search: what its description says, or what its objective brings."""

from pathlib import Path
from typing import Any

from ConfigSpace import ConfigurationSpace

from objectives.budget import Budget
from objectives.exact.limits import DEFAULT_MAX_SPARSITY
from objectives.law_objectives import LawObjective
from objectives.laws import Law
from objectives.objective import Objective
from runners.jobs.job_file import SearchSpec
from runners.ytopt.objective import YtoptObjective
from spaces.errors import BadInput
from spaces.files import space_from


def space_of(spec: SearchSpec, objective: Objective | None, folder: Path) -> ConfigurationSpace:
    """The space a description names; for a law that of its own inputs, within wide bounds if none are given.

    Raises:
        BadInput: every mistake in the description, or there is none and no law to take it from.
    """
    given = dict(spec.space or {})
    if isinstance(objective, YtoptObjective):
        if given:
            raise BadInput.of("space", "none, for the problem file brings its own", "a space")
        return objective.space
    if not isinstance(objective, LawObjective):
        if not given:
            raise BadInput.of("space", "kind, parameters or configspace", "nothing")
        return space_from(given, folder)
    law = objective.law
    given = given or _wide(law, objective.budget)
    if given.get("kind") in ("law", "isoflop"):
        given.setdefault("count", law.count.value)
        if law.extra is not None and law.extra.choices:
            given.setdefault("choices", {law.extra.name: list(law.extra.choices)})
    return space_from(given, folder)


def _wide(law: Law, budget: Budget) -> dict[str, Any]:
    """A law's space where the job gives none."""
    sizes = {"n": [1e6, 1e14]}
    space = (
        {"kind": "isoflop", **sizes} if law.fixed_tokens else {"kind": "law", **sizes, "tokens": [1e8, 1e16]}
    )
    if law.max_sparsity > 0 and budget.sparsity is None:
        most = DEFAULT_MAX_SPARSITY if budget.max_sparsity is None else budget.max_sparsity
        space["sparsity"] = [0.0, min(most, law.max_sparsity)]
    return space
