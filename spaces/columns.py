"""One hyperparameter as one column: unit interval <-> code <-> the Python value the user declared.

A *code* is the number behind a value: the value itself for floats and integers, the position in the list of
choices for ordinals, categoricals and constants. Conditions and forbidden clauses compare codes, optimisers
see the unit interval, everyone else sees values.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from ConfigSpace import CategoricalHyperparameter, Constant, OrdinalHyperparameter
from ConfigSpace.hyperparameters import FloatHyperparameter, IntegerHyperparameter

from spaces.configs import Value, spread
from spaces.errors import BadInput

Array = npt.NDArray[np.float64]

GRID = 2.0**40
"""Canonical floats are multiples of 1/GRID in the unit interval: far finer than any search, far coarser than
the rounding of a decode and encode, so that equal configurations have equal canonical cells."""

FIXED = "fixed"
"""Key in the `meta` of a hyperparameter that has one value for now: {"value": ...}."""

MAX_INTEGER = 2**44
"""Beyond this, float64 in the unit interval cannot tell neighbouring integers on a log scale apart."""


class Kind(StrEnum):
    """What a column holds; surrogates choose their distance by it."""

    FLOAT = "float"
    INTEGER = "integer"
    ORDINAL = "ordinal"
    CATEGORICAL = "categorical"
    CONSTANT = "constant"


@dataclass(frozen=True)
class Column(ABC):
    """One hyperparameter. All conversions take and return arrays of shape (n,)."""

    name: str
    kind: Kind

    @property
    @abstractmethod
    def size(self) -> int | None:
        """Number of distinct values; `None` for floats."""

    @abstractmethod
    def codes(self, unit: Array) -> Array:
        """Positions in [0, 1] -> codes; 0 and 1 give the first and the last value exactly."""

    @abstractmethod
    def unit(self, codes: Array) -> Array:
        """Codes -> positions in [0, 1]; discrete values sit in the middle of their bin."""

    @abstractmethod
    def codes_of(self, cells: npt.NDArray[Any]) -> Array:
        """Values -> codes; NaN where a value does not belong to this hyperparameter."""

    @abstractmethod
    def values_at(self, codes: Array) -> npt.NDArray[Any]:
        """Codes -> values as float64, int64, bool or object; NaN codes give the zero of that type."""

    def cell(self, value: Any) -> float:
        """Position of one value in [0, 1]; NaN where it does not belong to this hyperparameter."""
        return float(self.unit(self.codes_of(np.array([value])))[0])

    def every_code(self) -> Array:
        """All codes, shape (size,); raises `ValueError` where they are not countable."""
        if self.size is None:
            raise ValueError(f"{self.name} is a float: its values cannot be listed")
        return np.arange(self.size, dtype=np.float64)

    @property
    @abstractmethod
    def domain(self) -> str:
        """What belongs here, in words, for messages."""

    def read(self, value: Any) -> Any:
        """A value as a file gives it: YAML reads 1e9 as text, which is a number where numbers belong."""
        return value

    def code_of(self, value: Any) -> float:
        """The code of one value; NaN where it does not belong here."""
        cell = np.empty(1, dtype=object)
        cell[0] = value
        return float(self.codes_of(cell)[0])


@dataclass(frozen=True)
class FloatColumn(Column):
    """A real interval, linear or logarithmic. Values keep float64 precision: codes are the values."""

    lower: float
    upper: float
    log: bool

    @property
    def size(self) -> None:
        """Not countable."""
        return None

    def read(self, value: Any) -> Any:
        """Text as the number it writes."""
        return _read(value)

    @property
    def domain(self) -> str:
        """The interval."""
        return f"a number from {self.lower!r} to {self.upper!r}"

    def codes(self, unit: Array) -> Array:
        """Weighted mean of the bounds, arithmetic or geometric."""
        if self.log:
            inner = self.lower * np.exp(unit * np.log(self.upper / self.lower))
        else:
            inner = self.lower * (1.0 - unit) + self.upper * unit
        return np.where(unit >= 1.0, self.upper, np.clip(inner, self.lower, self.upper))

    def unit(self, codes: Array) -> Array:
        """Inverse of `codes` up to rounding."""
        if self.log:
            position = np.log(codes / self.lower) / np.log(self.upper / self.lower)
        else:
            position = (codes - self.lower) / (self.upper - self.lower)
        return np.asarray(np.clip(position, 0.0, 1.0))

    def codes_of(self, cells: npt.NDArray[Any]) -> Array:
        """Numbers inside the bounds."""
        codes = _numbers(cells)
        return np.where((codes >= self.lower) & (codes <= self.upper), codes, np.nan)

    def values_at(self, codes: Array) -> npt.NDArray[Any]:
        """The codes; an inactive cell stays NaN."""
        return codes


@dataclass(frozen=True)
class IntegerColumn(Column):
    """Consecutive integers in bins of equal width; log: bin k spans log(k - 1/2) to log(k + 1/2)."""

    lower: int
    upper: int
    log: bool

    def read(self, value: Any) -> Any:
        """Text as the whole number it writes."""
        number = _read(value)
        return int(number) if isinstance(number, float) and number.is_integer() else number

    @property
    def size(self) -> int:
        """Count of integers, both bounds included."""
        return self.upper - self.lower + 1

    @property
    def domain(self) -> str:
        """The range."""
        return f"an integer from {self.lower} to {self.upper}"

    def every_code(self) -> Array:
        """The integers themselves."""
        return np.arange(self.lower, self.upper + 1, dtype=np.float64)

    def codes(self, unit: Array) -> Array:
        """The integer in whose bin a position falls."""
        if self.log:
            low, high = self._log_ends()
            inner = np.rint(np.exp(low + unit * (high - low)))
        else:
            inner = self.lower + np.floor(unit * self.size)
        return np.clip(inner, self.lower, self.upper)

    def unit(self, codes: Array) -> Array:
        """Middle of the bin (log: the position of the integer itself)."""
        if self.log:
            low, high = self._log_ends()
            return np.asarray((np.log(codes) - low) / (high - low))
        return (codes - self.lower + 0.5) / self.size

    def codes_of(self, cells: npt.NDArray[Any]) -> Array:
        """Whole numbers inside the bounds."""
        codes = _numbers(cells)
        ok = (codes >= self.lower) & (codes <= self.upper) & (codes == np.rint(codes))
        return np.where(ok, codes, np.nan)

    def values_at(self, codes: Array) -> npt.NDArray[Any]:
        """int64."""
        active = ~np.isnan(codes)
        return spread(codes[active].astype(np.int64), active)

    def _log_ends(self) -> tuple[float, float]:
        return float(np.log(self.lower - 0.5)), float(np.log(self.upper + 0.5))


@dataclass(frozen=True)
class ChoiceColumn(Column):
    """A list of values: ordinal, categorical or constant. Codes are positions in the list."""

    values: tuple[Value, ...]

    @property
    def size(self) -> int:
        """Count of choices."""
        return len(self.values)

    @property
    def domain(self) -> str:
        """The choices."""
        return " | ".join(repr(value) for value in self.values)

    def codes(self, unit: Array) -> Array:
        """Bins of equal width."""
        return np.clip(np.floor(unit * self.size), 0, self.size - 1)

    def unit(self, codes: Array) -> Array:
        """Middle of the bin."""
        return (codes + 0.5) / self.size

    def codes_of(self, cells: npt.NDArray[Any]) -> Array:
        """Position in the list."""
        position: dict[Any, float] = {value: float(code) for code, value in enumerate(self.values)}
        return np.array(
            [position.get(cell, np.nan) if isinstance(cell, Hashable) else np.nan for cell in cells],
            dtype=np.float64,
        )

    def values_at(self, codes: Array) -> npt.NDArray[Any]:
        """Choices of one numeric type as that type, anything else as objects."""
        kinds = {type(value) for value in self.values}
        if len(kinds) == 1 and kinds <= {bool, int, float}:
            table = np.array(self.values)
        else:
            table = np.empty(self.size, dtype=object)
            table[:] = self.values
        active = ~np.isnan(codes)
        return spread(table[codes[active].astype(np.intp)], active)


@dataclass(frozen=True)
class FixedColumn(Column):
    """One value of another column; codes stay those of the other, so that clauses about it still hold."""

    inner: Column
    code: float

    @property
    def size(self) -> int:
        """One."""
        return 1

    @property
    def domain(self) -> str:
        """The value."""
        return repr(self.only)

    @property
    def only(self) -> Value:
        """The value."""
        value: Value = self.inner.values_at(np.array([self.code])).tolist()[0]
        return value

    def every_code(self) -> Array:
        """The one code."""
        return np.array([self.code])

    def codes(self, unit: Array) -> Array:
        """The code, wherever."""
        return np.full(len(unit), self.code)

    def unit(self, codes: Array) -> Array:
        """The middle."""
        return np.where(np.isnan(codes), np.nan, 0.5)

    def codes_of(self, cells: npt.NDArray[Any]) -> Array:
        """The code where a value is the fixed one."""
        codes = self.inner.codes_of(cells)
        return np.where(codes == self.code, codes, np.nan)

    def read(self, value: Any) -> Any:
        """As of the other column."""
        return self.inner.read(value)

    def code_of(self, value: Any) -> float:
        """As of the other column: clauses name any of its values."""
        return self.inner.code_of(value)

    def values_at(self, codes: Array) -> npt.NDArray[Any]:
        """As of the other column."""
        return self.inner.values_at(codes)


def column_of(hyperparameter: Any) -> Column:
    """The column of a ConfigSpace hyperparameter; a constant one where `spaces.fixing` fixed it.

    Raises:
        BadInput: see `varying_column_of`.
    """
    column = varying_column_of(hyperparameter)
    fixed = (hyperparameter.meta or {}).get(FIXED)
    if fixed is None:
        return column
    return FixedColumn(column.name, Kind.CONSTANT, column, column.code_of(fixed["value"]))


def varying_column_of(hyperparameter: Any) -> Column:
    """The column of a ConfigSpace hyperparameter.

    Normal and beta hyperparameters are columns like uniform ones: their prior is no part of the encoding.

    Raises:
        BadInput: a choice that is no plain scalar, an integer range too wide to encode, or a hyperparameter
            class that is none of ConfigSpace's own.
    """
    name = str(hyperparameter.name)
    if isinstance(hyperparameter, CategoricalHyperparameter):
        return ChoiceColumn(name, Kind.CATEGORICAL, _scalars(name, hyperparameter.choices))
    if isinstance(hyperparameter, OrdinalHyperparameter):
        return ChoiceColumn(name, Kind.ORDINAL, _scalars(name, hyperparameter.sequence))
    if isinstance(hyperparameter, Constant):
        return ChoiceColumn(name, Kind.CONSTANT, _scalars(name, [hyperparameter.value]))
    if isinstance(hyperparameter, IntegerHyperparameter):
        low, high = int(hyperparameter.lower), int(hyperparameter.upper)
        if max(abs(low), abs(high)) > MAX_INTEGER:
            raise BadInput.of(name, f"integers within +-{MAX_INTEGER} (use a float)", f"{low} to {high}")
        return IntegerColumn(name, Kind.INTEGER, low, high, bool(hyperparameter.log))
    if isinstance(hyperparameter, FloatHyperparameter):
        ends = float(hyperparameter.lower), float(hyperparameter.upper)
        return FloatColumn(name, Kind.FLOAT, *ends, log=bool(hyperparameter.log))
    raise BadInput.of(name, "a hyperparameter class of ConfigSpace", type(hyperparameter).__name__)


def _scalars(name: str, values: Any) -> tuple[Value, ...]:
    """The declared values as plain Python scalars."""
    plain = tuple(value.item() if isinstance(value, np.generic) else value for value in values)
    for value in plain:
        if value is not None and not isinstance(value, bool | int | float | str):
            raise BadInput.of(name, "choices that are numbers, text, booleans or null", value)
    return plain


def _read(value: Any) -> Any:
    """Text that writes a number as that number; anything else as it is."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _numbers(cells: npt.NDArray[Any]) -> Array:
    """Cells as float64; NaN where a cell is no number (booleans and text are none)."""
    if cells.dtype.kind in "iuf":
        return cells.astype(np.float64)
    kinds = (int, float, np.integer, np.floating)
    return np.array(
        [float(c) if isinstance(c, kinds) and not isinstance(c, bool) else np.nan for c in cells],
        dtype=np.float64,
    )
