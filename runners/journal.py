"""The journal: everything a search must not forget, in one append-only file with one writer.

`append` returns when its records are on disk. Reading accepts one kind of damage, the one a crash leaves: a
last line without its end, which was never acknowledged. Anything else that does not fit its checksum stops
the reader and leaves the file as it is.
"""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from runners.lock import FolderLock
from runners.records import Header, Note, Record, decode, encode
from search.trial import Event
from spaces.errors import BadInput

FILE = "journal.jsonl"
LOCK = "journal.lock"
log = logging.getLogger(__name__)

_sync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


@dataclass(frozen=True)
class Contents:
    """What a journal holds."""

    header: Header | None
    """`None` where not even the header was written whole."""
    records: list[Record]
    whole: int
    """Bytes up to the end of the last whole record."""
    torn: int
    """Bytes after it: a record cut short by a crash, or being written just now."""

    @property
    def events(self) -> list[Event]:
        """The records a history is made of, in order."""
        return [record for record in self.records if isinstance(record, Event)]


def read(folder: Path) -> Contents:
    """The journal of a job folder, also while a job is writing it.

    Raises:
        BadInput: there is no journal, or it is damaged.
    """
    path = folder / FILE
    try:
        return _parse(path, path.read_bytes())
    except FileNotFoundError:
        raise BadInput.of("job folder", f"a folder with a {FILE}", str(folder)) from None


class Journal:
    """The writer of a job folder's journal.

    Attributes:
        folder: the job folder.
        header: as on disk.
        events: what was on disk when the journal was opened, to be replayed.
        records: the same with the records that are no events.
    """

    def __init__(self, folder: Path, lock: FolderLock, contents: Contents, header: Header) -> None:
        self.folder = folder
        self.header = header
        self.events = contents.events
        self.records = contents.records
        self._lock = lock
        self._named = False
        """Whether the disk has the file's name."""
        self._descriptor: int | None = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND)

    @classmethod
    def open(cls, folder: Path, header: Header) -> "Journal":
        """Begin the journal of a job, or go on with it.

        Raises:
            BadInput: the folder belongs to a different job, another process is writing to it, or its
                journal is damaged.
        """
        folder.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(folder / LOCK)
        lock.acquire()
        try:
            contents = _repaired(folder)
            if contents.header is None:
                header = replace(header, created=header.created or time.time())
                return cls(folder, lock, contents, _begin(folder, header))
            _check_same_job(folder, contents.header, header)
            journal = cls(folder, lock, contents, contents.header)
            journal._note_versions(header)
            return journal
        except BaseException:
            lock.release()
            raise

    def append(self, *records: Record) -> None:
        """Write records, in one go, and return when they are on disk.

        An error while writing closes the journal: only opening it again tells what the disk holds.

        Raises:
            ValueError: a number is NaN or infinite, or the journal is closed; nothing is written.
        """
        self.write(*records)
        self.sync()

    def begin(self, first: Sequence[Record]) -> None:
        """Have these records first of all; those that an earlier run wrote are not written again."""
        missing = [record for record in first if record not in self.records]
        if missing:
            self.append(*missing)
            self.records.extend(missing)
            self.events.extend(record for record in missing if isinstance(record, Event))

    def write(self, *records: Record) -> None:
        """As `append`, but the disk may lag behind until `sync`.

        The records survive the death of the process at once, that of the machine only after `sync`: for what
        costs next to nothing to compute again.
        """
        lines = b"".join([encode(record) for record in records])
        if self._descriptor is None:
            raise ValueError(f"{self.folder / FILE} is closed")
        self._lock.check()
        with self._closed_by_errors():
            _write(self._descriptor, lines)

    def sync(self) -> None:
        """Return when everything written is on disk."""
        if self._descriptor is not None:
            with self._closed_by_errors():
                _sync(self._descriptor)
                if not self._named:
                    _sync_folder(self.folder)
                    self._named = True

    @contextmanager
    def _closed_by_errors(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file and let go of the folder; may be called again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _note_versions(self, now: Header) -> None:
        """Leave a note where a job goes on with other library versions than those that began it."""
        if dict(now.versions) != dict(self.header.versions):
            listed = ", ".join(f"{name} {version}" for name, version in now.versions.items())
            self.append(Note(f"continued with {listed}"))


def _parse(path: Path, data: bytes) -> Contents:
    """Decode a journal; only its last line may be incomplete."""
    *lines, tail = data.split(b"\n")
    found = [_decoded(path, number, line) for number, line in enumerate(lines, 1)]
    whole = len(data) - len(tail)
    if tail and _is_record(tail):  # cut off exactly before the newline
        found.append(decode(tail))
        whole, tail = len(data), b""
    elif tail and _is_record(tail[:-1]):  # no crash leaves a whole record with a wrong end
        raise damage(path, len(found) + 1, "its end is not a newline")
    records = [record for record in found[1:] if not isinstance(record, Header)]
    if not found:
        return Contents(None, [], whole, len(tail))
    if not isinstance(found[0], Header) or len(records) != len(found) - 1:
        raise damage(path, 1, "a header belongs there, and only there")
    return Contents(found[0], records, whole, len(tail))


def _decoded(path: Path, number: int, line: bytes) -> Header | Record:
    try:
        return decode(line)
    except BadInput:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise damage(path, number, str(error)) from None


def _is_record(line: bytes) -> bool:
    try:
        decode(line)
    except (ValueError, KeyError, TypeError):
        return False
    return True


def damage(path: Path, number: int, why: str) -> BadInput:
    """What to raise for a line that is not as it was written."""
    return BadInput.of(
        str(path),
        "a journal as it was written (restore a copy, or cut the file before that line to go on from there)",
        f"damage at line {number}: {why}",
    )


def _repaired(folder: Path) -> Contents:
    """The contents of a journal that ends with a whole line; a torn last record is cut off, and said so."""
    path = folder / FILE
    if not path.exists():
        return Contents(None, [], 0, 0)
    data = path.read_bytes()
    contents = _parse(path, data)
    if contents.torn:
        log.warning("%s: the last record was cut short by a crash; dropped its %d bytes", path, contents.torn)
        with open(path, "r+b") as file:
            file.truncate(contents.whole)
            os.fsync(file.fileno())
    elif data and not data.endswith(b"\n"):
        with open(path, "ab") as file:
            file.write(b"\n")
            os.fsync(file.fileno())
    return contents


def _begin(folder: Path, header: Header) -> Header:
    """Write the header; the first `sync` takes it to the disk."""
    descriptor = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        _write(descriptor, encode(header))
    finally:
        os.close(descriptor)
    return header


def _sync_folder(folder: Path) -> None:
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _check_same_job(folder: Path, on_disk: Header, now: Header) -> None:
    if on_disk.job_hash != now.job_hash:
        raise BadInput.of(
            "job",
            f"the job that began {folder} ({on_disk.name!r}, hash {on_disk.job_hash}), or another folder",
            f"{now.name!r}, hash {now.job_hash}",
        )


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
