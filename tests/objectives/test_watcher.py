"""Whatever ends a process, the group it has named ends too; and nothing else does."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from objectives.watcher import watcher

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_group_is_killed_with_the_process_that_named_it(number: signal.Signals) -> None:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as group:
        code = f"""
import os
from objectives.watcher import watcher
with watcher() as watch:
    watch({group.pid})
    os.killpg(0, {number})
"""
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, start_new_session=True)
        assert group.wait(20) == -signal.SIGKILL


def test_a_group_is_left_alone_after_the_context() -> None:
    with subprocess.Popen(["sleep", "0.5"], start_new_session=True) as group:
        with watcher() as watch:
            watch(group.pid)
        assert group.wait() == 0


def test_a_watcher_needs_no_group() -> None:
    with watcher():
        pass
