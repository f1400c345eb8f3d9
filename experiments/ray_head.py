"""A Ray head of its own for an experiment or a test: started as a user would, gone without a trace."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PATIENCE = 60.0


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RayHead:
    """A head on this machine, with the processes that belong to it.

    Attributes:
        address: where drivers reach it.
    """

    def __init__(self, cpus: int, port: int, folder: Path, options: tuple[str, ...] = ()) -> None:
        self.address = f"127.0.0.1:{port}"
        command = [
            str(Path(sys.executable).parent / "ray"),
            *("start", "--head", "--block", f"--port={port}", f"--num-cpus={cpus}"),
            *("--include-dashboard=false", "--disable-usage-stats", f"--temp-dir={folder}", *options),
        ]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self._await(port)

    def _await(self, port: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the Ray head did not start")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL to all of its processes, as a machine that goes dark; may be called again."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextlib.contextmanager
def ray_head(cpus: int = 2, port: int | None = None, options: tuple[str, ...] = ()) -> Iterator[RayHead]:
    """A head while the block runs."""
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:  # a short path
        head = RayHead(cpus, port or free_port(), Path(folder), options)
        try:
            yield head
        finally:
            head.kill()
