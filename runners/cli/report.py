"""`scalesearch report`: the report of a job's folder, also while the job runs, or of a fit.json."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from runners.cli.output import answer, answer_document
from runners.documents.document import Document
from runners.documents.rendering import to_json


class Format(StrEnum):
    """How the report is written."""

    MD = "md"
    JSON = "json"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    place: Annotated[Path, typer.Argument(help="The folder of a job, or a fit.json.")],
    format: Annotated[Format, typer.Option(help="How to write it.")] = Format.MD,
) -> None:
    """Print the report of a job or a queue of jobs, finished or running, or of a fit."""
    record, document = _reader_of(place)(place)
    if format is Format.JSON:
        answer(to_json(record))
    elif format is Format.MD:
        answer_document(document(False))
    else:
        from runners.documents.page import to_html

        answer(to_html(document(True)))


def _reader_of(place: Path) -> Callable[[Path], tuple[Any, Callable[[bool], Document]]]:
    """What reads the place: a file is a fit, a folder a job or a queue."""
    from runners.jobs.job_queue import is_queue

    if place.is_file() or place.suffix == ".json":
        return _of_fit
    return _of_queue if is_queue(place) else _of_job


def _of_fit(path: Path) -> tuple[Any, Callable[[bool], Document]]:
    """The record of a fit, and what makes its document, with or without pictures."""
    from runners.documents.fit_document import document
    from runners.documents.fit_file import read_fit, read_score_fit

    scored = read_score_fit(path)
    if scored is not None:
        from runners.documents.score_document import document as score_document

        return scored, lambda pictures: score_document(scored, pictures=pictures)
    record = read_fit(path)
    return record, lambda pictures: document(record, pictures=pictures)


def _of_job(folder: Path) -> tuple[Any, Callable[[bool], Document]]:
    from runners.api import load_folder
    from runners.documents.report_document import document
    from runners.report import report_of

    batch = load_folder(folder)
    record = report_of(batch, folder)
    return record, lambda pictures: document(record, batch, pictures=pictures)


def _of_queue(folder: Path) -> tuple[Any, Callable[[bool], Document]]:
    from runners.documents.queue_document import document
    from runners.jobs.job_queue import queue_report

    record = queue_report(folder)
    return record, lambda pictures: document(record)
