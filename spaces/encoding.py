"""The one place where a configuration becomes a row of [0, 1]^d and a row becomes a configuration.

Optimisers work on rows, everyone else on configs. A row passes through a table of codes (see
`spaces.columns`) in which inactive cells are NaN; conditions and forbidden clauses are evaluated there, for
all rows at once.

>>> from ConfigSpace import ConfigurationSpace
>>> space = ConfigurationSpace({"n": (1, 8), "kind": ["dense", "moe"]})
>>> encoder = Encoder(space)
>>> encoder.decode(encoder.encode({"n": 3, "kind": "moe"})) == {"n": 3, "kind": "moe"}
True
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from ConfigSpace import (
    CategoricalHyperparameter,
    ConfigurationSpace,
    Constant,
    OrdinalHyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from ConfigSpace.forbidden import ForbiddenLike

from spaces.clauses import compiled
from spaces.columns import GRID, Array, Column, FloatColumn, Kind, column_of
from spaces.configs import Config, Configs, Value
from spaces.errors import BadInput, Infeasible, Mistake

__all__ = ["Column", "Encoder", "Kind"]

Mask = npt.NDArray[np.bool_]

FILL = 0.5
"""What canonical rows hold in inactive cells."""

MAX_DRAWS = 2_000_000
"""Random rows tried before a space is called empty."""


class Encoder:
    """Rows of one configuration space: one column per hyperparameter, parents before children.

    Args:
        space: any ConfigSpace space whose values are plain scalars.
        forbidden: clauses to honour in place of the space's own.

    Raises:
        BadInput: the space is empty, or holds what cannot be encoded (see `column_of` and `compiled`).
    """

    def __init__(
        self, space: ConfigurationSpace, *, forbidden: Iterable[ForbiddenLike] | None = None
    ) -> None:
        self.space = space
        self.columns: tuple[Column, ...] = tuple(column_of(space[name]) for name in space)
        self.names: tuple[str, ...] = tuple(column.name for column in self.columns)
        if not self.columns:
            raise BadInput.of("space", "at least one parameter", "none")
        by_name = dict(zip(self.names, self.columns, strict=True))
        self._conditions = [
            [compiled(condition, by_name) for condition in space.parent_conditions_of[name]]
            for name in self.names
        ]
        clauses = space.forbidden_clauses if forbidden is None else forbidden
        self._forbidden = [compiled(clause, by_name) for clause in clauses]

    @property
    def conditional(self) -> bool:
        """Whether any parameter can be inactive."""
        return any(self._conditions)

    @property
    def categorical(self) -> Mask:
        """Columns that can only be compared by equality, shape (d,)."""
        return np.array([column.kind is Kind.CATEGORICAL for column in self.columns])

    @property
    def varying(self) -> list[int]:
        """Positions of the columns that are no constants."""
        return [j for j, column in enumerate(self.columns) if column.kind is not Kind.CONSTANT]

    @property
    def cardinality(self) -> float:
        """Upper bound on the number of configurations; infinite where a float varies."""
        return math.prod(math.inf if column.size is None else column.size for column in self.columns)

    def encode(self, config: Mapping[str, Value]) -> Array:
        """One row, shape (d,). Raises as `encode_many`."""
        row: Array = self.encode_many([config])[0]
        return row

    def encode_many(self, configs: Configs | Iterable[Mapping[str, Value]]) -> Array:
        """Rows of shape (n, d); inactive cells hold the canonical fill.

        Raises:
            BadInput: a value outside its domain, an unknown name, an active parameter without a value or an
                inactive one with a value.
        """
        table = configs if isinstance(configs, Configs) else Configs.from_rows(configs)
        given = self._codes_of(table)
        codes = given.copy()
        self._deactivate(codes)
        absent = np.isnan(given)
        self._demand(~(absent & self._satisfied(given)), "a value, for it is active here", "none")
        self._demand(absent | ~np.isnan(codes), "no value, for it is inactive here", "one")
        return self._units(codes)

    def decode(self, row: Array) -> Config:
        """The configuration of one row of shape (d,): plain Python scalars, active parameters only."""
        return self.decode_many(np.asarray(row)[None, :])[0]

    def decode_many(self, rows: Array) -> Configs:
        """The configurations of rows of shape (n, d), as one table."""
        codes = self._codes(rows)
        active = ~np.isnan(codes)
        return Configs(
            {column.name: column.values_at(codes[:, j]) for j, column in enumerate(self.columns)},
            {name: active[:, j] for j, name in enumerate(self.names) if not active[:, j].all()},
        )

    def active(self, rows: Array) -> Mask:
        """Which cells count, shape (n, d)."""
        return ~np.isnan(self._codes(rows))

    def read(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A configuration as a file gives it, with numbers for text where numbers belong."""
        columns = {column.name: column for column in self.columns}
        return {n: columns[n].read(value) if n in columns else value for n, value in config.items()}

    def inactive(self, config: Mapping[str, Value]) -> list[str]:
        """Parameters that have a value in `config` though their conditions are not met.

        Raises:
            BadInput: a value outside its domain, or an unknown name.
        """
        given = self._codes_of(Configs.from_rows([config]))
        codes = given.copy()
        self._deactivate(codes)
        off = ~np.isnan(given[0]) & np.isnan(codes[0])
        return [name for name, dropped in zip(self.names, off.tolist(), strict=True) if dropped]

    def legal(self, rows: Array) -> Mask:
        """Which rows violate no forbidden clause, shape (n,)."""
        return self._legal(self._codes(rows))

    def canonical(self, rows: Array) -> Array:
        """Rows snapped to what they decode to, inactive cells filled.

        Two rows are one configuration exactly when their canonical rows are equal, floats being told apart to
        2^-40 of the unit interval. A canonical row decoded, encoded and snapped again is the same row.
        """
        return self._snapped(self._codes(rows))

    def random(self, n: int, rng: np.random.Generator) -> Array:
        """Legal canonical rows drawn from the space's priors, shape (n, d); repeats are possible.

        Raises:
            Infeasible: the forbidden clauses leave nothing that two million draws could find.
        """
        found: list[Array] = []
        missing, draws, batch = n, 0, max(n, 64)
        while missing > 0:
            if draws >= MAX_DRAWS and not found:
                raise Infeasible(f"the forbidden clauses left none of {draws} random configurations")
            codes = self._codes(self._draw(batch, rng))
            rows = self._snapped(codes[self._legal(codes)][:missing])
            draws, batch = draws + batch, min(2 * batch, 100_000)
            if len(rows):
                found.append(rows)
                missing -= len(rows)
        return np.concatenate(found) if found else np.empty((0, len(self.columns)))

    def every(self) -> Array:
        """All legal canonical rows of a discrete space, each once; for spaces of small `cardinality`.

        Raises:
            ValueError: a float varies.
        """
        grid = np.meshgrid(*(column.every_code() for column in self.columns), indexing="ij")
        codes = np.stack([axis.ravel() for axis in grid], axis=1)
        self._deactivate(codes)
        return np.unique(self._snapped(codes[self._legal(codes)]), axis=0)

    def _codes(self, rows: Array) -> Array:
        """Rows -> codes with NaN in inactive cells."""
        rows = np.asarray(rows, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(self.columns) or np.isnan(rows).any():
            raise ValueError(f"rows of shape (n, {len(self.columns)}) without NaN expected, got {rows!r}")
        rows = np.clip(rows, 0.0, 1.0)
        codes = np.stack([column.codes(rows[:, j]) for j, column in enumerate(self.columns)], axis=1)
        self._deactivate(codes)
        return codes

    def _deactivate(self, codes: Array) -> None:
        """Put NaN where conditions are not met; columns stand parents first."""
        for j, conditions in enumerate(self._conditions):
            for condition in conditions:
                codes[~condition(codes), j] = np.nan

    def _satisfied(self, codes: Array) -> Mask:
        """Where the conditions of a cell are met."""
        active = np.ones(codes.shape, dtype=np.bool_)
        for j, conditions in enumerate(self._conditions):
            for condition in conditions:
                active[:, j] &= condition(codes)
        return active

    def _legal(self, codes: Array) -> Mask:
        legal = np.ones(len(codes), dtype=np.bool_)
        for forbidden in self._forbidden:
            legal &= ~forbidden(codes)
        return legal

    def _units(self, codes: Array) -> Array:
        """Codes -> rows, inactive cells filled."""
        units = np.stack([column.unit(codes[:, j]) for j, column in enumerate(self.columns)], axis=1)
        return np.where(np.isnan(codes), FILL, units)

    def _snapped(self, codes: Array) -> Array:
        rows = self._units(codes)
        for j, column in enumerate(self.columns):
            if isinstance(column, FloatColumn):
                rows[:, j] = np.rint(rows[:, j] * GRID) / GRID
        return rows

    def _codes_of(self, table: Configs) -> Array:
        """Values -> codes, NaN where a parameter is absent."""
        mistakes = [
            Mistake(n, f"one of {', '.join(self.names)}", "this name")
            for n in table.columns
            if n not in self.names
        ]
        codes = np.full((len(table), len(self.columns)), np.nan)
        for j, column in enumerate(self.columns):
            if column.name not in table.columns:
                continue
            present = np.flatnonzero(table.active.get(column.name, np.ones(len(table), dtype=np.bool_)))
            codes[present, j] = column.codes_of(table[column.name][present])
            wrong = present[np.isnan(codes[present, j])]
            if len(wrong):
                mistakes.append(Mistake(column.name, column.domain, repr(table[int(wrong[0])][column.name])))
        if mistakes:
            raise BadInput(mistakes)
        return codes

    def _demand(self, ok: Mask, expected: str, got: str) -> None:
        mistakes = [
            Mistake(n, expected, got)
            for n, good in zip(self.names, np.all(ok, axis=0).tolist(), strict=True)
            if not good
        ]
        if mistakes:
            raise BadInput(mistakes)

    def _draw(self, n: int, rng: np.random.Generator) -> Array:
        """Rows of shape (n, d) from the prior of every hyperparameter, forbidden clauses not looked at."""
        rows = rng.random((n, len(self.columns)))
        for j, column in enumerate(self.columns):
            prior = self.space[column.name]
            if column.kind is not Kind.CONSTANT and not _uniform(prior):
                values = prior.sample_value(n, seed=np.random.RandomState(rng.integers(2**32)))
                rows[:, j] = column.unit(column.codes_of(np.asarray(values)))
        return rows


def _uniform(prior: object) -> bool:
    """Whether the unit interval itself, cut into equal bins, is the prior."""
    if isinstance(prior, CategoricalHyperparameter):
        return len(set(prior.probabilities)) == 1
    return isinstance(
        prior,
        UniformFloatHyperparameter | UniformIntegerHyperparameter | OrdinalHyperparameter | Constant,
    )
