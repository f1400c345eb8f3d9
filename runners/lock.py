"""One writer for a folder, on one machine and on a file system shared by many.

Two means together, because neither is enough. `flock` ends with its process, so it tells at once that an
owner on this machine is dead; but some shared file systems keep it to one machine or do not have it. The
lock file therefore also holds a record of its owner with a heartbeat: an owner on another machine counts as
dead when its heart has not beaten for `patience` seconds, measured on the clock of whoever waits, so that
clocks need not agree.
"""

import contextlib
import errno
import fcntl
import json
import logging
import os
import socket
import threading
import time
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from spaces.errors import BadInput

_RECORD_BYTES = 512
"""The owner record is padded to one size, so that it is overwritten in place by a single write."""
_NO_FLOCK = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Owner:
    """Who holds a lock."""

    key: str
    """Unique for each holding of the lock."""
    host: str
    boot: str
    """Tells machines (and their restarts) apart where host names repeat."""
    pid: int
    since: str
    beat: int = 0

    @classmethod
    def me(cls) -> "Owner":
        """This process, now."""
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        return cls(uuid.uuid4().hex, socket.gethostname(), _boot(), os.getpid(), since)

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


class FolderLock:
    """A lock held from `acquire` to `release`, or until the process ends.

    Args:
        path: the lock file; it exists while the lock is held.
        beat: seconds between heartbeats.
        patience: seconds without a heartbeat after which an owner elsewhere is dead. Must span several beats
            and the attribute cache of the file system.
        grace: seconds to wait for a living owner to go away, such as a worker whose driver has just died.
    """

    def __init__(self, path: Path, *, beat: float = 5.0, patience: float = 30.0, grace: float = 10.0) -> None:
        self._path = path
        self._beat, self._patience, self._grace = beat, patience, grace
        self._me = Owner.me()
        self._descriptor: int | None = None
        self._lost = False
        self._beaten = 0.0
        self._ending = threading.Event()
        self._heart: threading.Thread | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            BadInput: another process holds it and lives; the error names it.
        """
        began = changed = time.monotonic()
        seen: Owner | None = None
        told = False
        while obstacle := self._try(patient=time.monotonic() - changed >= self._patience):
            alive, owner = obstacle
            now = time.monotonic()
            if not told:
                told = True
                log.warning("%s is held by %s: waiting to see whether it lives", self._path, _named(owner))
            if owner != seen:
                alive = alive or seen is not None
                seen, changed = owner, now
            if alive and now - began >= self._grace:
                raise BadInput.of(
                    "job folder", "a folder that no other run is writing to", f"one held by {_named(owner)}"
                )
            time.sleep(self._beat / 20)
        self._heart = threading.Thread(target=self._keep_beating, name="lock heartbeat", daemon=True)
        self._heart.start()

    def check(self) -> None:
        """Raise `RuntimeError` if another process took the lock while this one was suspended.

        Asks the file only where this process was out of action long enough for that.
        """
        if time.time() - self._beaten > self._patience / 2:
            self._lost = self._lost or self._holder() != self._me.key
        if self._lost:
            raise RuntimeError(f"{self._path}: another process took over while this one was not running")

    def release(self) -> None:
        """Give the lock up; may be called again."""
        self._ending.set()
        if self._heart is not None:
            self._heart.join()
        if self._descriptor is not None:
            if not self._lost:
                self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def _try(self, patient: bool) -> tuple[bool, Owner | None] | None:
        """Take the lock, or say what stands in the way: whether it surely lives, and who it is."""
        descriptor, created = self._open()
        try:
            locked = _flock(descriptor, wait=created)
            owner = _read(descriptor)
            if locked is False or not self._still_there(descriptor):
                return True, owner
            dead = owner is not None and locked is True and owner.boot == self._me.boot
            if not (created or dead or patient):
                return False, owner
            self._write(descriptor)
            self._beaten = time.time()
            if owner is not None and not dead:
                os.fsync(descriptor)
                time.sleep(self._beat / 5)  # two heirs of one dead owner: the last to write wins
            if self._holder() != self._me.key:
                return True, owner
            if owner is not None:
                log.warning("%s: its owner, %s, is dead; taken over", self._path, owner)
            self._descriptor, descriptor = descriptor, -1
            return None
        finally:
            if descriptor >= 0:
                os.close(descriptor)

    def _open(self) -> tuple[int, bool]:
        """The lock file and whether this call created it, which is atomic on shared file systems too."""
        while True:
            with contextlib.suppress(FileExistsError):
                return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644), True
            with contextlib.suppress(FileNotFoundError):
                return os.open(self._path, os.O_RDWR), False

    def _still_there(self, descriptor: int) -> bool:
        """Whether the open file is still the one at the path: its owner unlinks it on release."""
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False

    def _write(self, descriptor: int) -> None:
        os.pwrite(descriptor, json.dumps(asdict(self._me)).encode().ljust(_RECORD_BYTES), 0)

    def _holder(self) -> str | None:
        """The key in the lock file; opened anew, because that is what makes a shared file system look."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            owner = _read(descriptor)
            return owner.key if owner else None
        finally:
            os.close(descriptor)

    def _keep_beating(self) -> None:
        """Beat until the lock is released or lost; an error is one missed beat, not the last."""
        told = False
        while not self._lost and not self._ending.wait(self._beat):
            try:
                self._beat_once()
                told = False
            except OSError as error:  # a stale handle, a full disk, a file server that restarts
                if not told:
                    log.warning("%s: a heartbeat failed (%s); it is tried again", self._path, error)
                told = True

    def _beat_once(self) -> None:
        if self._holder() != self._me.key:
            self._lost = True
            return
        descriptor = os.open(self._path, os.O_RDWR)  # opened anew: an old handle may be stale for good
        try:
            self._me = replace(self._me, beat=self._me.beat + 1)
            self._write(descriptor)
            os.fsync(descriptor)
            self._beaten = time.time()
        finally:
            os.close(descriptor)


def holder(path: Path, patience: float = 30.0) -> Owner | None:
    """Who holds the lock at `path` now, for one who only wants to know; `None` where nobody does.

    On this machine the flock tells; an owner elsewhere lives while its heart has beaten within `patience`
    seconds, by the clocks of this machine and of the file system. A lock caught before its owner's name was
    written counts as not held.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        owner = _read(descriptor)
        if owner is None:
            return None
        if owner.boot == _boot():
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return owner
            except OSError as error:
                if error.errno not in _NO_FLOCK:
                    raise
            else:
                return None
        return owner if time.time() - os.fstat(descriptor).st_mtime < patience else None
    finally:
        os.close(descriptor)


def _flock(descriptor: int, wait: bool) -> bool | None:
    """Whether this process has the flock now; `None` where the file system has none."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _NO_FLOCK:
            return None
        raise
    return True


def _read(descriptor: int) -> Owner | None:
    try:
        return Owner(**json.loads(os.pread(descriptor, _RECORD_BYTES, 0)))
    except (ValueError, TypeError):  # empty, or caught in the middle of a write
        return None


def _named(owner: Owner | None) -> str:
    return str(owner) if owner else "a process that has not given its name"


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return socket.gethostname()
