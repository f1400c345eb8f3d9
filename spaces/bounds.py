"""Numbers and intervals out of a job file, each checked and named by its field.

YAML 1.1 reads `1e21` as text (it wants `1.0e+21`), so text that spells a number is a number here.
"""

import math
from collections.abc import Iterable
from typing import Any

from spaces.errors import BadInput, Mistakes

Interval = tuple[float, float]


def number(value: Any, field: str) -> float:
    """A finite float; raises `BadInput` for anything else, booleans included.

    >>> number("1e21", "n")
    1e+21
    """
    try:
        result = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        result = math.nan
    if not math.isfinite(result):
        raise BadInput.of(field, "a finite number", value)
    return result


def whole(value: Any, field: str) -> int:
    """A whole number; raises `BadInput` for anything else.

    >>> whole("1e6", "k")
    1000000
    """
    result = number(value, field)
    if result != int(result):
        raise BadInput.of(field, "a whole number", value)
    return int(result)


def interval(value: Any, field: str, *, positive: bool = False) -> Interval:
    """A pair (lower, upper) with lower <= upper.

    Args:
        value: a list or tuple of two numbers, or one number for a point.
        field: where it stands in the input.
        positive: whether the lower bound must be above zero, as a log scale needs.

    Raises:
        BadInput: every mistake in it.
    """
    expected = "two numbers, lower <= upper" + (", both positive" if positive else "")
    pair = value if isinstance(value, list | tuple) else [value, value]
    if len(pair) != 2:
        raise BadInput.of(field, expected, value)
    found, ends = Mistakes(), []
    for position, end in enumerate(pair):
        with found.within(""):
            ends.append(number(end, f"{field}[{position}]"))
    found.settle()
    lower, upper = ends
    if lower > upper or (positive and lower <= 0):
        raise BadInput.of(field, expected, value)
    return lower, upper


def sizes(value: Any, field: str, *, least: int = 1) -> list[int]:
    """A list of whole numbers not below `least`, ascending, each once; one number stands for a list of one.

    Raises:
        BadInput: every mistake in it.
    """
    listed = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    found, numbers = Mistakes(), set()
    for position, item in enumerate(listed):
        with found.within(""):
            size = whole(item, f"{field}[{position}]")
            if size < least:
                raise BadInput.of(f"{field}[{position}]", f"at least {least}", item)
            numbers.add(size)
    found.settle()
    if not numbers:
        raise BadInput.of(field, "at least one choice", "none")
    return sorted(numbers)
