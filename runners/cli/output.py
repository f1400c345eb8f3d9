"""Where the command line writes: the answer to stdout, everything else to stderr."""

import sys


def answer(text: str) -> None:
    """Print the answer of a command."""
    sys.stdout.write(text)


def talk(text: str) -> None:
    """Say something that is not the answer."""
    sys.stderr.write(text + "\n")
