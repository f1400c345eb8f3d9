"""A fidelity: the parameter by which an evaluation is made cheaper, such as tokens, steps or a model's size.

Its upper bound is the target. An evaluation there is a whole one; one below it costs a share of that, has a
value of its own, and is never the best.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import FloatHyperparameter, IntegerHyperparameter

from search.history import History
from search.trial import Asked, Event, Trial
from spaces.configs import Config
from spaces.errors import BadInput, Mistake, one_of
from spaces.fixing import fix, fixed_value

ROUNDING = 1e-9
"""Of a value that was encoded and decoded, relative."""


@dataclass(frozen=True)
class Fidelity:
    """A parameter of a space as a fidelity."""

    name: str
    lowest: float
    target: float
    """Its bounds."""
    power: float
    """An evaluation costs (value / target) ** power whole ones."""

    @classmethod
    def of(cls, space: ConfigurationSpace, fidelity: str, power: Any) -> "Fidelity":
        """The fidelity of a space.

        Raises:
            BadInput: the space has no such parameter, it cannot be one, or the power is not a number above 0.
        """
        mistakes = []
        if fidelity not in space:
            mistakes.append(
                Mistake(
                    "engine.fidelity",
                    one_of(list(space), fidelity),
                    repr(fidelity) if fidelity else "nothing",
                )
            )
        elif not _varies(space, space[fidelity]):
            expected = "a range above 0, not fixed and without conditions"
            mistakes.append(Mistake("engine.fidelity", expected, str(space[fidelity])))
        if isinstance(power, bool) or not isinstance(power, int | float) or not 0 < power < np.inf:
            mistakes.append(Mistake("engine.power", "a number above 0", repr(power)))
        if mistakes:
            raise BadInput(mistakes)
        parameter: Any = space[fidelity]
        return cls(fidelity, float(parameter.lower), float(parameter.upper), float(power))

    @property
    def least_cost(self) -> float:
        """Of an evaluation at the lowest fidelity."""
        return float((self.lowest / self.target) ** self.power)

    def cost(self, config: Config) -> float | None:
        """Of an evaluation, in whole ones; `None` for a whole one."""
        share = float(str(config[self.name])) / self.target
        return None if share >= 1.0 - ROUNDING else float(share**self.power)

    def at_target(self, space: ConfigurationSpace) -> ConfigurationSpace:
        """The same space with the fidelity fixed there."""
        whole = deepcopy(space)
        fix(whole, {self.name: self.target})
        return whole

    def raised(self, config: Config) -> Config:
        """The same configuration at the target."""
        whole = isinstance(config[self.name], int)
        return {**config, self.name: int(self.target) if whole else self.target}


def _varies(space: ConfigurationSpace, parameter: Any) -> bool:
    """Whether a parameter is a range above 0, of which every configuration has a value."""
    numeric = isinstance(parameter, FloatHyperparameter | IntegerHyperparameter) and parameter.lower > 0
    return numeric and fixed_value(parameter) is None and not space.parent_conditions_of[parameter.name]


def value_of(trial: Trial) -> float | None:
    """The value of a trial at its own fidelity; `None` where it has none."""
    return trial.estimate if trial.value is None else trial.value


def whole(history: History) -> list[Trial]:
    """Trials at the target that this search asked for, in order of their numbers."""
    return [trial for trial in history.trials if trial.cost is None and not trial.given]


def cheap(history: History) -> list[Trial]:
    """Trials below the target, in order of their numbers."""
    return [trial for trial in history.trials if trial.cost is not None]


def cost_since_whole(history: History) -> float:
    """Of the trials below the target that were asked after the last one there, in whole evaluations."""
    last = max((trial.number for trial in whole(history)), default=-1)
    return sum(trial.cost or 0.0 for trial in cheap(history) if trial.number > last)


def target_events(history: History, besides: Sequence[Config]) -> list[Event]:
    """The events of a search at the target alone, numbered as if there had been no other trials.

    Args:
        history: of a search at several fidelities.
        besides: configurations that count as pending there.
    """
    asked = whole(history)
    place = {trial.number: position for position, trial in enumerate(asked)}
    events: list[Event] = []
    begun = 0
    for event in history.outcomes:
        if history[event.number].cost is not None:
            continue
        if event.number < 0:
            events.append(history[event.number].begun)
        position = place.get(event.number, event.number)
        events += [Asked(k, asked[k].config) for k in range(begun, position + 1)]
        begun = max(begun, position + 1)
        events.append(replace(event, number=position))
    pending = [trial.config for trial in asked[begun:]] + list(besides)
    return events + [Asked(k, config) for k, config in enumerate(pending, begun)]
