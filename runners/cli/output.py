"""Where the command line writes: the answer to stdout, everything else to stderr."""

import sys

from runners.documents.document import Document
from runners.documents.rendering import to_markdown


def answer(text: str) -> None:
    """Print the answer of a command."""
    sys.stdout.write(text)


def answer_document(document: Document) -> None:
    """Print a document: laid out for the window on a terminal, plain Markdown anywhere else."""
    text = to_markdown(document)
    if not sys.stdout.isatty():
        answer(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))


def talk(text: str) -> None:
    """Say something that is not the answer."""
    sys.stderr.write(text + "\n")
