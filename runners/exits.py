"""From an error to an exit code and lines for stderr: the one place that knows both.

0 answered; 2 bad input; 3 no feasible configuration; 4 search ended without a usable trial; 130 interrupted.
"""

from collections.abc import Iterator

from runners.backend import BackendGone
from spaces.errors import BadInput, Infeasible, NoUsableTrial

CODES: dict[type[BaseException], int] = {
    BadInput: 2,
    Infeasible: 3,
    NoUsableTrial: 4,
    KeyboardInterrupt: 130,
    BackendGone: 130,
}
_GO_ON = "everything so far is on disk; run the same command with --resume to go on"
EXPECTED = tuple(CODES)
"""Errors that end a command in words; any other is a defect and keeps its traceback."""


def exit_code(error: BaseException) -> int:
    """The exit code of an expected error."""
    return next(code for kind, code in CODES.items() if isinstance(error, kind))


def lines(error: BaseException, *, resumable: bool = True) -> Iterator[str]:
    """What to tell the user, one line a mistake.

    Args:
        error: an expected one.
        resumable: whether the command that was interrupted keeps a journal, and so can go on.

    >>> list(lines(BadInput.of("budget.flops", "a number above 0", -1)))
    ['error: budget.flops: expected a number above 0, got -1']
    >>> list(lines(KeyboardInterrupt(), resumable=False))
    ['interrupted']
    """
    if isinstance(error, BadInput):
        yield from (f"error: {_one_line(mistake)}" for mistake in error.mistakes)
    elif isinstance(error, KeyboardInterrupt):
        yield f"interrupted: {_GO_ON}" if resumable else "interrupted"
    elif isinstance(error, BackendGone):
        yield f"interrupted: {_one_line(error)}; {_GO_ON}"
    else:
        yield f"error: {_one_line(error)}"


def _one_line(what: object) -> str:
    return " ".join(str(what).split())
