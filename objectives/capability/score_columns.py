"""Which column of a table of models is which field, in which unit: 'tokens=tokens_T*1e12,mmlu=MMLU'."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from objectives.run_columns import names_shown
from spaces.errors import BadInput, Mistake, one_of

NUMBERS = ("layers", "hidden", "ffn", "tokens", "n_total", "mmlu")
"""What a table must have."""
OPTIONAL = ("experts", "year")
"""Numbers it may have: experts say which models are mixtures, years in which order models came."""
LABELS = ("family", "model")
"""Texts it may have: models of one family share a recipe, and are held out together."""
FIELDS = (*NUMBERS, *OPTIONAL, *LABELS)


@dataclass(frozen=True)
class Column:
    """A column of a table, and what its numbers are multiplied with."""

    name: str
    factor: float = 1.0


def parse_score_columns(
    text: str, fields: Sequence[str] | None = FIELDS, option: str = "columns"
) -> dict[str, Column]:
    """Field -> column, from 'field=column' or 'field=column*factor', separated by commas.

    >>> parse_score_columns("tokens=tokens_T*1e12, mmlu=MMLU")["tokens"]
    Column(name='tokens_T', factor=1000000000000.0)

    Args:
        text: as the user wrote it.
        fields: the fields there are; None allows any name.
        option: what mistakes call it.

    Raises:
        BadInput: a piece without a field or a column, an unknown field, a factor that is no positive number,
            or a field given twice.
    """
    columns: dict[str, Column] = {}
    mistakes = []
    for piece in text.split(","):
        field, _, rest = (part.strip() for part in piece.partition("="))
        name, star, factor = (part.strip() for part in rest.partition("*"))
        if not field or not name:
            mistakes.append(Mistake(option, "field=column, separated by commas", repr(piece.strip())))
        elif fields is not None and field not in fields:
            mistakes.append(Mistake(f"{option}.{field}", one_of(fields, field), field))
        elif field in columns:
            mistakes.append(Mistake(f"{option}.{field}", "one column", f"{columns[field].name} and {name}"))
        elif star and (field in LABELS or not _is_positive(factor)):
            mistakes.append(Mistake(f"{option}.{field}", "a positive number after *", repr(factor)))
        else:
            columns[field] = Column(name, float(factor) if star else 1.0)
    if mistakes:
        raise BadInput(mistakes)
    return columns


def choose_score_columns(header: Sequence[str], given: Mapping[str, Column]) -> dict[str, Column]:
    """Field -> column for everything a table tells: the user's mapping, else the field's own name.

    Raises:
        BadInput: a needed field without a column; a column that is not there, or is twice.
    """
    chosen = {field: given.get(field, Column(field)) for field in FIELDS if field in given or field in header}
    mistakes = [
        Mistake(
            f"columns.{field}",
            f"a column of the table, or {field}=NAME of one ({names_shown(header, field)})",
            "none",
        )
        for field in NUMBERS
        if field not in chosen
    ]
    mistakes += [
        Mistake(
            f"columns.{field}", f"one column of the table ({names_shown(header, column.name)})", column.name
        )
        for field, column in chosen.items()
        if header.count(column.name) != 1
    ]
    if mistakes:
        raise BadInput(mistakes)
    return chosen


def _is_positive(text: str) -> bool:
    try:
        return float(text) > 0 and isfinite(float(text))
    except ValueError:
        return False
