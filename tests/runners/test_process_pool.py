"""What only the process pool has: processes that must not outlive their driver, a driver that must end."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runners.backend import Task
from runners.backends.process_pool import ProcessPoolBackend

Program = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Runs a script of these lines, with a worker's function `hang` that starts a child process."""
    root = str(Path(__file__).resolve().parents[2])
    head = """
        import os, re, subprocess, sys, time
        from functools import partial
        from pathlib import Path
        from objectives.command import CommandObjective
        from runners.backend import Task
        from runners.backends.process_pool import ProcessPoolBackend

        def hang(pids):
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            Path(pids).write_text(f"{os.getpid()} {child.pid}")
            re.match("(a+)+$", "a" * 60 + "b")  # busy for ever, and deaf: inside one call of C code
    """

    def run(*lines: str) -> "subprocess.Popen[str]":
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(head) + "\n".join(lines))
        return subprocess.Popen(
            [sys.executable, str(path), str(tmp_path / "pids")],
            env={**os.environ, "PYTHONPATH": root},
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def ends(pid: int) -> bool:
    """Whether a process is gone, or a zombie, within some seconds."""
    stat = Path(f"/proc/{pid}/stat")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if stat.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


HANG = "hang, (sys.argv[1],)"
"""A task: a worker's function with a child process."""
PROGRAM = "partial(CommandObjective('sh program.sh', Path(sys.argv[1]).parent).evaluate, {}, seed=0), ()"
"""A task: a program with a child process."""


@pytest.mark.parametrize("task", [HANG, PROGRAM])
def test_a_killed_driver_takes_busy_workers_and_their_children_along(
    task: str, program: Program, tmp_path: Path
) -> None:
    (tmp_path / "program.sh").write_text("sleep 600 &\nsleep 0.5\necho $PPID $$ $! > pids\nwait\n")
    driver = program(
        "if __name__ == '__main__':",
        "    pool = ProcessPoolBackend(1)",
        "    while not pool.free(): pool.wait(10)",
        f"    pool.submit(Task(0, {task}))",
        "    pool.wait()",
    )
    pids = tmp_path / "pids"
    while not pids.exists() or len(pids.read_text().split()) < 2:
        assert driver.poll() is None
        time.sleep(0.02)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    assert all(ends(int(pid)) for pid in pids.read_text().split())


def test_a_driver_that_forgets_to_close_still_ends(program: Program) -> None:
    driver = program("if __name__ == '__main__':", "    pool = ProcessPoolBackend(2)")
    driver.communicate(timeout=60)
    assert driver.returncode == 0


def test_workers_that_cannot_start_are_an_error_not_a_loop(program: Program) -> None:
    driver = program("pool = ProcessPoolBackend(1)", "pool.wait()")  # unguarded: every worker runs it too
    _, stderr = driver.communicate(timeout=60)
    assert driver.returncode == 1
    assert "BackendGone: workers die while they start: its process exited with code 1" in stderr


def test_linear_algebra_in_workers_shares_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert threads() == "1"
    assert "OMP_NUM_THREADS" not in os.environ
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert threads() == "3"


def threads() -> str:
    with ProcessPoolBackend(len(os.sched_getaffinity(0))) as pool:
        while not pool.free():
            pool.wait(10)
        pool.submit(Task(0, os.getenv, ("OMP_NUM_THREADS",)))
        while not (outcomes := pool.wait(10)):
            pass
        return str(outcomes[0].result)
