"""The report of a job as a document: what was asked, what was found, how good it is, how it went."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runners.documents import answer, front_document, importance_document
from runners.documents.document import Document, Section, Table
from runners.documents.fidelity_document import fidelity_sections
from runners.documents.pruning_document import pruning_sections
from runners.documents.quantities import duration, flops, percent, shown
from runners.jobs.job import Batch

Search = Mapping[str, Any]

MOST_ROWS = 400
"""Searches listed in one table."""

BESIDE = (
    "search", "free", "runs", "evaluations", "search reached", "in", "fit reached", "in", "lower", "note",
)  # fmt: skip
"""Columns of the coefficient searches beside their fits."""

ONLY_A_BOUND = (
    "Where the gap is marked as to a bound, the space leaves out values within its limits (integers, lists, "
    "conditions or forbidden clauses). The certified optimum, and the answer below, is that of all values "
    "within the limits: nothing in the space is better, and nothing in it may be as good."
)


def document(record: Mapping[str, Any], batch: Batch, *, pictures: bool = False) -> Document:
    """The document of a report.

    Args:
        record: as `runners.report.report_of` makes it.
        batch: the job.
        pictures: whether to draw; Markdown does not show them.
    """
    searches = record["searches"]
    sections = [Section(f"Best-config report: {record['name']}", (_summary(searches),), level=1)]
    bounds = any(search["certified"] and search["certified"]["bound"] for search in searches)
    notes = (ONLY_A_BOUND,) if bounds else ()
    single = [search for search in searches if "objectives" not in search["description"]]
    if single:
        sections.append(Section("Best configurations", notes, best_table(single)))
    sections += front_document.sections(searches)
    sections += _of_all(searches)
    sections += _beside_the_fit(searches)
    for entry in record["answers"]:
        sections += answer.sections(entry, level=3)
    sections += importance_document.sections(searches)
    if pictures:
        from runners.documents.illustration import illustrations

        sections += illustrations(record, batch)
        sections += importance_document.pictures(searches)
    sections += _how_it_went(searches)
    sections.append(_reproducibility(searches))
    return sections


def best_table(searches: Sequence[Search]) -> Table:
    """One row a search: its best value and configuration, and the gap to the certified optimum."""
    names = list(dict.fromkeys(name for search in searches for name in _found(search)))
    certified = any(search["certified"] or search.get("enumerated") for search in searches)
    columns = ["search", "value", *(["above the certified optimum"] if certified else []), *names]
    rows = [_best_row(search, names, certified) for search in searches[:MOST_ROWS]]
    sources = [search["best"] and search["best"]["source"] for search in searches[:MOST_ROWS]]
    if any(sources):
        columns.append("from")
        rows = [[*row, source] for row, source in zip(rows, sources, strict=True)]
    return Table.of(columns, rows)


def _best_row(search: Search, names: Sequence[str], certified: bool) -> list[str | None]:
    best = search["best"]
    found = _found(search)
    cells = [search["name"], None if best is None else _value(search["metric"], best["value"])]
    if certified:
        cells.append(_above(search["certified"] or search.get("enumerated")))
    return cells + [shown(name, found[name]) if name in found else None for name in names]


def _above(optimum: Mapping[str, Any] | None) -> str | None:
    if optimum is None or optimum["gap"] is None:
        return None
    return f"{optimum['gap']:.1e}{' (to a bound)' if optimum.get('bound') else ''}"


def _value(metric: str, value: float) -> str:
    return flops(value) if metric == "flops" else f"{value:.6f}"


def _of_all(searches: Sequence[Search]) -> Iterator[Section]:
    """The best of every configuration, for searches whose space is small enough to try all of it."""
    listed = [search for search in searches[:MOST_ROWS] if search.get("enumerated")]
    if not listed:
        return
    names = list(dict.fromkeys(name for search in listed for name in _best_of_all(search)))
    columns = ("search", "configurations", "feasible", "better than found", "value", *names)
    text = (
        "The spaces of these searches are finite and their objectives formulas, so all configurations were "
        "evaluated: nothing in the space is better than the value shown."
    )
    rows = [_of_all_row(search, names) for search in listed]
    yield Section("Best of all configurations", (text,), Table.of(columns, rows))


def _of_all_row(search: Search, names: Sequence[str]) -> list[Any]:
    every, found = search["enumerated"], _best_of_all(search)
    cells = [search["name"], every["configurations"], every["feasible"], every["better"]]
    cells.append(_value(search["metric"], every["value"]))
    return cells + [shown(name, found[name]) if name in found else None for name in names]


def _best_of_all(search: Search) -> dict[str, Any]:
    return _flat(search["enumerated"], search["metric"])


def _found(search: Search) -> dict[str, Any]:
    """Configuration and metrics of the best trial."""
    return {} if search["best"] is None else _flat(search["best"], search["metric"])


def _flat(found: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """Metrics and configuration side by side; the minimised metric has a column of its own."""
    metrics = {name: value for name, value in found["metrics"].items() if name != metric}
    return {**metrics, **found["config"]}


def _summary(searches: Sequence[Search]) -> str:
    done = sum(search["search"]["done"] for search in searches)
    failed = sum(search["search"]["failed"] for search in searches)
    pending = sum(search["search"]["pending"] for search in searches)
    asked = sum(search["description"]["evaluations"] for search in searches)
    parts = [f"{len(searches)} searches", f"{done} of {asked} evaluations done"]
    partial = sum(search["search"].get("partial", 0) for search in searches)
    parts += [f"{partial} below the target"] if partial else []
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{pending} running"] if pending else []
    given = sum(search["search"]["given"] for search in searches)
    parts += [f"{given} known before"] if given else []
    stopped = sum(search["stopped"] is not None for search in searches)
    parts += [f"{stopped} stopped by a rule"] if stopped else []
    return ", ".join(parts) + "."


def _beside_the_fit(searches: Sequence[Search]) -> Iterator[Section]:
    """Searches over coefficients, each beside the fit of the same law to the same runs."""
    fitted = [search for search in searches if search.get("fit")]
    if not fitted:
        return
    text = (
        "The same runs, loss and free coefficients, once by asking for one set after another and once by the "
        "fitter, which has gradients and no bounds but those of the law."
    )
    yield Section("Coefficient search beside the fit", (text,), Table.of(BESIDE, map(_beside_row, fitted)))


def _beside_row(search: Search) -> list[Any]:
    fit, went, best = search["fit"], search["search"], search["best"]
    reached = None if best is None else f"{best['value']:.6e}"
    took = None if went["timing"] is None else duration(went["timing"]["window"])
    if fit["reason"]:
        return [search["name"], None, None, went["done"], reached, took, None, None, None, fit["reason"]]
    note = f"the fit's {', '.join(fit['outside'])} outside the search's space" if fit["outside"] else None
    return [
        search["name"],
        len(fit["free"]),
        fit["runs"],
        went["done"],
        reached,
        took,
        f"{fit['objective']:.6e}",
        duration(fit["seconds"]),
        None if best is None else _lower(best["value"], fit["objective"]),
        note,
    ]


def _lower(search: float, fit: float) -> str:
    """Who ended lower, and by how much."""
    if abs(search - fit) <= 1e-6 * fit:
        return "neither, within a millionth"
    by = (max(search, fit) - min(search, fit)) / max(search, fit)
    return f"the {'search' if search < fit else 'fit'}, by {percent(by)}"


def _how_it_went(searches: Sequence[Search]) -> Iterator[Section]:
    columns = ("search", "engine", "seed", "done", "failed", "last improvement", "time", "utilisation")
    yield Section("Search history", table=Table.of(columns, map(_history_row, searches[:MOST_ROWS])))
    failures = [
        (search["name"], group["count"], group["reason"])
        for search in searches
        for group in search["search"]["failures"]
    ]
    failures += [(search["name"], "all", search["failure"]) for search in searches if search["failure"]]
    yield from fidelity_sections(searches[:MOST_ROWS])
    yield from pruning_sections(searches[:MOST_ROWS])
    if failures:
        yield Section("Failures", table=Table.of(("search", "trials", "reason"), failures))
    notes = [(search["name"], note) for search in searches for note in search["notes"]]
    if notes:
        yield Section("Notes", table=Table.of(("search", "note"), notes))


def _history_row(search: Search) -> list[Any]:
    went, timing = search["search"], search["search"]["timing"]
    steps = search["front"]["growth"] if "front" in search else went["convergence"]
    improved = steps[-1]["outcomes"] if steps else None
    window = None if timing is None else duration(timing["window"])
    share = None if timing is None or timing["utilisation"] is None else f"{timing['utilisation']:.0%}"
    described = search["description"]
    engine, seed = described["engine"]["name"], described["seed"]
    return [search["name"], engine, seed, went["done"], went["failed"], improved, window, share]


def _reproducibility(searches: Sequence[Search]) -> Section:
    versions = {name: version for search in searches for name, version in search["versions"].items()}
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    rows = [(search["name"], search["digest"]) for search in searches[:MOST_ROWS]]
    text = (f"Written with {listed}." if listed else "Nothing was run yet.",)
    return Section("To repeat it", text, Table.of(("search", "hash of description and data"), rows))
