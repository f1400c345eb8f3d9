"""`scalesearch temporal`: losses by position become the Temporal Scaling Law and a forecast."""

from pathlib import Path
from typing import Annotated

import typer

from runners.cli.output import answer, answer_document, talk
from runners.documents.rendering import to_json

Text = str | None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(temporal)


def temporal(
    positions: Annotated[Path, typer.Argument(help="A CSV file: tokens, position, loss; also run and lr.")],
    run: Annotated[Text, typer.Option(help="Which run, where the table has several.")] = None,
    tokens: Annotated[
        list[float] | None,
        typer.Option(help="Trained tokens to forecast; may be repeated. Twice those seen if left out."),
    ] = None,
    prefix: Annotated[
        float, typer.Option(help="Use this share of the table's tokens and forecast the rest.")
    ] = 1.0,
    final_lr: Annotated[
        float | None, typer.Option(help="Learning rate at those tokens; as it is now if left out.")
    ] = None,
    like: Annotated[
        Text, typer.Option(help="A finished run of the table whose response to the decay is taken.")
    ] = None,
    families: Annotated[
        Text, typer.Option(help="In place of the choice: 'a0=logarithmic,a1=hyperbolic,a2=power+decay'.")
    ] = None,
    first_position: Annotated[
        int,
        typer.Option(help="Index of the first position, 0 or 1. An assumption: the paper's is not known."),
    ] = 1,
    level: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    json: Annotated[bool, typer.Option("--json", help="Machine-readable, with every field.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write the report there as one page, with pictures.")
    ] = None,
) -> None:
    """The loss at every position during training: law, forecast, and what simpler forecasters say."""
    from runners.documents.temporal_document import document
    from runners.requests.fit_options import assignments
    from runners.requests.temporal_request import TemporalRequest
    from runners.whole_files import require_places, write_whole

    require_places({"--html": html}, positions)
    given = [] if families is None else families.split(",")
    request = TemporalRequest(
        positions,
        run=run,
        tokens=tokens or (),
        prefix=prefix,
        final_lr=final_lr,
        like=like,
        families=assignments(given, "families", "COEFFICIENT=FAMILY, such as a0=logarithmic"),
        first=first_position,
        level=level,
    )
    record = request.answer()
    if html is not None:
        from runners.documents.page import to_html

        write_whole(html, to_html(document(record, pictures=True)))
        talk(f"report with pictures: {html}")
    answer(to_json(record)) if json else answer_document(document(record))
