"""What a trial needs of the machines it runs on, and how many such trials they can take at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Amounts = Mapping[str, float]
"""Resources by the names Ray gives them: CPU, GPU, and those a cluster has names of its own for."""
_ENOUGH = 100_000
"""More trials than this at a time are never counted."""


@dataclass(frozen=True)
class Bundle:
    """What one process needs."""

    cpus: float = 1.0
    gpus: float = 0.0
    custom: Amounts = field(default_factory=dict)

    @property
    def amounts(self) -> dict[str, float]:
        """All of it by name, without zeros."""
        named = {"CPU": self.cpus, "GPU": self.gpus, **self.custom}
        return {name: float(amount) for name, amount in named.items() if amount}


@dataclass(frozen=True)
class Resources:
    """What one trial needs: one bundle, or several that are placed together.

    Attributes:
        bundles: the first holds the trial itself, the others whatever it starts there.
        strategy: how Ray places several bundles: PACK, SPREAD, STRICT_PACK (on one node) or STRICT_SPREAD
            (each on a node of its own).
    """

    bundles: tuple[Bundle, ...] = (Bundle(),)
    strategy: str = "PACK"

    @property
    def only_cpus(self) -> bool:
        """Whether processors of one machine are all it takes."""
        return len(self.bundles) == 1 and not self.bundles[0].gpus and not self.bundles[0].custom

    def __str__(self) -> str:
        return " + ".join(
            ", ".join(f"{name} {amount:g}" for name, amount in bundle.amounts.items()) or "nothing"
            for bundle in self.bundles
        )

    def fit(self, nodes: Sequence[Amounts]) -> int:
        """How many trials fit on idle nodes at a time.

        >>> Resources((Bundle(cpus=2),)).fit([{"CPU": 5}, {"CPU": 3}, {"GPU": 1}])
        3
        """
        free = [dict(node) for node in nodes]
        if len(self.bundles) == 1:
            return min(_ENOUGH, sum(_times(self.bundles[0].amounts, node) for node in free))
        count = 0
        while count < _ENOUGH and self._placed(free):
            count += 1
        return count

    def _placed(self, free: list[dict[str, float]]) -> bool:
        """Take one trial's bundles from the first nodes that have room; False where some have none."""
        if self.strategy == "STRICT_PACK":
            together: dict[str, float] = {}
            for bundle in self.bundles:
                for name, amount in bundle.amounts.items():
                    together[name] = together.get(name, 0.0) + amount
            return _take_first(together, free) is not None
        apart = self.strategy == "STRICT_SPREAD"
        used: set[int] = set()
        for bundle in self.bundles:
            index = _take_first(bundle.amounts, free, used if apart else set())
            if index is None:
                return False
            used.add(index)
        return True


def _times(need: Amounts, node: Amounts) -> int:
    """How often an amount fits in a node."""
    if not need:
        return _ENOUGH
    return int(min(node.get(name, 0.0) / amount + 1e-9 for name, amount in need.items()))


def _take_first(
    need: Amounts, free: list[dict[str, float]], without: set[int] | frozenset[int] = frozenset()
) -> int | None:
    """Take an amount from the first node that has it, and say from which."""
    for index, node in enumerate(free):
        if index not in without and _times(need, node):
            for name, amount in need.items():
                node[name] -= amount
            return index
    return None
