"""Feasible configurations that have not been asked yet: what every engine chooses from.

Rows are drawn and rejected in growing batches. A small discrete space is listed as well, so that the end of
the space can be told from bad luck. Candidates are canonical rows: what was checked is what will be decoded.
"""

from collections.abc import Callable, Sequence
from copy import copy

import numpy as np
import numpy.typing as npt

from search.history import History
from search.trial import Trial
from spaces.encoding import Encoder
from spaces.errors import Infeasible

Rows = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SMALLEST_BATCH = 64
"""Rows drawn at first; each later batch doubles what was drawn."""

EFFORT = 2**20
"""Rows drawn before giving up on finding a single feasible new one."""

PATIENCE = 16
"""Rows drawn per candidate wanted before making do with fewer."""

LISTED = 2**16
"""Discrete spaces of at most so many configurations are listed."""


class Candidates:
    """Feasible new rows of one search.

    Args:
        encoder: of the search's space; rows have shape (n, d) with d = len(encoder.columns).
        feasible: which rows are legal and satisfy the known constraint, shape (n,).
        history: of the search; read at every call, never written.
    """

    def __init__(self, encoder: Encoder, feasible: Callable[[Rows], Mask], history: History) -> None:
        self._encoder = encoder
        self.feasible = feasible
        self._history = history
        self._place_of: dict[int, int] = {}
        """Trial number -> its row in `_rows`."""
        self._rows: Rows = np.empty((SMALLEST_BATCH, len(encoder.columns)))
        """Rows of all trials, and room for more."""
        self._asked: set[bytes] = set()
        self._listed: Rows | None = None

    def rows(self, trials: Sequence[Trial]) -> Rows:
        """The canonical rows of trials of the history, each encoded once in the life of the search."""
        self._encode_new_trials()
        places = [self._place_of[trial.number] for trial in trials]
        return np.asarray(self._rows[np.array(places, dtype=np.intp)])

    def fresh(self, rows: Rows) -> Rows:
        """Those of `rows`, made canonical, that are feasible and not asked yet: each once, in their order."""
        rows = self._encoder.canonical(rows)
        return self.unasked(rows[self.feasible(rows)])

    def random(self, count: int, rng: np.random.Generator) -> Rows:
        """At most `count` fresh rows from the space's priors, and at least one. Raises as `draw`."""
        return self.draw(lambda n: self._encoder.random(n, rng), count)[:count]

    def draw(self, source: Callable[[int], Rows], count: int) -> Rows:
        """All fresh rows, at least one, among as many as must be drawn from `source` to have `count`.

        Fewer than `count` come back where that would take more than `PATIENCE` draws for each; the rest of a
        listed space comes back where it is no more than `count`.

        Args:
            source: n -> the next n rows; n is a power of two at first and doubles what was drawn later.
            count: how many rows are wanted.

        Raises:
            Infeasible: every feasible configuration of a listed space has been asked, or none of `EFFORT`
                rows drawn is feasible and new.
        """
        remaining = self._remaining()
        if remaining is not None and len(remaining) <= count:
            return remaining
        found = self._stacked([])
        drawn, batch = 0, 1 << (max(count, SMALLEST_BATCH) - 1).bit_length()
        while drawn < EFFORT and len(found) < count and not (len(found) and drawn >= PATIENCE * count):
            found = self.unasked(np.concatenate([found, self.fresh(source(batch))]))
            drawn += batch
            batch = drawn
        if len(found):
            return found
        if remaining is not None:
            return remaining
        new = "new " if len(self._history) else ""
        raise Infeasible(f"no {new}configuration satisfies the constraints among {drawn} drawn")

    def within(self, region: Callable[[Rows], Mask]) -> "Candidates":
        """Those of a region of the space; good until a further trial is asked."""
        self._encode_new_trials()
        narrowed, feasible = copy(self), self.feasible

        def both(rows: Rows) -> Mask:
            ok = region(rows)
            ok[ok] = feasible(rows[ok])
            return ok

        narrowed.feasible = both
        narrowed._listed = None if self._listed is None else self._listed[region(self._listed)]
        return narrowed

    def _remaining(self) -> Rows | None:
        """Every fresh row of a space small enough to be listed, otherwise `None`."""
        if self._encoder.cardinality > LISTED:
            return None
        if self._listed is None:
            every = self._encoder.every()
            self._listed = every[self.feasible(every)]
        if not len(self._listed):
            raise Infeasible("no configuration of the space satisfies the constraints")
        remaining = self.unasked(self._listed)
        if not len(remaining):
            raise Infeasible(f"every feasible configuration ({len(self._listed)}) has been asked")
        return remaining

    def unasked(self, rows: Rows) -> Rows:
        """Those of canonical `rows` that no trial has: each once, in their order."""
        self._encode_new_trials()
        new = {key: row for row in rows if (key := row.tobytes()) not in self._asked}
        return self._stacked(list(new.values()))

    def _encode_new_trials(self) -> None:
        known = len(self._place_of)
        new = self._history.asked_since(known)
        if not new:
            return
        rows = self._encoder.canonical(self._encoder.encode_many([trial.config for trial in new]))
        if known + len(new) > len(self._rows):
            room = np.empty((2 * (known + len(new)), self._rows.shape[1]))
            room[:known] = self._rows[:known]
            self._rows = room
        self._rows[known : known + len(new)] = rows
        self._place_of.update((trial.number, place) for place, trial in enumerate(new, known))
        self._asked.update(row.tobytes() for row in rows)

    def _stacked(self, rows: list[Rows]) -> Rows:
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(self._encoder.columns))
