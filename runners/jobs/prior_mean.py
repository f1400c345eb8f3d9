"""The `prior` of a job: a law, or a user's function, as what the values of a search are believed to be."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ConfigSpace import ConfigurationSpace

from objectives.architecture_objective import ArchitectureObjective
from objectives.budget import Budget
from objectives.law_choice import choose_law
from objectives.law_objectives import LawObjective
from objectives.objective import ClosedForm
from objectives.python_objective import load
from objectives.shapes import SHAPE
from runners.jobs.objective_spec import ArchitectureSpec, LawSpec, PythonPriorSpec
from search.prior import PriorMean
from spaces.configs import Configs
from spaces.errors import BadInput

Array = npt.NDArray[np.float64]

Given = LawSpec | ArchitectureSpec | PythonPriorSpec


@dataclass(frozen=True)
class FormulaPrior:
    """What a closed form says; other parameters of the space do not move it."""

    form: ClosedForm

    def __call__(self, rows: Configs) -> Array:
        """The loss of every row, shape (len(rows),); NaN where the form is not defined."""
        return np.asarray(self.form.evaluate_many(rows)[self.form.metric], dtype=np.float64)


@dataclass(frozen=True)
class FunctionPrior:
    """What a function of the user's says, of one configuration at a time or of a table."""

    function: Callable[[Any], Any]
    table: bool

    def __call__(self, rows: Configs) -> npt.ArrayLike:
        """A number for every row.

        Raises:
            BadInput: the function raises.
        """
        try:
            answer: npt.ArrayLike = (
                self.function(rows) if self.table else [self.function(row) for row in rows]
            )
        except Exception as error:
            got = f"{type(error).__name__}: {error}"
            raise BadInput.of("prior.target", "a number for every configuration", got) from error
        return answer


def prior_mean(
    given: Given | None, space: ConfigurationSpace, budget: Budget | None, folder: Path
) -> PriorMean | None:
    """The prior that a description names.

    Args:
        given: its `prior`.
        space: of the search; a law finds its inputs there by their names.
        budget: pays for tokens that the space leaves out.
        folder: where relative paths start.

    Raises:
        BadInput: an unknown law, a function that cannot be imported, inputs that are not in the space.
    """
    if given is None:
        return None
    if isinstance(given, PythonPriorSpec):
        return FunctionPrior(_loaded(given.target, folder), given.table)
    law = choose_law(given.law, given.coefficients, folder).law
    if isinstance(given, ArchitectureSpec):
        _require(SHAPE, space)
        return FormulaPrior(ArchitectureObjective(law, _paid(budget, "architecture"), given.sequence))
    _require([law.count.value], space)
    if "tokens" not in space and not law.fixed_tokens:
        budget = _paid(budget, "tokens")
    return FormulaPrior(LawObjective(law, budget or Budget(1.0)))


def _loaded(target: str, folder: Path) -> Callable[[Any], Any]:
    try:
        return load(target, folder)
    except BadInput as error:
        raise BadInput(replace(each, field="target") for each in error.mistakes) from error


def _require(names: list[str] | tuple[str, ...], space: ConfigurationSpace) -> None:
    missing = [name for name in names if name not in space]
    if missing:
        raise BadInput.of("law", f"a space with {', '.join(missing)}, inputs of it", ", ".join(space))


def _paid(budget: Budget | None, what: str) -> Budget:
    if budget is None:
        raise BadInput.of("law", f"a budget, from which the tokens follow ({what})", "none")
    return budget
