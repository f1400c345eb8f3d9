"""The lines of a journal: one record, one checksummed line of JSON.

A line reads `{"crc":"<crc32>","record":{"kind":...}}`. The checksum is CRC-32 over the bytes of the record as
they stand in the line, so every single flipped bit is noticed, and any JSON reader can still use the file.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from search.trial import Asked, Done, Event, Failed, Given, Pruned, Reported
from spaces.errors import BadInput

FORMAT = 4
"""Version of the journal format, in every header. Older formats stay readable, newer ones are refused.

2: attempts that are followed by another are records (`Retried`); in format 1 they were notes.
3: a trial may end with the values of several objectives; configurations given from elsewhere (`Given`), the
   worker a trial was asked for, the rule that ended a search (`Stopped`); what running trials report
   (`Reported`), and trials stopped for it (`Pruning`, then `Pruned`).
4: what a trial below the target fidelity costs (`Asked.cost`).
"""


@dataclass(frozen=True)
class Header:
    """First record of a journal: which job it belongs to and what wrote it."""

    name: str
    job_hash: str
    """Hash of the job's content; a journal is only continued by the job that began it."""
    seed: int
    versions: Mapping[str, str] = field(default_factory=dict)
    """Distribution -> version, of whatever the results may depend on."""
    created: float | None = None
    """Seconds since the epoch."""


@dataclass(frozen=True)
class Note:
    """A remark that changes no state: an early end, new library versions."""

    text: str
    number: int | None = None
    """The trial it is about."""


@dataclass(frozen=True)
class Retried:
    """An attempt at a trial that ended without an answer, and is followed by another."""

    number: int
    status: str
    """How it ended, a `runners.backend.Status`."""
    reason: str
    started: float | None = None
    ended: float | None = None
    worker: str | None = None


@dataclass(frozen=True)
class Stopped:
    """A stopping rule held: nothing more is asked, unless the search is resumed without that rule."""

    rule: str
    """The rule with its numbers."""
    text: str
    """What was found, for people."""


@dataclass(frozen=True)
class Pruning:
    """A running trial shall end now: decided, and written before its worker is told."""

    number: int
    reason: str
    step: float
    value: float
    """What it reported last."""
    estimate: float
    """What its value would have been."""


@dataclass(frozen=True)
class SearchEnd:
    """In the journal of a sweep: one of its searches returned a summary, or failed for a reason."""

    name: str
    summary: Mapping[str, Any] | None = None
    reason: str | None = None
    started: float | None = None
    ended: float | None = None
    worker: str | None = None
    version: str | None = None
    """Of what was asked of the search; where that changes, it is called again."""


Record = Event | Note | Retried | Pruning | Stopped | SearchEnd

_KINDS: dict[str, type[Header | Record]] = {
    "header": Header,
    "given": Given,
    "asked": Asked,
    "done": Done,
    "failed": Failed,
    "reported": Reported,
    "pruning": Pruning,
    "pruned": Pruned,
    "note": Note,
    "retried": Retried,
    "stopped": Stopped,
    "search": SearchEnd,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_FIELDS = {kind: [each.name for each in fields(kind)] for kind in _KINDS.values()}


def encode(record: Header | Record) -> bytes:
    """The line of a record, newline included; fields that are `None` are left out.

    Raises:
        ValueError: a number in it is NaN or infinite.
        TypeError: a value in it is not one of JSON's.
    """
    content: dict[str, Any] = {"kind": _NAMES[type(record)]}
    if isinstance(record, Header):
        content["format"] = FORMAT
    for name in _FIELDS[type(record)]:
        value = getattr(record, name)
        if value is not None:
            content[name] = value
    body = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return _line(body.encode("ascii")) + b"\n"


def decode(line: bytes) -> Header | Record:
    """The record of a line (without its newline).

    Raises:
        ValueError: the line is not what `encode` wrote.
        BadInput: a header of a newer format.
    """
    body = line[len(_line(b"")) - 1 : -1]
    if line != _line(body):
        raise ValueError("its checksum does not fit its content")
    content = json.loads(body)
    kind = _KINDS[content.pop("kind")]
    if kind is Header and (version := content.pop("format")) > FORMAT:
        raise BadInput.of(
            "journal", f"format {FORMAT} or older", f"format {version}: a newer program wrote it"
        )
    return kind(**content)


def _line(body: bytes) -> bytes:
    return b'{"crc":"%08x","record":%s}' % (zlib.crc32(body), body)
