"""What is known of a constraint, as a rule both sides can work out: an expression, and forbidden values.

>>> Barrier("x - 2", [{"kind": ["a"], "size": [1]}])([{"x": 5}, {"x": 1}, {"x": 1, "kind": "a", "size": 1}])
[3.0, -1.0, 1.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

BROKEN = 1.0
"""What a broken clause counts, for nobody says by how much."""


def amount(expression: str) -> Callable[[dict[str, Any]], float]:
    """An expression over the parameters' names and the functions of `math`, as a function."""
    code = compile(expression, "<constraint>", "eval")
    names = {name: value for name, value in vars(math).items() if not name.startswith("_")}
    return lambda config: float(eval(code, {"__builtins__": {}}, {**names, **config}))


class Barrier:
    """By how much configurations break the expression or a clause; at most 0 is legal."""

    def __init__(self, expression: str | None, forbidden: Sequence[dict[str, Any]]) -> None:
        self._amount = amount(expression) if expression else None
        self._clauses = [{name: set(values) for name, values in clause.items()} for clause in forbidden]

    def __call__(self, configs: Sequence[dict[str, Any]]) -> list[float]:
        """One number for each configuration."""
        return [self._excess(config) for config in configs]

    def _excess(self, config: dict[str, Any]) -> float:
        amount = self._amount(config) if self._amount else -BROKEN
        return max(amount, BROKEN) if any(_met(clause, config) for clause in self._clauses) else amount


def _met(clause: dict[str, Any], config: dict[str, Any]) -> bool:
    return all(name in config and config[name] in values for name, values in clause.items())
