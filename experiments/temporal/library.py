"""Real text that every Python brings along: the source of its standard library and tests, as bytes.

Whole files are held out, by a checksum of their names, so that validation is on files no model has seen. A
second validation text is English: the language reference that `help` prints, of which nothing is trained on.
Which bytes these are depends on the version of Python, which `runs-library.json` states.

A window starts anywhere in a file, so that no position is the first of a line more often than another.
"""

import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.int64]

VOCABULARY = 256
HELD_OUT = 16
"""One file in so many is kept for validation."""
TABLES = ("encodings", "pydoc_data", "site-packages", "lib2to3", "idlelib/idle_test")
"""Folders left out: code tables, the second text, other people's packages, text that is there twice."""
MANUAL = "pydoc_data/topics.py"


def trained(count: int, length: int, seed: int) -> Tokens:
    """Windows of the files models learn from, shape (count, length); the same for the same seed."""
    return _windows(source(held_out=False), count, length, seed)


def unseen(count: int, length: int, seed: int) -> Tokens:
    """Windows of the files held out."""
    return _windows(source(held_out=True), count, length, seed)


def manual(count: int, length: int, seed: int) -> Tokens:
    """Windows of the language reference."""
    return _windows(_manual(), count, length, seed)


def _windows(text: npt.NDArray[np.uint8], count: int, length: int, seed: int) -> Tokens:
    starts = np.random.default_rng(seed).integers(0, len(text) - length + 1, count)
    rows: Tokens = text[starts[:, None] + np.arange(length)].astype(np.int64)
    return rows


@cache
def source(held_out: bool) -> npt.NDArray[np.uint8]:
    """The files for learning or validation: one after the other, in the order of their names' checksums."""
    return np.frombuffer(b"".join(path.read_bytes() for path in files(held_out)), dtype=np.uint8)


@cache
def _manual() -> npt.NDArray[np.uint8]:
    """The texts of the topics, in the order of their names."""
    scope: dict[str, dict[str, str]] = {}
    exec((_root() / MANUAL).read_text(), scope)
    return np.frombuffer(
        "\n".join(text for _, text in sorted(scope["topics"].items())).encode(), dtype=np.uint8
    )


def files(held_out: bool) -> list[Path]:
    """The files for learning or validation, in the order of their names' checksums."""
    return [path for key, path in sorted(_files()) if (key % HELD_OUT == 0) == held_out]


def _files() -> Iterator[tuple[int, Path]]:
    folders = [each for each in _root().iterdir() if each.is_dir() and each.name not in TABLES]
    for path in (*_root().glob("*.py"), *(path for each in folders for path in each.rglob("*.py"))):
        name = path.relative_to(_root()).as_posix()
        if not name.startswith(TABLES):
            yield crc32(name.encode()), path


def _root() -> Path:
    return Path(sysconfig.get_paths()["stdlib"])
