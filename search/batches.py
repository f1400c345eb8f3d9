"""How many suggestions are made from one look at the search.

With p trials pending, a suggestion is answered p outcomes after it was made, whatever an engine does; the
last of a batch of p / 32 is answered another p / 32 later, next to nothing. So one look, with its fit
of the surrogate, serves that many free workers, and none of them waits for a fit of its own. Up to 63 pending
trials, every suggestion has its own look.
"""

from dataclasses import dataclass

from search.history import Moment

SHARE = 32
"""Pending trials for each suggestion made at once."""


@dataclass(frozen=True)
class Batch:
    """Consecutive trials that are suggested together."""

    first: int
    """The number of the first of them."""
    size: int
    moment: Moment
    """What is known to all of them: the state of the search before the first was asked."""


class Batches:
    """Which batch a trial belongs to: a function of the events before it, so that a replay finds the same."""

    def __init__(self) -> None:
        self._open = Batch(0, 0, Moment(0, 0))

    def of(self, number: int, moment: Moment) -> Batch:
        """The batch of the next trial, `number`; to be asked for every trial, in order.

        A batch of which no trial was asked, because the search had ended, is opened anew.
        """
        if not self._open.first < number < self._open.first + self._open.size:
            self._open = Batch(number, max(1, moment.pending // SHARE), moment)
        return self._open
