"""`scalesearch fit --law performance`: a table of models becomes a law of MMLU; options checked at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from objectives.capability.score_columns import parse_score_columns
from objectives.capability.score_pipeline import DRAWS, LEVEL, fit_scores
from objectives.capability.score_saved import to_score_record
from objectives.capability.score_table import Scores, read_scores
from runners.documents.rendering import plain
from spaces.errors import Mistake, Mistakes

LEAST_DRAWS = 20
"""Replicates below which an interval's ends are guesses."""


@dataclass(frozen=True)
class ScoreRequest:
    """What a user asks of the fit. Names are those of the options; nothing is checked yet."""

    path: Path
    columns: str | None = None
    level: float = LEVEL
    draws: int = DRAWS
    seed: int = 0
    others: Mapping[str, Any] = field(default_factory=dict)
    """Options of `scalesearch fit` that mean nothing here; only empty ones are allowed."""

    def run(self) -> dict[str, Any]:
        """The record of the fit.

        Raises:
            BadInput: every mistake in the options and the table.
        """
        found = Mistakes()
        scores: Scores | None = None
        with found.within(""):
            columns = parse_score_columns(self.columns) if self.columns is not None else {}
            scores = read_scores(self.path, columns)
        found.all += self._mistakes()
        found.settle()
        assert scores is not None  # or there was a mistake
        fit = fit_scores(scores, level=self.level, draws=self.draws, seed=self.seed)
        return dict(plain(to_score_record(fit)))

    def _mistakes(self) -> list[Mistake]:
        numbers = [
            ("level", "a share above 0 and below 1", self.level, 0 < self.level < 1),
            ("draws", f"a whole number of at least {LEAST_DRAWS}", self.draws, self.draws >= LEAST_DRAWS),
            ("seed", "a whole number of at least 0", self.seed, self.seed >= 0),
        ]
        mistakes = [Mistake(name, text, f"{value:g}") for name, text, value, holds in numbers if not holds]
        return mistakes + [
            Mistake(name, "none with the performance law", str(value))
            for name, value in self.others.items()
            if value
        ]
