"""What matters in a search, for its report: parameters by importance, and curves of partial dependence."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runners.documents.document import Section, Table
from runners.documents.quantities import percent
from runners.jobs.job import Job
from search.history import History
from search.importance import importance

Search = Mapping[str, Any]

MOST_SEARCHES = 12
"""Sweeps of more have no such section: a model for each takes about half a second."""

WORTH_READING = 0.5
"""Share of the variance of left-out values that a model must explain, lest its say comes with a warning."""

COLUMNS = ("search", "parameter", "alone", "with others", "best at", "worst at", "active in")

TEXT = (
    "Shares of the variance of a model's mean over the feasible space: of each parameter alone, and with its "
    "interactions. Best and worst: where the value expected over all others is least and greatest."
)


def importance_of(job: Job, history: History) -> dict[str, Any] | None:
    """The importance of a search's parameters as JSON; `None` before a value, and of several objectives."""
    if history.best is None:
        return None
    engine = job.whole.engine()
    return importance(history, engine.encoder, engine.feasible).to_dict()


def sections(searches: Sequence[Search]) -> Iterator[Section]:
    """The section of a report, if any of its searches has something to say."""
    asked = [search for search in searches if search["importance"]]
    if not asked:
        return
    table = [row for search in asked for row in _rows(search)]
    said = (TEXT,) if table else ()
    yield Section("What matters", (*said, *_remarks(asked)), Table.of(COLUMNS, table) if table else None)


def pictures(searches: Sequence[Search]) -> Iterator[Section]:
    """The curves of partial dependence, one picture a search."""
    from runners.documents.importance_pictures import dependence

    for search in searches:
        if search["importance"] and search["importance"]["effects"]:
            yield Section(f"Partial dependence, {search['name']}", picture=dependence(search))


def _rows(search: Search) -> Iterator[tuple[object, ...]]:
    for effect in search["importance"]["effects"]:
        curve = effect["curve"]
        ordered = sorted(zip(curve["expected"], map(_shown, curve["values"]), strict=True))
        ends = (ordered[0][1], ordered[-1][1]) if ordered else (None, None)
        shares = (percent(effect["alone"]), percent(effect["total"]))
        yield (search["name"], effect["name"], *shares, *ends, percent(effect["active"]))


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _remarks(searches: Sequence[Search]) -> Iterator[str]:
    """How far to trust each model, or why there is none."""
    for search in searches:
        found = search["importance"]
        if found["why_not"]:
            yield f"{search['name']}: {found['why_not']}."
        else:
            doubt = "" if found["explained"] >= WORTH_READING else ": too little to go by"
            yield (
                f"{search['name']}: a model of {found['values']} values explains "
                f"{percent(max(found['explained'], 0.0))} of the variance of values left out{doubt}."
            )
