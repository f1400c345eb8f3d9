"""The time a run has: it stops asking early enough to finish what is running, as a batch system wants it."""

import math
import re
import time
from collections import deque
from collections.abc import Callable

from spaces.errors import BadInput

_MARGIN = 1.02
"""The next piece of work is expected to take as long as the longest of the recent ones, and a little."""


class Walltime:
    """How much of a run's time is left, and whether another piece of work fits in.

    Args:
        seconds: the run's time from now on; `None` for no end.
        clock: seconds that never run backwards.
    """

    def __init__(self, seconds: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = math.inf if seconds is None else clock() + seconds
        self._recent: deque[float] = deque(maxlen=50)
        self.was_short = False
        """Whether something was not begun, or not finished, for lack of time."""

    def left(self) -> float:
        """Seconds that are left; 0 when the time is over."""
        return max(0.0, self._end - self._clock())

    def took(self, seconds: float) -> None:
        """Learn how long a piece of work took."""
        self._recent.append(seconds)

    def too_short(self) -> bool:
        """Whether the time that is left is too short for one more; asked only where there may be one."""
        if self._end == math.inf or self.left() > _MARGIN * max(self._recent, default=0.0):
            return False
        self.was_short = True
        return True


def parse_walltime(text: str) -> float:
    """Seconds, from a number of them or `[DAYS-]HH:MM:SS` as batch systems write it.

    >>> parse_walltime("90"), parse_walltime("12:00:00"), parse_walltime("1-00:00:30"), parse_walltime("5:30")
    (90.0, 43200.0, 86430.0, 330.0)

    Raises:
        BadInput: the text is neither, or no time above 0.
    """
    parts = re.fullmatch(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)", text.strip())
    if parts is None:
        raise BadInput.of("walltime", "seconds, or HH:MM:SS", repr(text))
    days, hours, minutes, seconds, plain = (float(part or 0) for part in parts.groups())
    total = plain + seconds + 60 * (minutes + 60 * (hours + 24 * days))
    if total <= 0:
        raise BadInput.of("walltime", "a time above 0", repr(text))
    return total
