"""`scalesearch submit`: run a folder of job files, a few at a time."""

import time
from pathlib import Path
from typing import Annotated

import typer

from runners.cli.output import answer, answer_document, talk
from runners.documents.rendering import to_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(submit)


def submit(
    folder: Annotated[Path, typer.Argument(help="A folder of job files.")],
    at_once: Annotated[int, typer.Option(min=1, help="Jobs that run at the same time.")] = 2,
    runner: Annotated[str, typer.Option(help="Where the trials run: local, process or ray.")] = "local",
    workers: Annotated[int | None, typer.Option(min=1, help="Tasks at a time of each job.")] = None,
    address: Annotated[str, typer.Option(help="Ray cluster that all share; local: one for each.")] = "local",
    out: Annotated[Path | None, typer.Option(help="The queue's folder; results/NAME if left out.")] = None,
    walltime: Annotated[
        str | None, typer.Option(help="Seconds or HH:MM:SS in all; what is cut off can be resumed.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the jobs in the folder.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print report.json in place of report.md.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
) -> None:
    """Run the jobs of a folder, greatest `priority` first, and print one report over all of them."""
    from runners.backends.process_pool import ProcessPoolBackend, processors
    from runners.documents.queue_document import document
    from runners.jobs.job_queue import How, jobs_in, run_queue
    from runners.progress import Bar, Progress
    from runners.sweep import SweepResult
    from runners.walltime import parse_walltime

    until = None if walltime is None else time.time() + parse_walltime(walltime)
    place = Path("results", folder.resolve().name) if out is None else out
    watcher = Progress() if quiet else Bar({})
    slots = min(at_once, len(jobs_in(folder)))
    if workers is None and runner == "process":
        workers = max(1, processors() // slots)  # of each job: its share
    how = How(runner, workers, address, until)

    def tell(total: int, result: SweepResult) -> None:
        watcher.of_sweep(total, len(result.summaries), len(result.failures))

    with watcher, ProcessPoolBackend(slots) as backend:
        record = run_queue(folder, place, backend, how, resume=resume, progress=tell)
    answer(to_json(record)) if json else answer_document(document(record))
    talk(f"report, and the jobs' own: {place / 'report.html'}")
