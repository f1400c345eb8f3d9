"""Programs that end with the process that started them, even where that is killed and can do nothing more.

The pipe to the watcher closes when its writer dies, however it dies. The watcher is a shell with a session of
its own and no parent, so whatever kills the writer's session or its children (as Ray does) leaves it to act.
"""

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from typing import IO

_WATCH = """
exec 3<&0
{
    while read -r line; do group=$line; done
    test -z "$group" || kill -s KILL -- "-$group"
} <&3 &
"""
"""The last line before the pipe closes names the group to kill, or is empty for none."""


@contextlib.contextmanager
def watcher() -> Iterator[Callable[[int], None]]:
    """A function that names a process group; should this process die in the context, the group is killed.

    Name the group as soon as it exists: a process that is killed in the moment between (milliseconds, on a
    busy machine) leaves it running. After the context the group is left alone, for once it has ended its
    number may belong to others. What starts another session leaves its group, and is not followed.

    Raises:
        OSError: there is no shell, or no room for another process.
    """
    with subprocess.Popen(
        ["/bin/sh", "-c", _WATCH],
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,
    ) as shell:
        pipe = shell.stdin
        assert pipe is not None

        def watch(group: int) -> None:
            _tell(pipe, f"{group}")
            shell.wait()  # the watcher itself is its child, and lives on

        try:
            yield watch
        finally:
            with contextlib.suppress(BrokenPipeError):  # somebody killed it: then it harms nobody
                _tell(pipe, "")


def _tell(pipe: IO[bytes], line: str) -> None:
    pipe.write(f"{line}\n".encode())
