"""Searches over several objectives in words: their fronts, trial by trial, and the volume below them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from runners.documents.document import Section, Table
from runners.documents.quantities import shown

Search = Mapping[str, Any]

MOST_FRONTS, MOST_TRIALS = 12, 40
"""Fronts shown, and trials of each: evenly along it, its ends included."""

MEANING = (
    "A trial is on the front where no other is at least as good in every objective and better in one. The "
    "hypervolume is the volume of what the front beats, up to the reference; where a space is finite and its "
    "objective a formula, all configurations were evaluated, and their front has the possible volume."
)


def sections(searches: Sequence[Search]) -> Iterator[Section]:
    """A table of all fronts, and the trials of the first of them; nothing where no search has one."""
    found = [search for search in searches if "front" in search]
    if found:
        yield Section("Fronts", (MEANING,), volumes_table(found))
    for search in found[:MOST_FRONTS]:
        yield Section(f"Front of {search['name']}", table=_trials(search["front"]))


def volumes_table(searches: Sequence[Search]) -> Table:
    """One row a search that has a front: how many trials, which volume, the best of each objective."""
    found = [search for search in searches if "front" in search]
    metrics = list(dict.fromkeys(aim["metric"] for search in found for aim in search["front"]["objectives"]))
    known = any(search["front"]["possible"] for search in found)
    columns = ["search", "trials on the front", "hypervolume", *(["of the possible"] if known else [])]
    columns += [*(f"best {name}" for name in metrics), "reference"]
    return Table.of(columns, [_volume_row(search, metrics, known) for search in found])


def _volume_row(search: Search, metrics: Sequence[str], known: bool) -> list[Any]:
    front = search["front"]
    senses = {aim["metric"]: aim["sense"] for aim in front["objectives"]}
    limits = ", ".join(_limit(aim) for aim in front["objectives"])
    bests = [_best(front["trials"], name, senses[name]) if name in senses else None for name in metrics]
    volume, possible = front["hypervolume"], front["possible"]
    share = [f"{volume / possible:.2%}" if possible else None] if known else []
    return [search["name"], len(front["trials"]), f"{volume:.6g}", *share, *bests, limits]


def _limit(aim: Mapping[str, Any]) -> str:
    source = "" if aim["given"] else " (by rule)"
    return f"{aim['metric']} {shown(aim['metric'], aim['reference'])}{source}"


def _best(trials: Sequence[Mapping[str, Any]], metric: str, sense: str) -> str:
    values = [trial["metrics"][metric] for trial in trials]
    return shown(metric, max(values) if sense == "maximised" else min(values))


def _trials(front: Mapping[str, Any]) -> Table:
    """Trials of a front, its objectives first."""
    trials = front["trials"]
    if len(trials) > MOST_TRIALS:
        trials = [trials[place] for place in np.linspace(0, len(trials) - 1, MOST_TRIALS).astype(int)]
    flat = [{**trial["metrics"], **trial["config"]} for trial in trials]
    aims = [aim["metric"] for aim in front["objectives"]]
    names = list(dict.fromkeys([*aims, *(name for row in flat for name in row)]))
    senses = {aim["metric"]: f"{aim['metric']} ({aim['sense']})" for aim in front["objectives"]}
    rows = [
        [trial["number"], *(shown(name, row[name]) if name in row else None for name in names)]
        for trial, row in zip(trials, flat, strict=True)
    ]
    return Table.of(("trial", *(senses.get(name, name) for name in names)), rows)
