"""The pictures of the tour: there, small, shown by a page, and drawn by the command that says so."""

from pathlib import Path

import pytest

from experiments import pictures

PAGES = "\n".join(path.read_text() for path in sorted(pictures.FOLDER.parent.glob("*.md")))
MOST_BYTES = 60_000


def test_the_folder_holds_what_the_command_draws() -> None:
    assert sorted(path.stem for path in pictures.FOLDER.iterdir()) == sorted(pictures.PICTURES)


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_picture_is_small_and_shown(name: str) -> None:
    path = pictures.FOLDER / f"{name}.svg"
    assert path.read_text().startswith("<svg")
    assert path.stat().st_size <= MOST_BYTES
    assert f"](pictures/{name}.svg)" in PAGES


def test_a_picture_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pictures, "FOLDER", tmp_path)
    assert pictures.main(["performance-depth"]) == 0
    assert "hidden 4096" in (tmp_path / "performance-depth.svg").read_text()
    assert pictures.main(["depth"]) == 2
    assert "error: picture: expected one of" in capsys.readouterr().err
