"""`scalesearch report`: the report of a job's folder, also while the job runs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from runners.cli.output import answer, answer_document
from runners.rendering import to_json


class Format(StrEnum):
    """How the report is written."""

    MD = "md"
    JSON = "json"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    folder: Annotated[Path, typer.Argument(help="The folder of a job.")],
    format: Annotated[Format, typer.Option(help="How to write it.")] = Format.MD,
) -> None:
    """Print the best-config report of a job, finished or running."""
    from runners.api import load_folder
    from runners.page import to_html
    from runners.report import report_of
    from runners.report_document import document

    batch = load_folder(folder)
    record = report_of(batch, folder)
    if format is Format.JSON:
        answer(to_json(record))
    elif format is Format.MD:
        answer_document(document(record, batch))
    else:
        answer(to_html(document(record, batch, pictures=True)))
