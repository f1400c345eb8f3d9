"""A request of `scalesearch translate`: options checked at once, and the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from objectives.capability.downstream_translation_answer import fitted_answer, published_answer
from objectives.capability.downstream_translation_fit import FIELDS, read_pairs
from objectives.run_columns import parse_columns
from runners.requests.fit_options import held
from spaces.errors import BadInput, Mistake


@dataclass(frozen=True)
class TranslationRequest:
    """What a user asks. Names are those of the options; nothing is checked yet."""

    pairs: Path | None = None
    losses: Sequence[float] = ()
    to: str | None = None
    n: float | None = None
    tokens: float | None = None
    columns: str | None = None
    hold: Sequence[str] = ()
    level: float = 0.95
    seed: int = 0

    def answer(self) -> dict[str, Any]:
        """The record.

        Raises:
            BadInput: every mistake in the options and the table.
        """
        if wrong := [*self._numbers(), *self._unused()]:
            raise BadInput(wrong)
        if self.pairs is None:
            model = None if self.n is None or self.tokens is None else (self.n, self.tokens)
            return published_answer(self.losses, self.to, model)
        columns = {} if self.columns is None else parse_columns(self.columns, FIELDS)
        pairs = read_pairs(self.pairs, columns)
        return fitted_answer(pairs, self.losses, held(self.hold), level=self.level, seed=self.seed)

    def _numbers(self) -> list[Mistake]:
        given = [("loss", loss) for loss in self.losses]
        given += [
            (name, value) for name, value in (("n", self.n), ("tokens", self.tokens)) if value is not None
        ]
        wrong = [
            Mistake(name, "a positive finite number", f"{x:g}") for name, x in given if not 0 < x < np.inf
        ]
        if (self.n is None) != (self.tokens is None):
            missing, there = ("n", "tokens") if self.n is None else ("tokens", "n")
            wrong.append(Mistake(missing, f"a number with {there}", "nothing"))
        return wrong

    def _unused(self) -> list[Mistake]:
        """Options that mean nothing with, or without, a table."""
        with_table = (("to", self.to), ("n", self.n), ("tokens", self.tokens))
        without = (("columns", self.columns), ("hold", ", ".join(self.hold) or None))
        if self.pairs is None:
            return [Mistake(name, "none without a table", f"{value}") for name, value in without if value]
        return [
            Mistake(name, "none with a table", f"{value}") for name, value in with_table if value is not None
        ]
