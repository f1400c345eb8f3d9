"""Run, resume and report: what the command line, a service and a program of yours call.

A job's folder holds `job.yaml` (the description), `source.json` (where its relative paths start), a journal
for each search under `searches/`, and the report in three formats.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from objectives.objective import Cost
from runners.backend import Backend, BackendGone
from runners.backends.inline import InlineBackend
from runners.documents.page import to_html
from runners.documents.rendering import to_json, to_markdown
from runners.documents.report_document import document
from runners.interrupts import Interrupts
from runners.jobs.beside_fit import fit_beside
from runners.jobs.job import Batch, Job, load_batch, parse_batch
from runners.jobs.job_folder import described
from runners.jobs.resources import Resources
from runners.jobs.warm_start import warm_start
from runners.journal import Journal
from runners.progress import Progress
from runners.report import journal_of, report_of
from runners.single import header, run_job, run_spec
from runners.sweep import FOLDER, SweepResult, Unit, run_sweep
from runners.walltime import Walltime
from runners.whole_files import write_whole
from spaces.errors import BadInput, Infeasible, NoUsableTrial, one_of

RUNNERS = ("local", "process", "ray")


def run(
    job: Batch | Path | str,
    folder: Path | str | None = None,
    *,
    runner: str = "local",
    workers: int | None = None,
    address: str = "local",
    walltime: Walltime | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run the searches of a job and write its report.

    Searches over closed forms are whole tasks when there are several and `runner` has workers; everything
    else runs search by search, one trial a task.

    Args:
        job: a batch, or the path of a job file.
        folder: where journals and the report go; made if it is not there; `results/NAME` if left out.
        runner: `local` (in this process), `process` (a pool on this machine) or `ray`.
        workers: how many tasks at a time; by default what the runner has.
        address: of a Ray cluster; `local` starts one on this machine.
        walltime: what the run has; by default what the job file says. No evaluation begins that would not end
            within it, and the report tells how far the searches are.
        resume: go on with the searches in `folder`, if there are any.
        progress: told every change of a search that runs in this process.

    Returns:
        The report (`report_of`), which is also in `folder`.

    Raises:
        BadInput: a mistake in the job, or the folder holds another job's searches (or any, without `resume`).
        Infeasible: nothing satisfies a search's constraints.
        NoUsableTrial: all searches ended and none has a single value.
        KeyboardInterrupt: on Ctrl-C or SIGTERM; everything that finished is on disk, and in the report.
        BackendGone: likewise, where the runner cannot go on, such as on a cluster that went away.
    """
    batch = job if isinstance(job, Batch) else load_batch(Path(job))
    folder = usual_folder(batch) if folder is None else Path(folder)
    with Interrupts(), _backend_of(batch, runner, workers, address) as backend:
        claim(folder, batch, resume)
        try:
            _run_all(batch, folder, backend, progress or Progress(), walltime or Walltime(batch.run.walltime))
            fit_beside(batch.jobs, folder / FOLDER)
        except (KeyboardInterrupt, Infeasible, BackendGone):
            write_report(batch, folder)
            raise
    record = write_report(batch, folder)
    if not any(search["best"] or search.get("front") for search in record["searches"]):
        raise NoUsableTrial(f"no trial has a value: {'; '.join(_reasons(record)) or 'none was run'}")
    return record


def _backend_of(batch: Batch, runner: str, workers: int | None, address: str) -> Backend:
    """The backend for a batch, with what its job file says about resources."""
    given = batch.run
    environment = given.runtime_env and dict(given.runtime_env)
    if environment and "working_dir" in environment and "://" not in str(environment["working_dir"]):
        environment["working_dir"] = str(batch.folder / environment["working_dir"])
    resources = None if given.resources is None else given.resources.resources()
    return make_backend(runner, workers, address, resources, environment)


def _reasons(record: dict[str, Any]) -> list[str]:
    """Why trials and searches failed, each reason once."""
    trials = [group["reason"] for search in record["searches"] for group in search["search"]["failures"]]
    whole = [search["failure"] for search in record["searches"] if search["failure"]]
    return sorted({*trials, *whole})


def usual_folder(batch: Batch) -> Path:
    """Where a job's results go if nobody says otherwise."""
    return Path("results", batch.name)


def resume(folder: Path | str, **options: Any) -> dict[str, Any]:
    """Go on with the job of a folder; options, result and errors as `run`."""
    return run(load_folder(Path(folder)), folder, resume=True, **options)


def report(folder: Path | str) -> dict[str, Any]:
    """The report of a folder as it stands, also while the job runs.

    Raises:
        BadInput: the folder holds no job.
    """
    return report_of(load_folder(Path(folder)), Path(folder))


def fit(path: Path | str, **options: Any) -> dict[str, Any]:
    """The record of a law fitted to a table of runs: what `scalesearch fit --json` prints.

    Args:
        path: a CSV file of runs.
        options: as `runners.requests.fit_job.FitRequest` names them (`law`, `columns`, `flops`, `seed`, ...).

    Raises:
        BadInput: every mistake in the table and the options; or no family describes the runs.
        Infeasible: a budget allows no model.
    """
    from runners.requests.fit_job import FitRequest  # the fitter loads only where it is used

    return FitRequest(Path(path), **options).run()


def load_folder(folder: Path) -> Batch:
    """The batch a job folder was made for; raises `BadInput` where there is none."""
    return parse_batch(*described(folder))


def write_report(batch: Batch, folder: Path) -> dict[str, Any]:
    """Make the report of a folder and write it as report.json, report.md and report.html."""
    record = report_of(batch, folder)
    write_whole(folder / "report.json", to_json(record))
    write_whole(folder / "report.md", to_markdown(document(record, batch)))
    write_whole(folder / "report.html", to_html(document(record, batch, pictures=True)))
    return record


def claim(folder: Path, batch: Batch, resume: bool) -> None:
    """Make the folder and keep the job's description in it; one that holds another job is left as it is."""
    if (folder / FOLDER).exists() and not resume:
        raise BadInput.of("--out", "a new folder, or --resume to go on with this one", str(folder))
    for job in batch.jobs:
        if journal_of(job, folder) is None:
            warm_start(job)  # a mistake in it comes to light before anything runs
    try:
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        write_whole(folder / "job.yaml", batch.text)
        write_whole(folder / "source.json", to_json({"name": batch.name, "folder": str(batch.folder)}))
    except OSError as error:
        raise BadInput.of("--out", "a folder that can be written", str(error)) from error


def _run_all(batch: Batch, folder: Path, backend: Backend, progress: Progress, walltime: Walltime) -> None:
    """Closed forms travel as whole searches, where there are workers; anything else is run trial by trial."""
    here = isinstance(backend, InlineBackend)
    whole = [job for job in batch.jobs if job.objective.cost is Cost.CLOSED_FORM and not here]
    with progress:
        if whole:
            _sweep(batch, whole, folder, backend, progress, walltime)
        for job in batch.jobs:
            if job not in whole and walltime.left():
                watch = partial(progress.of_search, job.name)
                run_job(job, folder / FOLDER / job.name, backend, watch, walltime)


def _sweep(
    batch: Batch,
    jobs: Sequence[Job],
    folder: Path,
    backend: Backend,
    progress: Progress,
    walltime: Walltime,
) -> None:
    units = [Unit(job.name, partial(run_spec, job.spec, batch.folder), _version(job)) for job in jobs]

    def tell(result: SweepResult) -> None:
        progress.of_sweep(len(units), len(result.summaries), len(result.failures))

    # The searches' own journals tell whether they belong to this job; the sweep may gain and lose searches.
    with Journal.open(folder, header(batch.name, "sweep", 0)) as journal:
        run_sweep(units, backend=backend, journal=journal, walltime=walltime, progress=tell)


def _version(job: Job) -> str:
    """Of what is asked of a search: where it changes, a search that has ended is called again."""
    return "/".join([job.digest, str(job.spec.evaluations), *job.rules.names()])


def make_backend(
    runner: str,
    workers: int | None = None,
    address: str = "local",
    resources: Resources | None = None,
    runtime_env: Mapping[str, Any] | None = None,
) -> Backend:
    """A backend by name.

    Raises:
        BadInput: an unknown name, or something that only Ray has where the runner is another.
    """
    if runner == "ray":
        from runners.backends.ray_backend import RayBackend

        return RayBackend(workers, address, resources=resources, runtime_env=runtime_env)
    if runner not in RUNNERS:
        raise BadInput.of("runner", one_of(RUNNERS, runner), runner)
    if runtime_env is not None:
        raise BadInput.of("runtime_env", f"none with the runner {runner} (use ray)", "an environment")
    if resources is not None and not resources.only_cpus:
        raise BadInput.of("resources", f"cpus alone with the runner {runner} (use ray)", str(resources))
    if runner == "local":
        return InlineBackend()
    from runners.backends.process_pool import ProcessPoolBackend

    return ProcessPoolBackend(workers, 1.0 if resources is None else resources.bundles[0].cpus)
