"""A request of `scalesearch temporal`: options checked, table read, forecast made, record written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from objectives.temporal.families import DECAY, FAMILIES
from objectives.temporal.forecast import PARAMETERS, POOLS, forecast
from objectives.temporal.forecasting import BELOW
from objectives.temporal.history import History
from objectives.temporal.history_table import chosen, read_histories
from objectives.temporal.position import FIRST
from objectives.temporal.record import to_record
from spaces.errors import BadInput, Mistakes, one_of

AHEAD = 2.0
"""Times the tokens seen, if no time is asked about."""


@dataclass(frozen=True)
class TemporalRequest:
    """What the user asked."""

    table: Path
    run: str | None = None
    tokens: Sequence[float] = ()
    prefix: float = 1.0
    """Share of the table's tokens the forecast may see; the rest is what it is held against."""
    final_lr: float | None = None
    like: str | None = None
    families: Mapping[str, str] = field(default_factory=dict)
    first: float = FIRST
    level: float = 0.95

    def answer(self) -> dict[str, Any]:
        """The record.

        Raises:
            BadInput: a wrong option, or a table that cannot be used.
        """
        self._check()
        histories = read_histories(self.table)
        whole = chosen(histories, self.run)
        like = None if self.like is None else self._finished(histories, whole)
        seen = self._seen(whole)
        self._check_against(seen)
        rest = whole.take(whole.tokens > seen.tokens[-1])
        tokens, rates = self._ahead(seen, rest)
        said = forecast(
            seen,
            tokens,
            rates=rates,
            first=self.first,
            pools={name: self._pool(name) for name in PARAMETERS},
            like=like,
            level=self.level,
        )
        return to_record(said, rest if len(rest.tokens) else None)

    def _check(self) -> None:
        found = Mistakes()
        for name, value, expected, right in (
            ("prefix", self.prefix, "a share above 0 and at most 1", 0 < self.prefix <= 1),
            ("level", self.level, "a number between 0 and 1", 0 < self.level < 1),
            ("first_position", self.first, "0 or 1", self.first in (0, 1)),
            ("final_lr", self.final_lr, "a finite number, at least 0", _rate(self.final_lr)),
            (
                "tokens",
                self.tokens,
                "positive finite numbers",
                all(0 < each < np.inf for each in self.tokens),
            ),
        ):
            with found.within(""):
                if not right:
                    raise BadInput.of(name, expected, value)
        for name, family in self.families.items():
            with found.within("families"):
                if name not in PARAMETERS:
                    raise BadInput.of(name, one_of(PARAMETERS, name), name)
                if family not in FAMILIES:
                    raise BadInput.of(name, one_of(FAMILIES, family), family)
        with found.within(""):
            if self.prefix < 1 and self.tokens:
                raise BadInput.of(
                    "tokens", "none with prefix, which asks about the rest of the table", self.tokens
                )
        found.settle()

    def _seen(self, whole: History) -> History:
        seen = whole.until(self.prefix * whole.tokens[-1])
        if len(seen.tokens) <= BELOW:
            raise BadInput.of(
                "prefix",
                f"a share that holds more than {BELOW} checkpoints",
                f"{self.prefix:g}, which holds {len(seen.tokens)}",
            )
        return seen

    def _check_against(self, seen: History) -> None:
        """What only the table can tell is wrong."""
        early = [each for each in self.tokens if each <= seen.tokens[-1]]
        if early:
            last = f"numbers beyond the last checkpoint ({seen.tokens[-1]:g})"
            raise BadInput.of("tokens", last, ", ".join(f"{each:g}" for each in early))
        if seen.rate is None:
            needing = [f"{name}={each}" for name, each in self.families.items() if each.endswith(DECAY)]
            for option, value in (
                ("families", ", ".join(needing)),
                ("final_lr", self.final_lr),
                ("like", self.like),
            ):
                if value not in (None, ""):
                    raise BadInput.of(option, "a table with a column lr", value)

    def _finished(self, histories: Mapping[str, History], whole: History) -> History:
        others = [name for name in histories if name != whole.run]
        if self.like not in others:
            raise BadInput.of(
                "like", f"another run of the table: {one_of(others, self.like)}", str(self.like)
            )
        return histories[str(self.like)]

    def _ahead(self, seen: History, rest: History) -> tuple[Sequence[float], Sequence[float] | None]:
        """The times asked about, and the learning rates then."""
        if len(rest.tokens):
            return rest.tokens.tolist(), None if rest.rate is None else rest.rate.tolist()
        tokens = sorted(self.tokens) or [AHEAD * float(seen.tokens[-1])]
        return tokens, None if self.final_lr is None else [self.final_lr] * len(tokens)

    def _pool(self, name: str) -> tuple[str, ...]:
        return (self.families[name],) if name in self.families else POOLS[name]


def _rate(value: float | None) -> bool:
    return value is None or 0 <= value < np.inf
