"""What a peer is asked to search, in plain values, and the contract its adapter keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Config = dict[str, Any]
"""Active parameters only."""
Excess = Callable[[list[Config]], list[float]]
"""Configurations -> by how much each breaks what is known of the constraint; at most 0 is legal."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: `kind` is float, integer, ordinal, categorical or constant."""

    name: str
    kind: str
    lower: float = 0.0
    upper: float = 0.0
    log: bool = False
    values: tuple[Any, ...] = ()
    parent: str | None = None
    """The parameter that decides whether this one is active, and for which of its values it is."""
    when: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Task:
    """A space, a seed, and what is known of the constraint."""

    parameters: tuple[Parameter, ...]
    forbidden: tuple[dict[str, tuple[Any, ...]], ...]
    """Each says which values of two or more parameters cannot stand together."""
    seed: int
    evaluations: int
    workers: int
    noisy: bool
    typical: float
    """A value as bad as random search finds, for a penalty before anything worse was seen."""
    by_rule: bool = True
    """Whether the constraint is worked out here; if not, every look at it is a question over the pipe."""
    excess: Excess | None = None
    """None where nothing is barred."""

    @property
    def varying(self) -> tuple[Parameter, ...]:
        """The parameters that are no constants."""
        return tuple(one for one in self.parameters if one.kind != "constant")

    def active(self, config: Config) -> Config:
        """A configuration without its inactive parameters, with the constants, parents first."""
        kept: Config = {}
        for one in self.parameters:
            if one.kind == "constant":
                kept[one.name] = one.values[0]
            elif one.parent is None or kept.get(one.parent) in one.when:
                kept[one.name] = config[one.name]
        return kept


class Peer(ABC):
    """Another program behind ask and tell; values are minimised.

    A peer that cannot be given the known constraint (`knows_constraint` false) is asked again a few times
    when it proposes what is barred, and told a penalty.
    """

    knows_constraint = False

    def __init__(self, task: Task) -> None:
        self.task = task
        self._worst: float | None = None

    @abstractmethod
    def ask(self) -> tuple[Any, Config]:
        """A handle and a configuration; inactive parameters may be in it."""

    @abstractmethod
    def tell(self, handle: Any, value: float) -> None:
        """The value of a configuration, in the order of arrival."""

    def tell_failure(self, handle: Any, excess: float) -> None:
        """No value: it failed, or `excess` > 0 says that the constraint is broken. A penalty by default."""
        self.tell(handle, self.penalty)

    def learn(self, handle: Any, value: float) -> None:
        """`tell`, and remember the worst value for the penalty."""
        self._worst = value if self._worst is None else max(self._worst, value)
        self.tell(handle, value)

    @property
    def penalty(self) -> float:
        """The worst value so far, as ytopt does it; before the first, what random search finds."""
        return self.task.typical if self._worst is None else self._worst


def level(parameter: Parameter, index: int) -> Any:
    """The value of an ordinal or categorical parameter by its place."""
    return parameter.values[int(index)]
