"""The package `autotune` as problem files import it: `TuningProblem`, and a `Space` of skopt's dimensions."""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import skopt.space
from skopt.utils import use_named_args


class TuningProblem:
    """What is tuned: a space, and a function of a point in it.

    Args:
        task_space: not used, as in ytopt.
        input_space: a `Space`, or a ConfigSpace.
        output_space: not used, as in ytopt.
        objective: from a point, a dictionary, to the number that is minimised.
        constraints: not used, as in ytopt.
        model: likewise.
        name: likewise.
        **others: whatever else a file may state.
    """

    def __init__(
        self,
        task_space: Any = None,
        input_space: Any = None,
        output_space: Any = None,
        objective: Callable[[dict[str, Any]], Any] | None = None,
        constraints: Any = None,
        model: Any = None,
        name: str | None = None,
        **others: Any,
    ) -> None:
        self.task_space, self.input_space, self.output_space = task_space, input_space, output_space
        self.objective, self.constraints, self.model, self.name = objective, constraints, model, name
        self.__dict__.update(others)


class Space:
    """Named dimensions of skopt's, in order."""

    def __init__(self, dimensions: Sequence[Any], **others: Any) -> None:
        del others
        self.dimensions = list(dimensions)

    def to_dict(self, params_list: Sequence[Any]) -> dict[str, Any]:
        """A list of values as a dictionary."""
        return {dimension.name: value for dimension, value in zip(self.dimensions, params_list, strict=True)}


def modules() -> dict[str, ModuleType]:
    """Name -> module, to be importable while a problem file is."""
    public = {name: value for name, value in vars(skopt.space).items() if not name.startswith("_")}
    space = ModuleType("autotune.space", "Dimensions of skopt's, and infinity.")
    space.__dict__.update(public | {"inf": np.inf, "use_named_args": use_named_args, "Space": Space})
    problem = ModuleType("autotune.problem", "What is tuned.")
    problem.__dict__.update(TuningProblem=TuningProblem, Space=Space)
    package = ModuleType("autotune", "What is tuned, and over what.")
    package.__dict__.update(TuningProblem=TuningProblem, space=space, problem=problem, __path__=[])
    return {"autotune": package, "autotune.space": space, "autotune.problem": problem}
