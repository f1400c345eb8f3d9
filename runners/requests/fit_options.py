"""The options of `scalesearch fit` that hold several things in one text."""

from collections.abc import Iterable
from typing import Any

from objectives.run_columns import parse_columns
from spaces.errors import BadInput, Mistake, Mistakes


def parsed(columns: str | None, hold: Iterable[str], tie: Iterable[str]) -> dict[str, Any]:
    """`columns`, `hold` and `tie` of a `FitRequest`.

    Raises:
        BadInput: the mistakes of all three.
    """
    found, options = Mistakes(), dict[str, Any]()
    with found.within(""):
        options["columns"] = parse_columns(columns) if columns is not None else {}
    with found.within(""):
        options["hold"] = held(hold)
    with found.within(""):
        options["tie"] = assignments(tie, "tie", "COEFFICIENT=COEFFICIENT, such as beta=alpha")
    found.settle()
    return options


def assignments(texts: Iterable[str], field: str, expected: str) -> dict[str, str]:
    """Coefficient -> what it is set to, from texts such as 'gamma=0.3'.

    >>> assignments(["gamma=0.3", "beta = alpha"], "hold", "")
    {'gamma': '0.3', 'beta': 'alpha'}

    Raises:
        BadInput: a text without a name or a value, or a name given twice.
    """
    given: dict[str, str] = {}
    mistakes = []
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if not name or not value:
            mistakes.append(Mistake(field, expected, repr(text)))
        elif name in given:
            mistakes.append(Mistake(f"{field}.{name}", "one value", f"{given[name]} and {value}"))
        else:
            given[name] = value
    if mistakes:
        raise BadInput(mistakes)
    return given


def held(texts: Iterable[str]) -> dict[str, float]:
    """Coefficient -> number it is held at.

    >>> held(["gamma=0.3"])
    {'gamma': 0.3}

    Raises:
        BadInput: as `assignments`, or a value that is no number.
    """
    found, numbers = Mistakes(), {}
    for name, value in assignments(texts, "hold", "COEFFICIENT=NUMBER, such as gamma=0.3").items():
        with found.within(""):
            numbers[name] = _number(value, f"hold.{name}")
    found.settle()
    return numbers


def names(text: str) -> tuple[str, ...]:
    """Names separated by commas.

    >>> names("hoffmann, coupled")
    ('hoffmann', 'coupled')
    """
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _number(text: str, field: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInput.of(field, "a number", text) from None
