"""One search from description to journal: what a sweep sends to a worker, and what the driver runs itself."""

from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from objectives.command import CommandObjective
from runners.backend import Backend
from runners.backends.inline import InlineBackend
from runners.jobs.job import Job, build
from runners.jobs.job_file import SearchSpec
from runners.jobs.warm_start import warm_start
from runners.journal import Journal
from runners.loop import run_search
from runners.records import Header
from runners.walltime import Walltime
from search.history import History
from search.trial import Asked

LIBRARIES = ("scalesearch", "numpy", "scipy", "ConfigSpace", "scikit-learn", "scikit-optimize")
"""What a result may depend on."""


def run_job(
    job: Job,
    folder: Path,
    backend: Backend,
    progress: Callable[[History], None] = lambda history: None,
    walltime: Walltime | None = None,
) -> History:
    """Run or resume one search in its folder, and return its history.

    Raises:
        BadInput: the folder holds another job's journal, or someone else is writing it.
        Infeasible: nothing satisfies the constraints.
    """
    own_limits = isinstance(job.objective, CommandObjective)
    with Journal.open(folder, header(job.name, job.digest, job.spec.seed)) as journal:
        if not any(isinstance(event, Asked) for event in journal.events):
            journal.begin(warm_start(job))
        return run_search(
            engine=job.engine(),
            objective=job.objective,
            backend=backend,
            journal=journal,
            evaluations=job.spec.evaluations,
            seed=job.spec.seed,
            aims=job.aims,
            parallel=job.spec.parallel or None,
            timeout=None if own_limits else job.spec.timeout,
            memory=None if own_limits else job.spec.memory,
            policy=job.policy,
            pruning=job.pruning(),
            walltime=walltime,
            rules=job.rules,
            progress=progress,
        )


def run_spec(spec: SearchSpec, source: Path, name: str, folder: Path) -> dict[str, Any]:
    """A whole search as one task: built from its description in the worker, run there; returns a summary."""
    del name  # the description has it
    history = run_job(build(spec, source), folder, InlineBackend())
    best = history.best
    return {
        "done": history.own_counts[0],
        "failed": history.own_counts[1],
        "best": None if best is None else best.value,
    }


def header(name: str, digest: str, seed: int) -> Header:
    """The first record of a journal written now."""
    return Header(name=name, job_hash=digest, seed=seed, versions=_versions())


@cache
def _versions() -> dict[str, str]:
    """Distribution -> version; looked up once, for a look-up reads files."""
    return {library: version(library) for library in LIBRARIES}
