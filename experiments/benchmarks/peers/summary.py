"""The tables of the comparison, made of the stored searches."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from experiments.benchmarks.peers import bars, pooling
from experiments.benchmarks.peers.bars import cost_ms
from experiments.benchmarks.peers.campaign import version
from experiments.benchmarks.peers.cases import MARKS
from experiments.benchmarks.peers.contestants import CONTESTANTS, NATIVE, Contestant
from experiments.benchmarks.peers.records import Record
from experiments.benchmarks.peers.standings import Standing, Standings
from experiments.benchmarks.peers.statistics import LEVEL, PAIRS, Verdict
from runners.documents.document import Section, Table

PROBLEMS = ("named", "tables")
ENOUGH = 5
"""Searches of which quartiles are shown."""


def sections(found: Standings) -> list[Section]:
    """Everything there is to say, the short answer first."""
    return [
        answer(found),
        bars.section(found),
        pooling.section(found),
        overview(found),
        losses(found),
        *(medians(found, mark) for mark in MARKS),
        crowd(found),
        solvers(found),
        programs(found),
    ]


def answer(found: Standings) -> Section:
    """The shares that say how it stands."""
    columns = ("problems", "of them", "after", "best or tied", "first by median", "third or better by median")
    rows = [
        (label, *_share(mark, [found.standing(case, mark) for case in cases]))
        for label, groups in pooling.GROUPS.items()
        if (cases := found.group(*groups))
        for mark in MARKS
    ]
    text = (
        "Best or tied: no other program is better beyond noise on that problem, which two instances of a "
        "function of BBOB cannot show; the places by median are the stricter count, though few programs have "
        "searched BBOB (Program by program). Won, tied and lost are pairs of a problem and another program.",
    )
    table = Table.of((*columns, *(verdict.value for verdict in Verdict)), rows)
    return Section("The native engine among the others", text, table)


def _share(mark: int, standings: Sequence[Standing]) -> tuple[object, ...]:
    counts = {verdict: sum(one.count(verdict) for one in standings) for verdict in Verdict}
    return (
        len(standings),
        mark,
        _part(sum(one.place == 1 for one in standings), len(standings)),
        _part(sum(one.rank == 1 for one in standings), len(standings)),
        _part(sum(one.rank <= 3 for one in standings), len(standings)),
        *(_part(counts[verdict], sum(counts.values())) for verdict in Verdict),
    )


def overview(found: Standings) -> Section:
    """Where the native engine stands on each problem."""
    columns = ("problem", *(f"{what} {mark}" for mark in MARKS for what in ("at", "best other at")))
    rows = [
        (case.name, *(cell for mark in MARKS for cell in _against_best(found.standing(case, mark))))
        for case in found.group(*PROBLEMS)
    ]
    text = (
        "Median regret of the native engine (its place by median), and the best of the others; * marks a "
        "difference beyond noise.",
    )
    return Section("Problem by problem", text, Table.of(columns, rows))


def _against_best(one: Standing) -> tuple[str, str]:
    other = one.best_other
    mark = "" if one.verdicts[other] is Verdict.TIE else "*"
    ours = f"{one.medians[NATIVE]:.1e} ({one.rank})"
    return ours, f"{one.medians[other]:.1e} {other}{mark}"


def losses(found: Standings) -> Section:
    """Every problem, and every group of problems, on which another program was better beyond noise."""
    rows = [
        (one.case.name, one.mark, name, f"{one.medians[NATIVE]:.1e}", f"{one.medians[name]:.1e}")
        for one in found.standings(*PROBLEMS, "crowd")
        for name, verdict in one.verdicts.items()
        if verdict is Verdict.LOSS
    ]
    rows += pooling.lost(found)
    text = ("All of them, on a problem or over a group of problems.",) if rows else ("None.",)
    table = Table.of(("problem", "after", "lost to", "native", "other"), rows) if rows else None
    return Section("Losses", text, table)


def medians(found: Standings, mark: int) -> Section:
    """Median and quartiles of every program."""
    present = [one for one in _searching() if any(found.of(one, case) for case in found.group(*PROBLEMS))]
    rows = []
    for case in found.group(*PROBLEMS):
        regrets = found.standing(case, mark).regrets
        rows.append((case.name, *(_quartiles(list(regrets.get(one.name, {}).values())) for one in present)))
    text = ("Median regret [quartiles].",) if mark == MARKS[-1] else ("Median regret.",)
    return Section(f"After {mark} evaluations", text, Table.of(("problem", *(p.name for p in present)), rows))


def _quartiles(regrets: Sequence[float]) -> str:
    """The median, and quartiles where there are enough searches for them."""
    if not regrets:
        return ""
    method: Literal["nearest", "linear"] = "nearest" if np.isinf(regrets).any() else "linear"
    low, middle, high = np.percentile(regrets, (25, 50, 75), method=method)
    text = "none" if np.isinf(middle) else f"{middle:.1e}"
    return text if len(regrets) < ENOUGH else f"{text} [{low:.0e}, {high:.0e}]".replace("inf", "none")


def crowd(found: Standings) -> Section:
    """Eight asynchronous workers."""
    rows = [
        (
            one.name,
            len(records),
            *(_quartiles([r.regret_at(mark) for r in records.values()]) for mark in MARKS),
        )
        for case in found.group("crowd")
        for one in CONTESTANTS
        if (records := found.of(one, case))
    ]
    text = (
        "Median regret [quartiles] after so many evaluations; durations are log-normal, the clock simulated.",
    )
    columns = ("program", "seeds", *(f"at {mark}" for mark in MARKS))
    return Section("Eight workers on Hartmann-6", text, Table.of(columns, rows))


def solvers(found: Standings) -> Section:
    """Nonlinear programming beside the native engine on the smooth problems."""
    names = [NATIVE, *(one.name for one in CONTESTANTS if one.solver)]
    rows = [
        (case.name, name, *(_quartiles([r.regret_at(mark) for r in records.values()]) for mark in MARKS))
        for case in found.cases
        if case.smooth
        for name in names
        if (records := found.of(name, case))
    ]
    text = (
        "SciPy's solvers with gradients by finite differences, started again from random points until the "
        "evaluations are spent. Where the objective is smooth and without noise, as a law is, they solve it "
        "too, without a model and in no time, if with more evaluations; a search is for the rest.",
    )
    columns = ("problem", "program", *(f"at {mark}" for mark in MARKS))
    return Section("Plain nonlinear programming", text, Table.of(columns, rows))


def programs(found: Standings) -> Section:
    """What was compared, what it was given, and what it costs."""
    costs = (100, 300, 1000)
    columns = (
        "program",
        "version",
        "seeds",
        "known constraint",
        "infeasible of 100 (law)",
        "CPU s per search",
        *(f"CPU ms at {n}" for n in costs),
        "ended early",
    )
    rows = [
        (
            one.name,
            version(one),
            _seeds(found, one),
            one.constraint,
            _mean([record.infeasible for record in _searches(found, one, "law 1e21")]),
            _mean([sum(record.cpu) for record in _all(found, one) if len(record.cpu) == MARKS[-1]]),
            *(_cost(list(_all(found, one)), n) for n in costs),
            sum(bool(record.error) for record in _all(found, one)) or "",
        )
        for one in CONTESTANTS
        if list(_all(found, one))
    ]
    text = (
        "Each program at its defaults, on one thread, in an environment of its own; values come from one "
        "implementation of the problems over a pipe, whose encoding is in the CPU figures of the others. "
        "Programs that cannot be given a known constraint may propose again up to five times for nothing; "
        "then the evaluation is lost and they are told the worst value so far. With fewer than "
        f"{PAIRS} common seeds the test is Mann and Whitney's, otherwise Wilcoxon's signed ranks over seeds; "
        f"Holm's correction over the programs on a problem, level {LEVEL}.",
    )
    return Section("Programs and costs", text, Table.of(columns, rows))


def _searching() -> list[Contestant]:
    return [one for one in CONTESTANTS if not one.solver]


def _all(found: Standings, one: Contestant) -> Iterator[Record]:
    for case in found.cases:
        yield from found.of(one, case).values()


def _searches(found: Standings, one: Contestant, name: str) -> list[Record]:
    return [record for record in _all(found, one) if record.case == name]


def _seeds(found: Standings, one: Contestant) -> str:
    counts = {
        len(records) for case in found.cases if case.group in PROBLEMS and (records := found.of(one, case))
    }
    return "" if not counts else f"{min(counts)}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"


def _cost(records: list[Record], mark: int) -> str:
    cost = cost_ms(records, mark, np.mean)
    return "" if np.isnan(cost) else f"{cost:.3g}"


def _mean(values: Sequence[float]) -> str:
    return f"{np.mean(values):.2g}" if values else ""


def _part(count: int, whole: int) -> str:
    return f"{100 * count / whole:.0f} %" if whole else ""
