"""The report of a job: its searches beside their certified optima, and the full answer to each problem.

A function of the job and its journals alone, so it can be made on any machine, later, or of a half-finished
run. Equal inputs give equal reports, to the byte.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from objectives.exact import Optimum, optima
from objectives.fit.ensemble import Ensemble
from objectives.plan import plan
from runners.documents.importance_document import MOST_SEARCHES, importance_of
from runners.documents.rendering import plain
from runners.fronts import fronts
from runners.jobs.beside_fit import read_beside
from runners.jobs.enumeration import Enumerations
from runners.jobs.job import Batch, Job
from runners.jobs.problem import Problem
from runners.journal import FILE, Contents, read
from runners.pruners import length_of
from runners.records import Note, Record, Retried, SearchEnd, Stopped
from runners.sweep import FOLDER
from search.fidelity_report import fidelity_account
from search.history import History
from search.pruning_report import pruning_account
from search.report import report as search_report
from search.trial import Asked
from spaces.errors import BadInput

FORMAT = 1
"""Version of the report's fields."""

FULL_ANSWERS = 12
"""A sweep of more problems than this gets the table of its searches, and no full answer for each."""


def report_of(batch: Batch, folder: Path) -> dict[str, Any]:
    """The report as plain JSON values.

    Args:
        batch: the job.
        folder: where its journals are; searches that have none yet count as not begun.

    Raises:
        BadInput: a journal is damaged.
    """
    journals = {job.name: journal_of(job, folder) for job in batch.jobs}
    histories = {name: History(journal.events if journal else ()) for name, journal in journals.items()}
    failures = _failed_searches(folder)
    single = [job for job in batch.jobs if len(job.aims) == 1]
    problems = {job.name: job.problem for job in single if job.problem is not None}
    solved = _solved(set(problems.values()))
    certified = {name: solved[problem] for name, problem in problems.items()}
    few = len(batch.jobs) <= MOST_SEARCHES
    searches = [
        {
            **_search(job, journals[job.name], histories[job.name], certified.get(job.name)),
            "importance": importance_of(job, histories[job.name]) if few else None,
            "failure": failures.get(job.name),
            "fit": read_beside(folder / FOLDER / job.name),
        }
        for job in batch.jobs
    ]
    enumerations = Enumerations()
    for job in single:
        search = searches[batch.jobs.index(job)]
        if (every := enumerations.of(job, search["best"])) is not None:
            search["enumerated"] = every
    found = fronts({job.name: job.aims for job in batch.jobs}, histories)
    for job, search in zip(batch.jobs, searches, strict=True):
        if (front := found.get(job.name)) is not None:
            limits = [aim["reference"] for aim in front["objectives"]]
            search["front"] = {**front, "possible": enumerations.volume(job, limits)}
    fits = {job.problem: job.fit.ensemble for job in single if job.problem and job.fit}
    answers = _answers(problems, fits)
    record = {"format": FORMAT, "name": batch.name, "searches": searches, "answers": answers}
    return dict(plain(record))


def journal_of(job: Job, folder: Path) -> Contents | None:
    """What the journal of a search holds; `None` before it has one.

    Raises:
        BadInput: the journal is damaged, or of another job.
    """
    place = folder / FOLDER / job.name
    if not (place / FILE).exists():
        return None
    contents = read(place)
    if contents.header is not None and contents.header.job_hash != job.digest:
        expected = f"the job of {place} (hash {contents.header.job_hash}), or another folder"
        raise BadInput.of("job", expected, f"hash {job.digest}")
    return contents


def _failed_searches(folder: Path) -> dict[str, str]:
    """Why whole searches of a sweep failed, by name; how each ended last counts."""
    if not (folder / FILE).exists():
        return {}
    ends = [record for record in read(folder).records if isinstance(record, SearchEnd)]
    last = {end.name: end for end in ends}
    return {name: end.reason for name, end in last.items() if end.reason is not None}


def _solved(problems: set[Problem]) -> dict[Problem, Optimum]:
    """The certified optimum of each problem; those that differ in their budgets alone are solved together."""
    together: dict[Any, list[Problem]] = defaultdict(list)
    for problem in problems:
        together[problem.law, problem.box].append(problem)
    return {
        problem: best
        for (law, box), group in together.items()
        for problem, best in zip(group, optima(law, [each.budget for each in group], box), strict=True)
    }


def _search(
    job: Job, journal: Contents | None, history: History, certified: Optimum | None
) -> dict[str, Any]:
    record = search_report(history).to_dict()
    best = record.pop("best")
    account = pruning_account(history, length_of(job.spec.pruner), -1 if job.aims[0].maximise else 1)
    if account is not None:
        record |= {"pruned": len(history.pruned), "pruning": account.to_dict()}
    if job.spec.fidelity is not None:
        spent = fidelity_account(history, job.spec.fidelity.name)
        record |= {"partial": len(history.partial), "fidelity": spent.to_dict()}
    header = journal.header if journal else None
    return {
        "name": job.name,
        "digest": job.digest,
        "description": job.spec.model_dump(mode="json", exclude_none=True),
        "stopped": _stopped(journal.records if journal else ()),
        "notes": [*job.objective.notes, *_notes(journal.records if journal else ())],
        "metric": job.objective.metric,
        "best": best,
        "certified": None if certified is None else _certified(job.problem, certified, best),
        "search": record,
        "versions": dict(header.versions) if header else {},
    }


def _notes(records: Iterable[Record]) -> list[str]:
    """Remarks of a journal, and attempts that were not the last."""
    notes = []
    for record in records:
        if isinstance(record, Note | Stopped):
            notes.append(record.text)
        elif isinstance(record, Retried):
            notes.append(f"trial {record.number} {record.status}: {record.reason}; tried again")
    return notes


def _stopped(records: Iterable[Record]) -> str | None:
    """The rule that ended a search; `None` where none did, or the search went on later without it."""
    last = [record for record in records if isinstance(record, Stopped | Asked)][-1:]
    return last[0].rule if last and isinstance(last[0], Stopped) else None


def _certified(problem: Problem | None, certified: Optimum, best: Mapping[str, Any] | None) -> dict[str, Any]:
    """The exact optimum of the search's own problem, or a bound, and how far above it the search ended."""
    gap = None if best is None else best["value"] - certified.loss
    return {"optimum": certified.to_dict(), "gap": gap, "bound": problem is not None and not problem.exact}


def _answers(
    problems: Mapping[str, Problem], fits: Mapping[Problem, Ensemble | None]
) -> list[dict[str, Any]]:
    """The full answer to each distinct problem, with the searches that asked it.

    A problem whose law comes from a fit gets its uncertainty, too.
    """
    asked: dict[Problem, list[str]] = defaultdict(list)
    for name, problem in problems.items():
        asked[problem].append(name)
    if len(asked) > FULL_ANSWERS:
        return []
    return [
        {
            "searches": names,
            **plan(problem.law, problem.budget, problem.box, ensemble=fits.get(problem)).to_dict(),
        }
        for problem, names in asked.items()
    ]
