"""`scalesearch report`: the report of a job's folder, also while the job runs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from runners.cli.output import answer, answer_document
from runners.document import Document
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
    """Print the best-config report of a job, or of a queue of jobs, finished or running."""
    from runners.job_queue import is_queue
    from runners.page import to_html

    record, document = _of_queue(folder) if is_queue(folder) else _of_job(folder, format is Format.HTML)
    if format is Format.JSON:
        answer(to_json(record))
    elif format is Format.MD:
        answer_document(document)
    else:
        answer(to_html(document))


def _of_job(folder: Path, pictures: bool) -> tuple[dict[str, Any], Document]:
    from runners.api import load_folder
    from runners.report import report_of
    from runners.report_document import document

    batch = load_folder(folder)
    record = report_of(batch, folder)
    return record, document(record, batch, pictures=pictures)


def _of_queue(folder: Path) -> tuple[dict[str, Any], Document]:
    from runners.job_queue import queue_report
    from runners.queue_document import document

    record = queue_report(folder)
    return record, document(record)
