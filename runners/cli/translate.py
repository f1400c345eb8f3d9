"""`scalesearch translate`: a loss on one data set becomes the loss on another."""

from pathlib import Path
from typing import Annotated

import typer

from runners.cli.output import answer, answer_document
from runners.documents.rendering import to_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(translate)


def translate(
    pairs: Annotated[
        Path | None,
        typer.Argument(help="A CSV file of your models: from, to (losses). Published ones without it."),
    ] = None,
    loss: Annotated[
        list[float] | None, typer.Option(help="On the first set, nats per token; may be repeated.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="A published set, such as starcoder or mmlu-stem; all if left out.")
    ] = None,
    n: Annotated[float | None, typer.Option("--n", help="A model's size, in place of a loss.")] = None,
    tokens: Annotated[float | None, typer.Option(help="Its tokens of FineWeb-Edu.")] = None,
    columns: Annotated[
        str | None, typer.Option(help="Columns of other names: 'from=ce_c4,to=ce_pile'.")
    ] = None,
    hold: Annotated[
        list[str] | None, typer.Option(help="A coefficient known from elsewhere: E0=1.97; may be repeated.")
    ] = None,
    level: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Of the resampling.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Machine-readable, with every field.")] = False,
) -> None:
    """From the loss on one data set to that on another, by published translations or your own pairs."""
    from runners.documents.translation_document import sections
    from runners.requests.translation_request import TranslationRequest

    request = TranslationRequest(
        pairs=pairs,
        losses=loss or (),
        to=to,
        n=n,
        tokens=tokens,
        columns=columns,
        hold=hold or (),
        level=level,
        seed=seed,
    )
    record = request.answer()
    answer(to_json(record)) if json else answer_document(sections(record))
