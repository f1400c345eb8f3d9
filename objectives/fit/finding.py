"""What a check of the data found: a name, how much it matters, the rows of the table, a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from spaces.errors import Mistake


class Severity(StrEnum):
    """How much a finding matters."""

    NOTE = "note"
    """Worth knowing; the fit stands."""
    WARNING = "warning"
    """The fit may mislead."""
    REFUSED = "refused"
    """No law can be fitted."""


@dataclass(frozen=True)
class Finding:
    """One thing a check found; `rows` count from 1, as in the file."""

    name: str
    severity: Severity
    rows: tuple[int, ...]
    text: str

    @classmethod
    def of(cls, name: str, severity: Severity, rows: Iterable[int], text: str) -> "Finding":
        """With the rows sorted, as plain integers."""
        return cls(name, severity, tuple(sorted(int(row) for row in rows)), text)

    @classmethod
    def refusal(cls, name: str, mistake: Mistake) -> "Finding":
        """A mistake as a finding."""
        return cls(name, Severity.REFUSED, (), str(mistake))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "name": self.name,
            "severity": str(self.severity),
            "rows": list(self.rows),
            "text": self.text,
        }
