"""Errors named by what the receiver should do.

Every package raises these; the command line and the service turn them into an exit code or a status in one
place (`runners.exits`). An error carries its facts as values and builds the sentence itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches


@dataclass(frozen=True)
class Mistake:
    """One wrong input: where it stands, what belongs there, what came.

    >>> print(Mistake("budget.flops", "a positive finite number of FLOPs", "-1"))
    budget.flops: expected a positive finite number of FLOPs, got -1
    """

    field: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}, got {self.got}"


class BadInput(ValueError):
    """The caller's input is wrong: correct the fields named and call again (exit code 2)."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))

    @classmethod
    def of(cls, field: str, expected: str, got: object) -> "BadInput":
        """A single mistake; `got` is shown with `repr` unless it already is text."""
        return cls([Mistake(field, expected, got if isinstance(got, str) else repr(got))])


def one_of(names: Iterable[str], got: object) -> str:
    """What belongs where only these names do, and which of them was probably meant.

    >>> one_of(["native", "sobol"], "sobl")
    'native | sobol (did you mean sobol?)'
    """
    known = list(names)
    near = get_close_matches(str(got), known, n=1)
    return " | ".join(known) + (f" (did you mean {near[0]}?)" if near else "")


class Infeasible(ValueError):
    """The input is well formed, but no configuration satisfies it: relax a constraint (exit code 3)."""


class NoUsableTrial(RuntimeError):
    """The search ended and no trial has a value: look at the reasons of the failures (exit code 4)."""


class Mistakes:
    """Collects the mistakes of several independent checks, so that a user hears of all of them at once.

    >>> found = Mistakes()
    >>> with found.within("budget"):
    ...     raise BadInput.of("flops", "a positive number", -1)
    >>> [mistake.field for mistake in found.all]
    ['budget.flops']
    """

    def __init__(self) -> None:
        self.all: list[Mistake] = []

    def within(self, field: str) -> "_Within":
        """A block whose `BadInput` is collected, its fields below `field`; it ends at its first error."""
        return _Within(self.all, field)

    def settle(self) -> None:
        """Raise `BadInput` with everything collected, each mistake once, if anything was."""
        if self.all:
            raise BadInput(dict.fromkeys(self.all))


@dataclass(frozen=True)
class _Within:
    """The block of `Mistakes.within`; a class, so that type checkers see that it swallows errors."""

    all: list[Mistake]
    field: str

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, BadInput):
            self.all.extend(
                replace(mistake, field=_below(self.field, mistake.field)) for mistake in error.mistakes
            )
        return isinstance(error, BadInput)


def _below(parent: str, field: str) -> str:
    """The dotted path, unless the field names its parent already."""
    return field if not parent or field.split(".")[0] == parent else f"{parent}.{field}"
