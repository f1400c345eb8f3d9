"""`scalesearch status` and `watch`: how a job stands, read from its journals while it runs or afterwards."""

import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runners.cli.output import answer, answer_document
from runners.documents.rendering import to_json, to_markdown

if TYPE_CHECKING:
    from runners.status import JobStatus

Folder = Annotated[Path, typer.Argument(help="The folder of a job; for status also of a queue.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(watch)


def status(
    folder: Folder,
    json: Annotated[bool, typer.Option("--json", help="Machine-readable, with the best trials.")] = False,
) -> None:
    """Say how a job, or each job of a queue, stands: states, best so far, rate, utilisation, time left."""
    from runners.documents.status_document import document
    from runners.jobs.job_queue import PLACE, is_queue
    from runners.status import Watcher

    queue = is_queue(folder)
    folders = sorted(place.parent for place in (folder / PLACE).glob("*/job.yaml")) if queue else [folder]
    found = [Watcher(place).look() for place in folders]
    if json:
        records = [status.to_dict() for status in found]
        answer(to_json({"jobs": records} if queue else records[0]))
    else:
        answer_document([section for status in found for section in document(status)])


def watch(
    folder: Folder,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 2.0,
) -> None:
    """Follow a job until it ends; Ctrl-C leaves it running."""
    from runners.documents.status_document import document, line

    try:
        if not sys.stdout.isatty():
            for found in _looks(folder, every):
                answer(f"{datetime.now():%H:%M:%S} {found.state}: {line(found)}\n")
                sys.stdout.flush()
            return
        from rich.live import Live
        from rich.markdown import Markdown

        with Live() as display:
            for found in _looks(folder, every):
                display.update(Markdown(to_markdown(document(found))))
    except KeyboardInterrupt:
        return


def _looks(folder: Path, every: float) -> Iterator["JobStatus"]:
    """How the job stands whenever that has changed, until it runs no more."""
    from runners.status import State, Watcher

    watcher, last = Watcher(folder), None
    while True:
        found = watcher.look()
        counted = found.state, found.ended, sum(search.running for search in found.searches)
        if counted != last:
            last = counted
            yield found
        if found.state is not State.RUNNING:
            return
        time.sleep(every)
