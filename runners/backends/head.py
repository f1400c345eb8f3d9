"""The head of a Ray cluster seen from outside: does somebody listen there, and how to ask without noise."""

import contextlib
import math
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Self

_GLANCE = 1.0
"""Seconds between two knocks on a head that answered."""
_KNOCKS = 3
"""Knocks without an answer after which a head is gone: one alone may be a busy network. One that is refused
is enough: nobody listens."""


class Head:
    """The place a cluster is reached at.

    Ray itself says nothing when its head dies: calls to it block, and after a minute it ends the process. So
    the head is watched by whether its port can be connected to. A head that was gone stays so: another one at
    its place knows nothing of this connection, and Ray aborts the process that asks it.
    """

    def __init__(self, place: str, host: str, port: int | None) -> None:
        self._place, self._host, self._port = place, host, port
        self._knocked = -math.inf
        self._unanswered = 0

    @classmethod
    def at(cls, address: str) -> Self:
        """The head at `host:port` or `ray://host:port`; any other address is not watched."""
        host, _, port = address.removeprefix("ray://").rpartition(":")
        return cls(address, host, int(port)) if port.isdigit() and host else cls(address, "", None)

    def __str__(self) -> str:
        return self._place

    def knock(self) -> None:
        """Raise `OSError` where nobody listens; Ray itself would try for minutes."""
        if self._port is not None:
            socket.create_connection((self._host, self._port), timeout=5).close()

    def answers(self) -> bool:
        """Whether somebody listens, as of the last second."""
        if time.monotonic() - self._knocked >= _GLANCE and self._unanswered < _KNOCKS:
            try:
                self.knock()
                self._unanswered = 0
            except ConnectionRefusedError:
                self._unanswered = _KNOCKS
            except OSError:
                self._unanswered += 1
            self._knocked = time.monotonic()
        return not self._unanswered

    def is_gone(self) -> bool:
        """Whether several knocks in a row were not answered, or one was refused."""
        return not self.answers() and self._unanswered >= _KNOCKS


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """A block in which nothing reaches stderr, not even from libraries below Python.

    Ray's libraries report every failed attempt to connect there, before the one error that says it all.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with tempfile.TemporaryFile() as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
