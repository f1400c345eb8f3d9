"""From an error to an exit code and lines on stderr: the one place that knows both.

0 answered; 2 bad input; 3 no feasible configuration; 4 search ended without a usable trial; 130 interrupted.
"""

import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import ParamSpec

import typer

from spaces.errors import BadInput, Infeasible, NoUsableTrial

P = ParamSpec("P")

CODES: dict[type[BaseException], int] = {
    BadInput: 2,
    Infeasible: 3,
    NoUsableTrial: 4,
    KeyboardInterrupt: 130,
}


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Wrap a command so that the errors above end it with one clear line each and no traceback."""

    @wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except tuple(CODES) as error:
            for line in lines(error):
                print(line, file=sys.stderr)  # noqa: T201 - errors are talk, and talk goes to stderr
            raise typer.Exit(exit_code(error)) from error

    return wrapper


def exit_code(error: BaseException) -> int:
    """The exit code of an error that `guarded` catches."""
    return next(code for kind, code in CODES.items() if isinstance(error, kind))


def lines(error: BaseException) -> Iterator[str]:
    """What to tell the user, one line a mistake."""
    if isinstance(error, BadInput):
        yield from (f"error: {mistake}" for mistake in error.mistakes)
    elif isinstance(error, KeyboardInterrupt):
        yield "interrupted: everything so far is on disk; run the same command with --resume to go on"
    else:
        yield f"error: {error}"
