"""Ctrl-C and SIGTERM as `KeyboardInterrupt`, never in the middle of a step that must not be cut in two."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def handlers_kept() -> Iterator[None]:
    """A block after which both signals are handled as before, whatever a library did meanwhile."""
    before = {each: signal.getsignal(each) for each in SIGNALS}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for each, handler in before.items():
                signal.signal(each, handler)


class Interrupts:
    """While this context is open, both signals raise `KeyboardInterrupt`; inside `held`, when that ends.

    Outside the main thread signals never arrive, and nothing is done.
    """

    def __init__(self) -> None:
        self._holding = False
        self._arrived = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {each: signal.signal(each, self._handle) for each in SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """A step that is finished before an interrupt is raised."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._arrived:
            self._arrived = False
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._holding:
            self._arrived = True
        else:
            raise KeyboardInterrupt
