"""Files that readers see whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

from spaces.errors import BadInput, Mistakes


def write_whole(path: Path, text: str) -> None:
    """Write a file next to its place, then move it there."""
    draft = _draft(path)
    draft.write_text(text)
    draft.replace(path)


def require_places(places: Mapping[str, Path | None], source: Path) -> None:
    """See, before long work, that its results will find a place; leaves nothing behind.

    Args:
        places: option -> the file it names.
        source: a file that must not be written over.

    Raises:
        BadInput: a path is a folder, the source or that of another option, or no file can be made there.
    """
    found, taken = Mistakes(), {source.resolve(): "the table that is read"}
    for field, path in places.items():
        with found.within(""):
            if path is not None:
                _require_writable(path, field)
                if path.resolve() in taken:
                    raise BadInput.of(field, "a file of its own", f"{path}, {taken[path.resolve()]}")
                taken[path.resolve()] = f"which {field} names"
    found.settle()


def _require_writable(path: Path, field: str) -> None:
    expected = "a file that can be written"
    if path.is_dir():
        raise BadInput.of(field, expected, f"the folder {path}")
    try:
        _draft(path).touch()
        _draft(path).unlink()
    except OSError as error:
        raise BadInput.of(field, expected, f"{path} ({error.strerror})") from error


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.draft")
