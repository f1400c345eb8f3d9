"""`scalesearch search`: run the searches of a job file, or go on with them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from runners.cli.output import answer, answer_document, talk
from runners.documents.rendering import to_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(search)


def search(
    job: Annotated[Path, typer.Argument(help="A job file; experiments/jobs has examples.")],
    runner: Annotated[str, typer.Option(help="Where trials run: local, process or ray.")] = "local",
    workers: Annotated[int | None, typer.Option(min=1, help="Tasks at a time; all the runner has.")] = None,
    address: Annotated[
        str, typer.Option(help="Ray cluster: auto, host:port or ray://host:port; local starts one here.")
    ] = "local",
    walltime: Annotated[
        str | None, typer.Option(help="Seconds or HH:MM:SS; stops in time to finish what is running.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The job's folder; results/NAME if left out.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the searches in the folder.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print report.json in place of report.md.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
) -> None:
    """Run a batch of searches and print the best-config report; it is also in the job's folder."""
    from runners.api import run, usual_folder
    from runners.documents.report_document import document
    from runners.jobs.job import load_batch
    from runners.progress import Bar, Progress
    from runners.walltime import Walltime, parse_walltime

    batch = load_batch(job)
    folder = usual_folder(batch) if out is None else out
    watcher = Progress() if quiet else Bar({each.name: each.spec.evaluations for each in batch.jobs})
    seconds = batch.run.walltime if walltime is None else parse_walltime(walltime)
    time_left = Walltime(seconds)
    record = run(
        batch,
        folder,
        runner=runner,
        workers=workers,
        address=address,
        walltime=time_left,
        resume=resume,
        progress=watcher,
    )
    if time_left.was_short and _unfinished(record):
        talk(f"the wall time of {seconds:g} s is over; run the same command with --resume to go on")
    answer(to_json(record)) if json else answer_document(document(record, batch))
    talk(f"report, journals and pictures: {folder / 'report.html'}")


def _unfinished(record: dict[str, Any]) -> bool:
    """Whether a search of a report has evaluations left."""
    from search.report import outcomes

    return any(outcomes(each["search"]) < each["description"]["evaluations"] for each in record["searches"])
