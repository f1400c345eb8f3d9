"""A schedule from its description: `cosine:peak=3e-4,end=3e-5,steps=24000,warmup=2160`."""

from dataclasses import MISSING, fields
from typing import Any

from objectives.curves.schedule import KINDS, Schedule, checked
from spaces.errors import BadInput, Mistake, one_of

LENGTHS = ("steps", "tokens")
"""The key that says how long training is, and thereby the unit of all times."""
REQUIRED = ("end", "decay", "switch")
"""Fields a description must give where its kind has them: no default is sensible for all."""


def parse_schedule(text: str) -> tuple[Schedule, str]:
    """A schedule and the unit of its times, `steps` or `tokens`.

    >>> schedule, unit = parse_schedule("wsd:peak=3e-4,end=3e-5,steps=24000,decay=20000,warmup=2160")
    >>> unit, schedule.rate([1e4, 22000, 24000]).round(6).tolist()
    ('steps', [0.0003, 0.000165, 3e-05])

    Raises:
        BadInput: an unknown kind or key, a missing key, a value that is no number or out of range.
    """
    kind, _, rest = (part.strip() for part in text.partition(":"))
    if kind not in KINDS:
        raise BadInput.of("schedule", one_of(KINDS, kind) + ", a colon, and key=value", text)
    given, mistakes = _pieces(rest, KINDS[kind])
    lengths = [key for key in LENGTHS if key in given]
    if len(lengths) != 1:
        mistakes.append(Mistake("schedule", "steps=... or tokens=..., the end of training", _of(lengths)))
    mistakes += [
        Mistake(f"schedule.{key}", f"key=value in a {kind} schedule", "nothing")
        for key in _needed(KINDS[kind])
        if key not in given
    ]
    if mistakes:
        raise BadInput(mistakes)
    given["length"] = given.pop(lengths[0])
    try:
        return checked(KINDS[kind](**given)), lengths[0]
    except BadInput as error:
        raise BadInput(
            Mistake(f"schedule.{each.field}", each.expected, each.got) for each in error.mistakes
        ) from error


def _pieces(text: str, kind: type[Schedule]) -> tuple[dict[str, Any], list[Mistake]]:
    known = [*LENGTHS, *(each.name for each in fields(kind) if each.name != "length")]
    given: dict[str, Any] = {}
    mistakes = []
    for piece in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = (part.strip() for part in piece.partition("="))
        if not equals or key not in known:
            mistakes.append(Mistake("schedule", one_of(known, key) + ", as key=value", piece))
        elif key in given:
            mistakes.append(Mistake(f"schedule.{key}", "one value", piece))
        else:
            given[key] = value if key == "shape" else _number(key, value, mistakes)
    return given, mistakes


def _number(key: str, value: str, mistakes: list[Mistake]) -> float:
    try:
        return float(value)
    except ValueError:
        mistakes.append(Mistake(f"schedule.{key}", "a number", value or "nothing"))
        return 0.0


def _needed(kind: type[Schedule]) -> list[str]:
    """Keys without which a kind is not known."""
    return [
        each.name
        for each in fields(kind)
        if each.name != "length" and (each.default is MISSING or each.name in REQUIRED)
    ]


def _of(lengths: list[str]) -> str:
    return " and ".join(lengths) or "neither"
