"""Many configurations as one table: rows for people, columns for arithmetic.

Known constraints and closed-form objectives receive a `Configs`. The same object reads as a sequence of
plain dictionaries and as named NumPy columns, so both spellings of a constraint work:

>>> rows = Configs({"n": [1e9, 2e9], "tokens": [2e10, 1e12]})
>>> (6 * rows["n"] * rows["tokens"] <= 1e21).tolist()
[True, False]
>>> [6 * row["n"] * row["tokens"] <= 1e21 for row in rows]
[True, False]
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

Value = bool | int | float | str | None
"""What a parameter may hold once it left the encoder: a plain Python scalar."""

Config = dict[str, Value]
"""One configuration: active parameters only."""


class Configs(Sequence[Config]):
    """A table of configurations with one column per parameter.

    Args:
        columns: name -> values, all of one length. Numeric columns are kept as NumPy arrays of float64 or
            int64; anything else as an object array.
        active: name -> bool mask of the rows in which the parameter is active; absent means always. Inactive
            cells hold the zero of the column's type (NaN, 0, False, None) and are left out of the row
            dictionaries.
    """

    def __init__(
        self,
        columns: Mapping[str, npt.ArrayLike],
        active: Mapping[str, npt.NDArray[np.bool_]] | None = None,
    ) -> None:
        self.columns: dict[str, npt.NDArray[Any]] = {
            name: np.asarray(column) for name, column in columns.items()
        }
        self.active = dict(active or {})
        lengths = {len(column) for column in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of one length expected, got lengths {sorted(lengths)}")
        self._length = lengths.pop() if lengths else 0

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Value]]) -> "Configs":
        """A table of dictionaries; a parameter missing from a row is inactive there."""
        listed = list(rows)
        names = dict.fromkeys(name for row in listed for name in row)
        columns: dict[str, npt.NDArray[Any]] = {}
        active: dict[str, npt.NDArray[np.bool_]] = {}
        for name in names:
            present = np.array([name in row for row in listed])
            values = _column([row[name] for row in listed if name in row])
            if present.all():
                columns[name] = values
            else:
                columns[name] = spread(values, present)
                active[name] = present
        return cls(columns, active)

    @overload
    def __getitem__(self, key: str) -> npt.NDArray[Any]: ...
    @overload
    def __getitem__(self, key: int) -> Config: ...
    @overload
    def __getitem__(self, key: slice) -> "Configs": ...
    def __getitem__(self, key: str | int | slice) -> "npt.NDArray[Any] | Config | Configs":
        if isinstance(key, str):
            return self.columns[key]
        if isinstance(key, slice):
            return self.select(np.arange(self._length)[key])
        index = range(self._length)[key]
        return {
            name: _plain(column[index])
            for name, column in self.columns.items()
            if name not in self.active or self.active[name][index]
        }

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Config]:
        return (self[index] for index in range(self._length))

    def select(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Configs":
        """The rows at these indices, or where this mask is true."""
        return Configs(
            {name: column[rows] for name, column in self.columns.items()},
            {name: mask[rows] for name, mask in self.active.items()},
        )


def spread(values: npt.NDArray[Any], present: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """A column of len(present) cells: `values` where present, elsewhere the zero of their type."""
    zero = {"f": np.nan, "O": None}.get(values.dtype.kind, 0)
    column = np.full(len(present), zero, dtype=values.dtype)
    column[present] = values
    return column


def _column(values: list[Any]) -> npt.NDArray[Any]:
    """An array that keeps numbers as numbers and everything else, strings too, as objects."""
    kinds = {type(value) for value in values}
    if kinds <= {int, float} or kinds <= {bool}:
        return np.array(values)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _plain(value: Any) -> Value:
    """The plain Python scalar behind a NumPy one."""
    plain: Value = value.item() if isinstance(value, np.generic) else value
    return plain
