"""The documents tell the truth: what they show being run is run, and prints what they show."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from runners.cli.main import main
from runners.jobs.job import load_batch

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language: str, documents: Sequence[Path] = DOCUMENTS) -> list[str]:
    """The fenced blocks of one language."""
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [block for path in documents for block in fence.findall(path.read_text())]


def sessions(document: Path) -> Iterator[tuple[str, list[str]]]:
    """Each command shown in a document's console blocks, with the lines shown below it, in order."""
    for block in blocks("console", [document]):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            yield command, [line for line in shown if line.strip() not in ("", "...")]


def test_the_documents_show_something() -> None:
    assert len(list(sessions(ROOT / "README.md"))) >= 6
    assert len(blocks("python")) >= 2
    assert len(blocks("yaml")) >= 1


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_commands_of_a_document_print_the_lines_it_shows(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "experiments").symlink_to(ROOT / "experiments")
    monkeypatch.chdir(tmp_path)
    for command, shown in sessions(document):
        program, *arguments = shlex.split(command)
        assert program == "scalesearch"
        main(arguments)
        captured = capsys.readouterr()
        assert missing(shown, (captured.out + captured.err).splitlines()) is None


def missing(shown: list[str], printed: list[str]) -> str | None:
    """The first line shown that no line printed after the one before begins with."""
    position = 0
    for line in shown:
        matching = [
            n for n, each in enumerate(printed[position:], position) if each.startswith(line.rstrip())
        ]
        if not matching:
            return f"{line}\n\nis not among\n\n" + "\n".join(printed[position:])
        position = matching[0] + 1
    return None


@pytest.mark.parametrize("block", blocks("python"))
def test_a_python_block_runs(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize("block", blocks("yaml"))
def test_a_job_shown_is_a_file_of_the_project(block: str) -> None:
    files = [path.read_text() for path in (ROOT / "experiments/jobs").glob("*.yaml")]
    assert any(block.strip() in text for text in files)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "experiments/jobs").glob("*.yaml")), ids=lambda path: path.name
)
def test_every_example_job_is_accepted(path: Path) -> None:
    assert load_batch(path).jobs


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_a_document_names_exists(document: Path) -> None:
    named = re.findall(
        r"`((?:experiments|docs|spaces|objectives|search|runners|tests)/[\w./-]+)`", document.read_text()
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_page_and_picture_a_document_points_to_exists(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", document.read_text())
    assert [each for each in targets if not (document.parent / each).exists()] == []
