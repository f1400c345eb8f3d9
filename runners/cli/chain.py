"""`scalesearch chain`: checkpoints of small runs say what accuracy a large model will have on a task."""

from pathlib import Path
from typing import Annotated

import typer

from runners.cli.output import answer, answer_document
from runners.documents.rendering import to_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(chain)


def chain(
    checkpoints: Annotated[
        Path, typer.Argument(help="A CSV file: run, n, tokens, loss on the task, accuracy from 0 to 1.")
    ],
    n: Annotated[float, typer.Option("--n", help="Parameters of the model, counted as in the table.")],
    tokens: Annotated[float, typer.Option(help="Its training tokens.")],
    columns: Annotated[
        str | None, typer.Option(help="Columns of other names: 'n=N,loss=bpb_mmlu,accuracy=acc_mmlu'.")
    ] = None,
    unit: Annotated[str, typer.Option(help="Of the losses.")] = "bits/byte",
    average: Annotated[int, typer.Option(help="Checkpoints averaged; those at the end are a loss.")] = 5,
    level: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Of starts and resampling.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Machine-readable, with every field.")] = False,
) -> None:
    """Two steps: size and tokens to the loss on a task, and that loss to accuracy."""
    from objectives.capability.downstream_answer import Asked
    from objectives.capability.downstream_answer import answer as foretold
    from objectives.capability.downstream_table import read_checkpoints
    from runners.documents.chain_document import sections
    from runners.requests.fit_options import assignments

    given = [] if columns is None else columns.split(",")
    named = assignments(given, "columns", "FIELD=COLUMN, such as loss=bpb_mmlu")
    asked = Asked(n, tokens, level)
    table = read_checkpoints(checkpoints, named, unit=unit, window=average)
    record = foretold(table, asked, seed=seed)
    answer(to_json(record)) if json else answer_document(sections(record))
