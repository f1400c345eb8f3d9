"""What the native engine was to reach: the best figure of any other program seen before, or a promise."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from experiments.benchmarks.peers.contestants import NATIVE
from experiments.benchmarks.peers.records import Record
from experiments.benchmarks.peers.standings import Standings
from runners.documents.document import Section, Table

WINDOW = 20
"""Evaluations up to a mark over which the cost of ask and tell is taken."""


def section(found: Standings) -> Section:
    """A row for each bar; a bar whose searches are not stored is left out."""
    rows = [
        (what, f"{bar:.2g}", f"{measured:.2g}", "yes" if measured <= bar else "no")
        for what, bar, measured in _bars(found)
    ]
    text = ("Medians over seeds unless a row says otherwise; CPU times are of a machine shared by others.",)
    return Section("Bars", text, Table.of(("what", "at most", "measured", "met"), rows))


def _bars(found: Standings) -> Iterator[tuple[str, float, float]]:
    if law := _searches(found, "law 1e21"):
        yield "law 1e21, regret at 25", 1e-6, _median(law, 25)
        yield "law 1e21, regret at 100", 1e-8, _median(law, 100)
        yield "law 1e21, worst regret at 100", 1e-3, max(record.regret_at(100) for record in law)
        yield "law 1e21, infeasible evaluations", 0, sum(record.infeasible for record in law)
        yield "law 1e21, most CPU s of a search", 10, max(sum(record.cpu) for record in law)
    if hartmann := _searches(found, "Hartmann-6"):
        yield "Hartmann-6, regret at 100", 9e-7, _median(hartmann, 100)
        yield "Hartmann-6, CPU ms of ask and tell at 100", 15, cost_ms(hartmann, 100)
    if recipe := _searches(found, "recipe (mixed, conditional)"):
        yield "recipe (mixed, conditional), regret at 100", 0.0025, _median(recipe, 100)
    if crowd := _searches(found, "8 workers, Hartmann-6"):
        yield "eight workers, Hartmann-6, regret at 100", 0.03, _median(crowd, 100)
    if long := _searches(found, "cost at 1000, Hartmann-6"):
        yield "Hartmann-6, CPU ms of ask and tell at 1,000", 60, cost_ms(long, 1000)


def cost_ms(records: Sequence[Record], mark: int, middle: Callable[[list[float]], Any] = np.median) -> float:
    """Median over searches of the middle cost of the last evaluations before the mark; NaN without any."""
    costs = [middle(one.cpu[mark - WINDOW : mark]) for one in records if len(one.cpu) >= mark]
    return 1e3 * float(np.median(costs)) if costs else float("nan")


def _searches(found: Standings, case: str) -> list[Record]:
    return list(found.records.get((NATIVE, case), {}).values())


def _median(records: Sequence[Record], mark: int) -> float:
    return float(np.median([record.regret_at(mark) for record in records]))
