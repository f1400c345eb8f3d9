"""Which column of a table of runs is which field: by its name, or as the user maps it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array, Count
from spaces.errors import BadInput, Mistake, one_of

SIZES = ("n", *map(str, Count))
"""Names of N: bare, or by what it counts, which declares the convention of the table."""
EXTRAS = ("unique_tokens", "granularity")
"""Further inputs of laws."""
FACTS = ("learning_rate", "batch_tokens")
"""What only the checks of the data look at; a run may leave them blank."""
LABELS = ("run", "schedule", "unit")
"""Fields of text: which training run a row belongs to, its learning-rate schedule, the unit of its loss."""
FIELDS = (*SIZES, "tokens", "flops", "loss", "sparsity", "experts", *EXTRAS, *FACTS, *LABELS)
"""What a column may be mapped to. Tokens and FLOPs stand in for each other through C = 6 N_active D, sparsity
and experts through S = 1 - 1/E (top-1 routing)."""
_EITHER = (SIZES, ("sparsity", "experts"))
"""Fields that say the same thing: mapping one of them leaves the others unread."""
_MOST_NAMES = 12


@dataclass(frozen=True)
class Domain:
    """The numbers a field takes."""

    expected: str
    holds: Callable[[Array], npt.NDArray[np.bool_]]


_POSITIVE = Domain("a positive finite number", lambda x: (x > 0) & np.isfinite(x))
_DOMAINS = {
    "sparsity": Domain("a number in [0, 1)", lambda x: (x >= 0) & (x < 1)),
    "experts": Domain("a number of experts, at least 1", lambda x: (x >= 1) & np.isfinite(x)),
    "position": Domain(
        "a whole number, at least 0", lambda x: (x >= 0) & (x == np.floor(x)) & np.isfinite(x)
    ),
    "lr": Domain("a finite number, at least 0", lambda x: (x >= 0) & np.isfinite(x)),
}


def domain_of(field: str) -> Domain:
    """The numbers a field takes: positive and finite unless said otherwise."""
    return _DOMAINS.get(field, _POSITIVE)


def parse_columns(text: str, fields: Sequence[str] = FIELDS) -> dict[str, str]:
    """Field -> column, from 'field=column,field=column'; a column's name may hold spaces, but no comma.

    >>> parse_columns("n_total=Model Size, flops=Training FLOP")
    {'n_total': 'Model Size', 'flops': 'Training FLOP'}

    Raises:
        BadInput: a piece without a field or a column, an unknown field, or a field given twice.
    """
    columns: dict[str, str] = {}
    mistakes = []
    for piece in text.split(","):
        field, _, column = (part.strip() for part in piece.partition("="))
        if not field or not column:
            mistakes.append(Mistake("columns", "field=column, separated by commas", repr(piece.strip())))
        elif field not in fields:
            mistakes.append(_unknown(field, fields))
        elif field in columns:
            mistakes.append(Mistake(f"columns.{field}", "one column", f"{columns[field]} and {column}"))
        else:
            columns[field] = column
    if mistakes:
        raise BadInput(mistakes)
    return columns


def choose_columns(header: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Field -> column for everything a table tells, in the order of `FIELDS`.

    Args:
        header: the names of the table's columns.
        given: the user's mapping, which goes before a column's own name.

    Raises:
        BadInput: an unknown field; a column that is not there, or is twice; no size, loss, tokens or FLOPs.
    """
    unread = {field for group in _EITHER if set(group) & set(given) for field in group}
    chosen = {
        field: given.get(field, field)
        for field in FIELDS
        if field in given or (field in header and field not in unread)
    }
    mistakes = [_unknown(field) for field in given if field not in FIELDS]
    mistakes += _absent(header, chosen) + _lacking(header, chosen)
    if mistakes:
        raise BadInput(mistakes)
    return chosen


def _unknown(field: str, fields: Sequence[str] = FIELDS) -> Mistake:
    return Mistake(f"columns.{field}", one_of(fields, field), field)


def _absent(header: Sequence[str], chosen: Mapping[str, str]) -> list[Mistake]:
    """Columns that are not in the table, or there more than once."""
    missing = [
        Mistake(f"columns.{field}", f"a column of the table ({names_shown(header, column)})", column)
        for field, column in chosen.items()
        if column not in header
    ]
    repeated = [column for column in dict.fromkeys(chosen.values()) if header.count(column) > 1]
    return missing + [
        Mistake(f"runs.{column}", "a column of this name", f"{header.count(column)} of them")
        for column in repeated
    ]


def _lacking(header: Sequence[str], chosen: Mapping[str, str]) -> list[Mistake]:
    """Fields no table can do without."""
    there, mistakes = names_shown(header), []
    sizes = [field for field in SIZES if field in chosen]
    if not sizes:
        mistakes.append(Mistake("columns", f"a size ({' | '.join(SIZES)}) among {there}", "none"))
    if "n" in sizes and len(sizes) > 1:
        mistakes.append(
            Mistake(
                "columns", "n mapped to one of the sizes, as it does not say what it counts", ", ".join(sizes)
            )
        )
    if "loss" not in chosen:
        mistakes.append(
            Mistake("columns.loss", f"a column of the table ({names_shown(header, 'loss')})", "loss")
        )
    if "tokens" not in chosen and "flops" not in chosen:
        mistakes.append(Mistake("columns", f"a column of tokens or of flops among {there}", "neither"))
    return mistakes


def names_shown(header: Sequence[str], wanted: str = "") -> str:
    """The first names of a header, and the one that was probably meant."""
    shown = ", ".join(header[:_MOST_NAMES])
    rest = len(header) - _MOST_NAMES
    near = get_close_matches(wanted.lower(), [name.lower() for name in header], n=1) if wanted else []
    meant = next((name for name in header if near and name.lower() == near[0] and name != wanted), "")
    return shown + (f" and {rest} more" if rest > 0 else "") + (f"; did you mean {meant}?" if meant else "")
