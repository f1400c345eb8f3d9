"""A folder of job files, run a few at a time: a sweep whose searches are jobs.

Each job runs in a process of its own, with its own runner and folder, so that whatever happens to one is
nothing to the next. The queue's journal records which jobs have returned; a job that failed, was cut off or
ran out of time is gone on with when the folder is submitted again.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from objectives.objective import TrialFailed
from runners.api import RUNNERS, load_folder, run
from runners.backend import Backend
from runners.documents.page import to_html
from runners.documents.queue_document import document
from runners.documents.rendering import plain, to_json, to_markdown
from runners.jobs.job import load_batch
from runners.jobs.job_file import read_job_file
from runners.journal import FILE, Journal, read
from runners.records import SearchEnd
from runners.report import report_of
from runners.single import header
from runners.sweep import SweepResult, Unit, run_sweep
from runners.walltime import Walltime
from runners.whole_files import write_whole
from spaces.errors import BadInput, Infeasible, NoUsableTrial, one_of

PLACE = "jobs"
"""Where in the queue's folder the jobs' folders are."""
DESCRIPTION = "queue.json"
FORMAT = 1
"""Version of the report's fields."""


@dataclass(frozen=True)
class QueuedJob:
    """A job file of the folder."""

    name: str
    """The file's name without its ending; names the job's folder."""
    path: Path
    priority: int = 0
    version: str | None = None
    """Changes with the file; a job that has returned is called again then."""
    mistake: str | None = None
    """Why it cannot be run at all."""


@dataclass(frozen=True)
class How:
    """What each job gets: options of `runners.api.run`."""

    runner: str = "local"
    workers: int | None = None
    address: str = "local"
    until: float | None = None
    """When the queue's wall time is over, in seconds since the epoch."""


def jobs_in(folder: Path) -> list[QueuedJob]:
    """The job files of a folder in the order they are begun: by priority, then by name.

    Raises:
        BadInput: there is none, or two have the same name.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix in (".yaml", ".yml"))
    if not paths:
        raise BadInput.of("folder", "a folder with job files (*.yaml)", str(folder))
    twice = sorted({path.stem for path in paths if [each.stem for each in paths].count(path.stem) > 1})
    if twice:
        raise BadInput.of("folder", "job files whose names differ", ", ".join(twice))
    return sorted(map(_queued, paths), key=lambda job: (-job.priority, job.name))


def _queued(path: Path) -> QueuedJob:
    try:
        text = path.read_text()
        priority = read_job_file(text, path.stem).run.priority
    except (OSError, UnicodeDecodeError, BadInput) as error:
        return QueuedJob(path.stem, path, mistake=" ".join(str(error).split()))
    return QueuedJob(path.stem, path, priority, hashlib.sha256(text.encode()).hexdigest()[:16])


def run_queue(
    folder: Path,
    out: Path,
    backend: Backend,
    how: How,
    *,
    resume: bool = False,
    progress: Callable[[int, SweepResult], None] = lambda total, result: None,
) -> dict[str, Any]:
    """Run the jobs of a folder and write one report over all of them.

    Args:
        folder: of job files.
        out: the queue's folder, made if it is not there.
        backend: one slot for each job that may run at a time.
        how: what each job gets.
        resume: go on with the jobs in `out`, if there are any.
        progress: told the number of jobs that can be run and the result after every change.

    Raises:
        BadInput: no job files, an unknown runner, or `out` holds another queue (or any, without `resume`).
        NoUsableTrial: no trial of any job has a value.
        KeyboardInterrupt: on Ctrl-C or SIGTERM; what was finished is on disk, and in the report.
    """
    if how.runner not in RUNNERS:
        raise BadInput.of("runner", one_of(RUNNERS, how.runner), how.runner)
    jobs = jobs_in(folder)
    _claim(folder, out, resume)
    units = [
        Unit(job.name, partial(run_one, job.path, how), job.version) for job in jobs if job.mistake is None
    ]
    try:
        with Journal.open(out, header(folder.resolve().name, "queue", 0)) as journal:
            run_sweep(
                units, backend=backend, journal=journal, place=PLACE, progress=partial(progress, len(units))
            )
    finally:
        record = write_report(out)
    searches = [search for job in record["jobs"] for search in job["searches"]]
    if not any(search["best"] or search.get("front") for search in searches):
        reasons = sorted({job["reason"] for job in record["jobs"] if job["reason"]})
        raise NoUsableTrial(f"no trial of any job has a value: {'; '.join(reasons) or 'none was run'}")
    return record


def run_one(path: Path, how: How, name: str, folder: Path) -> dict[str, Any]:
    """What a process of the queue runs: one job, to its end or on from where it was."""
    del name  # the file has it
    batch = load_batch(path)
    times = [batch.run.walltime, None if how.until is None else how.until - time.time()]
    walltime = Walltime(min((seconds for seconds in times if seconds is not None), default=None))
    if not walltime.left():
        raise TrialFailed("the wall time was over before it began")
    record = run(
        batch,
        folder,
        runner=how.runner,
        workers=how.workers,
        address=how.address,
        walltime=walltime,
        resume=True,
    )
    went = [search["search"] for search in record["searches"]]
    done, failed = sum(each["done"] for each in went), sum(each["failed"] for each in went)
    if walltime.was_short:
        raise TrialFailed(f"the wall time was over after {done + failed} evaluations")
    return {"searches": len(went), "done": done, "failed": failed}


def _claim(folder: Path, out: Path, resume: bool) -> None:
    """Make the queue's folder; one that holds another queue is left as it is."""
    description = to_json({"name": folder.resolve().name, "folder": str(folder.resolve())})
    if (out / DESCRIPTION).exists() and not resume:
        raise BadInput.of("--out", "a new folder, or --resume to go on with this one", str(out))
    if (out / DESCRIPTION).exists() and (out / DESCRIPTION).read_text() != description:
        raise BadInput.of("--out", f"the queue of {folder}", f"{out}, which holds another")
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_whole(out / DESCRIPTION, description)
    except OSError as error:
        raise BadInput.of("--out", "a folder that can be written", str(error)) from error


def is_queue(out: Path) -> bool:
    """Whether a folder is that of a queue."""
    return (out / DESCRIPTION).exists()


def write_report(out: Path) -> dict[str, Any]:
    """Make the report of a queue and write it as report.json, report.md and report.html."""
    record = queue_report(out)
    write_whole(out / "report.json", to_json(record))
    write_whole(out / "report.md", to_markdown(document(record)))
    write_whole(out / "report.html", to_html(document(record)))
    return record


def queue_report(out: Path) -> dict[str, Any]:
    """The report of a queue as it stands, also while it runs: plain JSON values.

    Raises:
        BadInput: the queue's journal is damaged, or its job files are gone.
    """
    described = json.loads((out / DESCRIPTION).read_text())
    jobs = jobs_in(Path(described["folder"]))
    records = read(out).records if (out / FILE).exists() else []
    ends = {record.name: record for record in records if isinstance(record, SearchEnd)}
    entries = [_entry(job, ends.get(job.name), out / PLACE / job.name) for job in jobs]
    return dict(plain({"format": FORMAT, "name": described["name"], "jobs": entries}))


def _entry(job: QueuedJob, end: SearchEnd | None, folder: Path) -> dict[str, Any]:
    reason = job.mistake or (None if end is None else end.reason)
    searches: Sequence[dict[str, Any]] = ()
    if (folder / "job.yaml").exists():
        try:
            searches = report_of(load_folder(folder), folder)["searches"]
        except (BadInput, Infeasible) as error:
            reason = reason or " ".join(str(error).split())
    if reason is not None:
        state = "failed"
    elif end is not None:
        state = "finished"
    else:
        state = "begun" if searches else "waiting"
    return {
        "name": job.name,
        "file": job.path.name,
        "priority": job.priority,
        "state": state,
        "reason": reason,
        "searches": list(searches),
    }
