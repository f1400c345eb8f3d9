"""One writer: refused beside a living owner, let in after a death here or a long silence elsewhere."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from runners.lock import FolderLock, Owner
from spaces.errors import BadInput


def quick(path: Path) -> FolderLock:
    return FolderLock(path, beat=0.05, patience=0.5, grace=0.2)


def owned_elsewhere(path: Path, beat: int = 0) -> None:
    owner = replace(Owner.me(), key="elsewhere", boot="another machine", host="node7", pid=17, beat=beat)
    path.write_text(json.dumps(asdict(owner)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.lock"


def test_a_released_lock_leaves_nothing_behind(path: Path) -> None:
    for _ in range(2):
        lock = quick(path)
        lock.acquire()
        assert path.exists()
        lock.check()
        lock.release()
        lock.release()
        assert not path.exists()


def test_a_second_owner_is_refused_by_name(path: Path) -> None:
    first = quick(path)
    first.acquire()
    with pytest.raises(BadInput, match=f"process {os.getpid()} on "):
        quick(path).acquire()
    first.check()
    first.release()


def test_a_second_owner_gets_in_when_the_first_leaves_within_the_grace(path: Path) -> None:
    first = quick(path)
    first.acquire()
    leaving = threading.Timer(0.1, first.release)
    leaving.start()
    second = FolderLock(path, beat=0.05, patience=5, grace=5)
    second.acquire()
    leaving.join()
    second.check()
    second.release()


def test_an_owner_killed_on_this_machine_is_replaced_at_once(path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from runners.lock import FolderLock\n"
        "FolderLock(Path(sys.argv[1])).acquire(); print('held', flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    owner.stdout.readline()
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    lock = FolderLock(path, patience=1000.0, grace=0.0)
    lock.acquire()
    lock.release()


def test_a_silent_owner_elsewhere_is_replaced_when_patience_ends(path: Path) -> None:
    owned_elsewhere(path)
    lock = quick(path)
    lock.acquire()
    assert json.loads(path.read_text())["pid"] == os.getpid()
    lock.release()


def test_a_beating_owner_elsewhere_is_never_replaced(path: Path) -> None:
    stop = threading.Event()

    def beat() -> None:
        beats = 0
        while not stop.wait(0.02):
            beats += 1
            replacement = path.with_suffix(".new")
            owned_elsewhere(replacement, beats)
            os.replace(replacement, path)

    owned_elsewhere(path)
    heart = threading.Thread(target=beat)
    heart.start()
    with pytest.raises(BadInput, match="process 17 on node7"):
        quick(path).acquire()
    stop.set()
    heart.join()


def test_without_flock_the_heartbeat_alone_decides(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    first = quick(path)
    first.acquire()
    with pytest.raises(BadInput, match=f"process {os.getpid()} on "):
        quick(path).acquire()
    first.release()
    second = quick(path)
    second.acquire()
    second.release()


def test_an_owner_that_was_replaced_while_suspended_learns_of_it(path: Path) -> None:
    lock = FolderLock(path, beat=1000.0, patience=0.0)
    lock.acquire()
    owned_elsewhere(path)
    time.sleep(0.01)
    with pytest.raises(RuntimeError, match="took over"):
        lock.check()
    lock.release()
    assert path.exists(), "the lock of the new owner stays"


def test_of_many_that_start_at_once_exactly_one_gets_in(path: Path) -> None:
    owners: list[FolderLock] = []
    refused: list[str] = []

    def start() -> None:
        lock = FolderLock(path, beat=0.05, patience=5.0, grace=0.3)
        try:
            lock.acquire()
            owners.append(lock)
        except BadInput as error:
            refused.append(str(error))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(owners), len(refused)) == (1, 7)
    owners[0].release()


def test_a_heart_that_misses_a_beat_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lock = quick(path)
    lock.acquire()
    real, failing = os.pwrite, True

    def stale(descriptor: int, data: bytes, offset: int) -> int:
        if failing:
            raise OSError(errno.ESTALE, "Stale file handle")
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", stale)
    time.sleep(0.3)
    failing = False
    before = json.loads(path.read_text())["beat"]
    deadline = time.monotonic() + 20
    while json.loads(path.read_text() or "{}").get("beat", 0) <= before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert json.loads(path.read_text())["beat"] > before
    assert [record.levelname for record in caplog.records].count("WARNING") == 1
    lock.check()
    lock.release()
