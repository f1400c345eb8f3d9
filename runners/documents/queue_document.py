"""The report of a queue as a document: its jobs, and the best configurations of each."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from runners.documents.document import Document, Section, Table
from runners.documents.front_document import volumes_table
from runners.documents.report_document import best_table

Job = Mapping[str, Any]

STATES = "finished", "failed", "begun", "waiting"
MOST_JOBS = 40
"""Jobs whose best configurations are listed; the report of every job is in its own folder."""


def document(record: Mapping[str, Any]) -> Document:
    """The document of a queue's report, see `runners.jobs.job_queue.queue_report`."""
    jobs = record["jobs"]
    columns = ("job", "priority", "state", "searches", "done", "failed", "of", "reason")
    table = Table.of(columns, [_row(job) for job in jobs])
    sections = [Section(f"Queue: {record['name']}", (_summary(jobs),), table, level=1)]
    return [*sections, *_bests(jobs)]


def _bests(jobs: list[Job]) -> Iterator[Section]:
    found = [job for job in jobs if any(search["best"] or search.get("front") for search in job["searches"])]
    for job in found[:MOST_JOBS]:
        text = (f"The whole report: jobs/{job['name']}/report.html",)
        if any(search["best"] for search in job["searches"]):
            yield Section(f"Best configurations: {job['name']}", text, best_table(job["searches"]))
        else:
            yield Section(f"Fronts: {job['name']}", text, volumes_table(job["searches"]))


def _summary(jobs: list[Job]) -> str:
    states = Counter(job["state"] for job in jobs)
    done, _, asked = (sum(counts) for counts in zip(*map(_counts, jobs), strict=True))
    parts = [f"{states[state]} {state}" for state in STATES if states[state]]
    return f"{len(jobs)} jobs: {', '.join(parts)}; {done} of {asked} evaluations done."


def _counts(job: Job) -> tuple[int, int, int]:
    """Evaluations done, failed and asked for in the searches that have begun."""
    searches = job["searches"]
    return (
        sum(search["search"]["done"] for search in searches),
        sum(search["search"]["failed"] for search in searches),
        sum(search["description"]["evaluations"] for search in searches),
    )


def _row(job: Job) -> tuple[object, ...]:
    named = (job["name"], job["priority"], job["state"], len(job["searches"]))
    return (*named, *_counts(job), job["reason"])
