"""A search by ytopt's flags, from the command line to the two result files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runners import api
from runners.documents.document import Document
from runners.documents.report_document import document
from runners.jobs.job import parse_batch
from runners.progress import Bar, Progress
from runners.ytopt.flags import Flags
from runners.ytopt.problem_file import load
from runners.ytopt.results import Results


@dataclass(frozen=True)
class Finished:
    """What a search left."""

    record: dict[str, Any]
    document: Document
    remarks: list[str]
    """What to tell beside the answer."""


def run(flags: Flags, out: Path | None, *, address: str, resume: bool, quiet: bool) -> Finished:
    """Run a search, or go on with one.

    Args:
        flags: what ytopt's command line says.
        out: the job's folder; `results/NAME` if `None`.
        address: of a Ray cluster.
        resume: go on with what is in the folder.
        quiet: no progress bar.

    Raises:
        BadInput: every mistake in the flags and in the problem file.
        Infeasible, NoUsableTrial, KeyboardInterrupt, BackendGone: as `runners.api.run`.
    """
    here = Path.cwd()
    runner, slots = flags.runner, flags.slots
    batch = parse_batch(flags.job_text(here), "ytopt", here)
    folder = api.usual_folder(batch) if out is None else out
    shown = Progress() if quiet else Bar({job.name: job.spec.evaluations for job in batch.jobs})
    points = load(flags.problem, here).points
    results = Results(points, folder, here, shown)
    record = api.run(
        batch, folder, runner=runner, workers=slots, address=address, resume=resume, progress=results
    )
    return Finished(record, document(record, batch), _remarks(flags, results, folder))


def _remarks(flags: Flags, results: Results, folder: Path) -> list[str]:
    unused = flags.unused
    remarks = [f"{', '.join(unused)}: not used by the engine {flags.chosen_engine}"] if unused else []
    if results.in_the_way:
        there = " and ".join(results.in_the_way)
        remarks.append(f"{there} of another search stay as they are; this one's are in {folder}")
    return [*remarks, f"report, journal, results.csv and results.json: {folder / 'report.html'}"]
