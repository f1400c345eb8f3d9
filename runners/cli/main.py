"""The command line `scalesearch`: thin commands over `runners.api`, answers on stdout, talk on stderr."""

import importlib.metadata
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from runners.cli import (
    ask,
    catalogue,
    chain,
    cluster,
    fit,
    forecast,
    next_runs,
    performance,
    plan,
    report,
    search,
    sloth,
    status,
    submit,
    temporal,
    translate,
    ytopt,
)
from runners.cli.output import answer, talk
from runners.exits import EXPECTED, exit_code, lines

app = typer.Typer(
    name="scalesearch",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        answer(f"{importlib.metadata.version('scalesearch')}\n")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Give it a budget and the scaling laws you trust; it returns the language model to train."""


COMMANDS = (
    *(plan, performance, chain, sloth, translate, fit, next_runs, forecast, temporal),
    *(search, ask, ytopt, submit, status, report, cluster, catalogue),
)
RESUMABLE = "search", "submit"
"""Commands that keep a journal."""

for commands in COMMANDS:
    commands.register(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code (`runners.exits`); without arguments those of the process."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    resumable = bool(given) and given[0] in RESUMABLE
    try:
        result = app(args=given or ["--help"], standalone_mode=False)
        sys.stdout.flush()
    except EXPECTED as error:
        return _refused(lines(error, resumable=resumable), exit_code(error))
    except BrokenPipeError:  # the reader of our output left, as `head` does
        sys.stderr.close()
        return 0
    except Exception as error:
        if type(error).__name__ != "Abort":
            return _usage_error(error)
        result = exit_code(KeyboardInterrupt())
    if result == exit_code(KeyboardInterrupt()):  # what the library makes of Ctrl-C, as of Abort above
        return _refused(lines(KeyboardInterrupt(), resumable=resumable), result)
    return result if isinstance(result, int) else 0


def _usage_error(error: Exception) -> int:
    """A wrong option, in one line like any other mistake; anything else is a defect and goes on up."""
    message = getattr(error, "format_message", None)
    if message is None:
        raise error
    return _refused([f"error: {' '.join(str(message()).split())}"], 2)


def _refused(reasons: Iterable[str], code: int) -> int:
    for line in reasons:
        talk(line)
    return code
