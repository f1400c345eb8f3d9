"""`scalesearch forecast`: the final loss from a partial loss curve and its schedule."""

from pathlib import Path
from typing import Annotated

import typer

from runners.cli.output import answer, answer_document, talk
from runners.documents.rendering import to_json

Text = str | None
Number = float | None
Paths = list[Path] | None
Out = Path | None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(forecast)


def forecast(
    curve: Annotated[Path, typer.Argument(help="A CSV file, plain or gzip: step or tokens, loss, lr.")],
    columns: Annotated[
        Text, typer.Option(help="Fields and their columns: 'step=iteration,loss=val_loss,learning_rate=lr'.")
    ] = None,
    schedule: Annotated[
        Text, typer.Option(help="E.g. 'cosine:peak=3e-4,end=3e-5,steps=24000,warmup=2160'; wsd, linear, ...")
    ] = None,
    total_steps: Annotated[Number, typer.Option(help="End of training, where no schedule tells.")] = None,
    total_tokens: Annotated[Number, typer.Option(help="Likewise, in tokens.")] = None,
    like: Annotated[Paths, typer.Option(help="A finished curve of the same family; may be repeated.")] = None,
    law: Annotated[
        str,
        typer.Option(help="auto, annealing, multi-power, power, exponential, reciprocal or last-value."),
    ] = "auto",
    level: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    as_of: Annotated[
        Number, typer.Option(help="Time of the earlier forecast the alarm holds against.")
    ] = None,
    what_if: Annotated[Text, typer.Option(help="decay-now: the end if the decay started now.")] = None,
    decay_share: Annotated[
        float, typer.Option(help="Share of the planned training such a decay lasts.")
    ] = 0.1,
    decay_end: Annotated[float, typer.Option(help="Learning rate it ends at.")] = 0.0,
    decay_shape: Annotated[str, typer.Option(help="linear, cosine, exponential or sqrt.")] = "linear",
    json: Annotated[bool, typer.Option("--json", help="Print the record in place of the report.")] = False,
    html: Annotated[Out, typer.Option(help="Write the report there as one page, with a picture.")] = None,
) -> None:
    """The final loss from a partial curve, with an interval, an alarm, and baselines beside it."""
    from objectives.curves.curve_table import FIELDS
    from objectives.run_columns import parse_columns
    from runners.documents.forecast_document import document
    from runners.requests.forecast_request import ForecastRequest
    from runners.whole_files import require_places, write_whole

    require_places({"--html": html}, curve)
    record = ForecastRequest(
        curve,
        columns={} if columns is None else parse_columns(columns, FIELDS),
        schedule=schedule,
        total_steps=total_steps,
        total_tokens=total_tokens,
        like=like or (),
        law=law,
        level=level,
        as_of=as_of,
        what_if=what_if,
        decay_share=decay_share,
        decay_end=decay_end,
        decay_shape=decay_shape,
    ).run()
    if html is not None:
        from runners.documents.page import to_html

        write_whole(html, to_html(document(record, pictures=True)))
        talk(f"report with a picture: {html}")
    if record["watch"] and record["watch"]["alarm"]:
        talk(f"ALARM: {record['watch']['alarm']}")
    answer(to_json(record)) if json else answer_document(document(record))
