"""One search from description to journal: what a sweep sends to a worker, and what the driver runs itself."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from objectives.command import CommandObjective
from runners.backend import Backend
from runners.backends.inline import InlineBackend
from runners.job import Job, build
from runners.job_file import SearchSpec
from runners.journal import Journal
from runners.loop import run_search
from runners.records import Header
from search.history import History

LIBRARIES = ("scalesearch", "numpy", "scipy", "ConfigSpace", "scikit-learn", "scikit-optimize")
"""What a result may depend on."""

Progress = Callable[[str, History], None]
"""Told the name of a search and its history after every change."""


def run_job(job: Job, folder: Path, backend: Backend, progress: Progress | None = None) -> History:
    """Run or resume one search in its folder, and return its history.

    Raises:
        BadInput: the folder holds another job's journal, or someone else is writing it.
        Infeasible: nothing satisfies the constraints.
    """
    own_timeout = isinstance(job.objective, CommandObjective)
    with Journal.open(folder, header_of(job)) as journal:
        return run_search(
            engine=job.engine(),
            objective=job.objective,
            backend=backend,
            journal=journal,
            evaluations=job.spec.evaluations,
            seed=job.spec.seed,
            parallel=job.spec.parallel or backend.slots,
            timeout=None if own_timeout else job.spec.timeout,
            progress=None if progress is None else lambda history: progress(job.name, history),
        )


def run_spec(spec: SearchSpec, source: Path, folder: Path) -> dict[str, Any]:
    """A whole search as one task: built from its description in the worker, run there; returns a summary."""
    history = run_job(build(spec, source), folder, InlineBackend())
    best = history.best
    return {
        "done": len(history.done),
        "failed": len(history.failed),
        "best": None if best is None else best.value,
    }


def header_of(job: Job) -> Header:
    """The first record of the search's journal."""
    versions = {name: version(name) for name in LIBRARIES}
    return Header(name=job.name, job_hash=job.digest, seed=job.spec.seed, versions=versions)
