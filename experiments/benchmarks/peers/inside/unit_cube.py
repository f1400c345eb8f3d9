"""A task as the unit cube: logs taken, integers and ordinals as steps, categories one-hot."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from experiments.benchmarks.peers.inside.task import Config, Parameter, Task

DRAWS = 10_000
"""Random points among which legal ones are sought."""


class Cube:
    """Between rows in [0, 1]^d and configurations."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._widths = [len(one.values) if one.kind == "categorical" else 1 for one in task.varying]
        self.dimension = sum(self._widths)
        self.continuous = all(one.kind == "float" for one in task.varying)

    def random(self, n: int, rng: np.random.Generator) -> Any:
        """Rows that keep the constraint, shape (n, d); fewer where none are found."""
        if self._task.excess is None:
            return rng.random((n, self.dimension))
        rows = rng.random((max(4 * n, 64), self.dimension))
        legal = rows[self.legal(rows)]
        while len(legal) < n and len(rows) < DRAWS:
            rows = rng.random((2 * len(rows), self.dimension))
            legal = np.vstack([legal, rows[self.legal(rows)]])
        return legal[:n]

    def config(self, row: Any) -> Config:
        """The configuration of a row, shape (d,)."""
        config, at = {}, 0
        for one, width in zip(self._task.varying, self._widths):  # noqa: B905 (Python 3.9)
            config[one.name] = _value(one, row[at : at + width])
            at += width
        return config

    def snapped(self, row: Any) -> Any:
        """The row of the configuration that a row stands for: steps and categories exact."""
        parts, at = [], 0
        for one, width in zip(self._task.varying, self._widths):  # noqa: B905 (Python 3.9)
            parts.append(_snapped(one, np.asarray(row[at : at + width], dtype=float)))
            at += width
        return np.concatenate(parts)

    def excess(self, rows: Any) -> list[float]:
        """By how much each row breaks the constraint."""
        if self._task.excess is None:
            return [0.0] * len(rows)
        return self._task.excess([self.config(row) for row in rows])

    def legal(self, rows: Any) -> Any:
        """Which rows keep the constraint, shape (n,)."""
        return np.array(self.excess(rows)) <= 0


def _value(one: Parameter, units: Any) -> Any:
    if one.kind == "categorical":
        return one.values[int(np.argmax(units))]
    u = float(np.clip(units[0], 0.0, 1.0))
    if one.kind == "ordinal":
        return one.values[round(u * (len(one.values) - 1))]
    if one.log:
        value = math.exp(math.log(one.lower) * (1 - u) + math.log(one.upper) * u)
    else:
        value = one.lower + u * (one.upper - one.lower)
    value = min(max(value, one.lower), one.upper)
    return round(value) if one.kind == "integer" else value


def _snapped(one: Parameter, units: Any) -> Any:
    if one.kind == "categorical":
        return np.eye(len(units))[int(np.argmax(units))]
    if one.kind == "float":
        return units
    if one.kind == "ordinal":
        steps = len(one.values) - 1
        return np.round(units * steps) / steps
    value = _value(one, units)
    if one.log:
        return np.array([math.log(value / one.lower) / math.log(one.upper / one.lower)])
    return np.array([(value - one.lower) / (one.upper - one.lower)])
