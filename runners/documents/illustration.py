"""Which pictures a report shows, and of what; the drawing itself is in `runners.documents.pictures`."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from objectives.exact import Optimum
from runners.documents import front_pictures, pictures
from runners.documents.curve_pictures import reported_curves
from runners.documents.document import Section
from runners.documents.front_document import MOST_FRONTS
from runners.jobs.job import Batch
from runners.jobs.problem import Problem
from spaces.errors import Infeasible

CURVES = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Budgets of the isoFLOP curves, as multiples of the one asked about."""


def illustrations(record: Mapping[str, Any], batch: Batch) -> Iterator[Section]:
    """The picture sections of a report, given as `runners.report.report_of` makes it."""
    problems = {job.name: job.problem for job in batch.jobs}
    for entry in record["answers"]:
        problem = problems[entry["searches"][0]]
        if problem is not None:
            yield from _of_answer(problem, entry)
    policy = list(_policy_rows(record["searches"]))
    if len({f"{row['flops']:.6g}" for row in policy}) > 1:  # equal but for rounding is one
        yield Section("Policy over the budgets", picture=pictures.policy(policy))
    begun = [search for search in record["searches"] if search["search"]["convergence"]]
    if begun:
        yield Section("Convergence of the searches", picture=pictures.convergence(begun))
    yield from _of_fronts([search for search in record["searches"] if "front" in search])
    yield from _of_reports(record["searches"])


def _of_fronts(searches: list[Mapping[str, Any]]) -> Iterator[Section]:
    for search in searches[:MOST_FRONTS]:
        drawn = front_pictures.front(search["name"], search["front"])
        yield Section(f"Front of {search['name']}, drawn", picture=drawn)
    together: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for search in searches:
        together[" and ".join(aim["metric"] for aim in search["front"]["objectives"])].append(search)
    for aims, group in together.items():
        yield Section(f"Hypervolume of {aims}", picture=front_pictures.growth(group))


def _of_reports(searches: list[Mapping[str, Any]]) -> Iterator[Section]:
    for search in searches:
        if "pruning" in search["search"]:
            best = None if search["best"] is None else search["best"]["number"]
            drawn = reported_curves(search["search"]["pruning"]["curves"], best, search["metric"])
            yield Section(f"Values on the way, {search['name']}", picture=drawn)


def _of_answer(problem: Problem, entry: Mapping[str, Any]) -> Iterator[Section]:
    name = f"{problem.law.family} ({problem.law.name})"
    surface = pictures.loss_surface(problem.law, problem.budget, problem.box, entry)
    yield Section(f"Loss around the optimum, {name}", picture=surface)
    curves = [best.to_dict() for best in _feasible(problem)]
    yield Section(f"IsoFLOP curves, {name}", picture=pictures.isoflop(problem.law, problem.box, curves))


def _feasible(problem: Problem) -> Iterator[Optimum]:
    """The optima of the budgets of `CURVES` that allow any configuration of the space."""
    for budget in problem.budget.with_flops([share * problem.budget.flops for share in CURVES]):
        try:
            yield replace(problem, budget=budget).solve()
        except Infeasible:
            continue  # a budget too small for the space has no curve


def _policy_rows(searches: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What each law search found, labelled by everything of its name that is not the budget."""
    for search in searches:
        if search["best"] is None or search["certified"] is None:
            continue
        parts = [part for part in search["name"].split(",") if not part.startswith("flops=")]
        found = search["best"]["metrics"]
        yield {
            "label": ",".join(parts) or "best found",
            "flops": search["certified"]["optimum"]["flops"],
            **{name: found[name] for name in ("n_active", "tokens", "sparsity")},
        }
