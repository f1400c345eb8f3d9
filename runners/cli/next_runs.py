"""`scalesearch next`: which runs to buy next, so that the best size of a budget is known best."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from runners.cli.output import answer, answer_document
from runners.documents.rendering import to_json

Text = str | None


class Goal(StrEnum):
    """What the runs are bought for; the values of `objectives.fit.next_runs_belief.Goal`."""

    SIZE = "size"
    LOSS = "loss"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("next")(next_)


def next_(
    fit: Annotated[Path, typer.Argument(help="A fit.json that `scalesearch fit -o` wrote.")],
    allowance: Annotated[float, typer.Option(help="Training FLOPs the runs may cost together.")],
    target: Annotated[float, typer.Option(help="Training FLOPs of the run all this is for.")],
    sizes: Annotated[
        Text, typer.Option(help="Sizes that may be bought, in the law's count: 1e8,3e8,1e9.")
    ] = None,
    tokens: Annotated[Text, typer.Option(help="Tokens that may be bought, likewise.")] = None,
    sparsities: Annotated[Text, typer.Option(help="Sparsities that may be bought, likewise.")] = None,
    most: Annotated[int, typer.Option("--max", help="Runs at most.")] = 10,
    copies: Annotated[int, typer.Option(help="Runs of one configuration at most.")] = 1,
    goal: Annotated[
        Goal, typer.Option("--for", help="What is to be known better: the best size, or its loss.")
    ] = Goal.SIZE,
    json: Annotated[bool, typer.Option("--json", help="Machine-readable, with every field.")] = False,
) -> None:
    """Runs within an allowance after which the best size for a budget is expected to be known best."""
    from objectives.fit.next_runs import next_runs
    from objectives.fit.next_runs_saved import load_evidence
    from runners.documents.next_runs_document import sections
    from spaces.errors import Mistakes

    found = Mistakes()
    evidence = None
    options: dict[str, Any] = {"most": most, "copies": copies, "goal": goal.value}
    for name, text in (("sizes", sizes), ("tokens", tokens), ("sparsities", sparsities)):
        with found.within(""):
            options[name] = _numbers(name, text)
    with found.within(""):
        evidence = load_evidence(fit)
    found.settle()
    assert evidence is not None  # or there was a mistake
    record = next_runs(evidence, target=target, allowance=allowance, **options).to_dict()
    answer(to_json(record)) if json else answer_document(sections(record))


def _numbers(name: str, text: str | None) -> tuple[float, ...]:
    """The numbers of an option such as '1e8,3e8'; none if it was left out."""
    from spaces.errors import BadInput

    try:
        return () if text is None else tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise BadInput.of(name, "numbers with commas between, such as 1e8,3e8", text or "''") from error
