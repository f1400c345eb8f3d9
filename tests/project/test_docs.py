"""The documents tell the truth: what they show being run is run, and prints what they show."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from runners.cli.main import main
from runners.job import load_batch

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language in all documents."""
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [block for path in DOCUMENTS for block in fence.findall(path.read_text())]


def sessions() -> Iterator[tuple[str, list[str]]]:
    """Each command shown in a console block, with the lines shown below it."""
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            yield command, [line for line in shown if line.strip() not in ("", "...")]


SESSIONS = list(sessions())


def test_the_documents_show_something() -> None:
    assert len(SESSIONS) >= 6
    assert len(blocks("python")) >= 2
    assert len(blocks("yaml")) >= 1


@pytest.mark.parametrize(("command", "shown"), SESSIONS, ids=[command for command, _ in SESSIONS])
def test_a_command_prints_the_lines_shown_in_their_order(
    command: str,
    shown: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    program, *arguments = shlex.split(command)
    assert program == "scalesearch"
    (tmp_path / "experiments").symlink_to(ROOT / "experiments")
    monkeypatch.chdir(tmp_path)
    main(arguments)
    captured = capsys.readouterr()
    printed = (captured.out + captured.err).splitlines()
    position = 0
    for line in shown:
        matching = [
            n for n, each in enumerate(printed[position:], position) if each.startswith(line.rstrip())
        ]
        assert matching, f"not printed (in this order): {line}\n\n" + "\n".join(printed)
        position = matching[0] + 1


@pytest.mark.parametrize("block", blocks("python"))
def test_a_python_block_runs(block: str) -> None:
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
