"""A real limit on the memory of a trial: refused by the kernel within a process, watched for a program's.

Linux only, like the files in /proc it reads.
"""

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

_PAGE = resource.getpagesize()
_SESSION, _RESIDENT = 3, 21
"""Fields of /proc/PID/stat, counted from the one after the program's name."""


@contextlib.contextmanager
def memory_limit(more: int | None) -> Iterator[None]:
    """A block in which this process may take `more` bytes of memory than it holds; `None` means no limit.

    The kernel refuses what goes beyond, which is a `MemoryError` in Python and, as a rule, an abort in a C++
    library. Processes started in the block get the same limit, each for itself.

    Raises:
        OSError: this is not Linux.
    """
    if more is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = _private_bytes() + more
    hard = before[1]
    resource.setrlimit(
        resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
    )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def session_bytes(session: int) -> int:
    """Resident bytes of all processes of a session; pages they share count once for each."""
    return sum(_resident_bytes(entry, session) for entry in os.scandir("/proc") if entry.name.isdigit())


def _private_bytes() -> int:
    """What the kernel counts against the limit: private writable memory, the heap included."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no VmData")


def _resident_bytes(process: os.DirEntry[str], session: int) -> int:
    try:
        fields = Path(process.path, "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:  # it has ended
        return 0
    return int(fields[_RESIDENT]) * _PAGE if int(fields[_SESSION]) == session else 0
