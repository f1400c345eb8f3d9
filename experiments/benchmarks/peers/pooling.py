"""The native engine against each program over many problems at once, search by search.

A program that takes minutes has too few searches of any one problem to say much; over all it has more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.benchmarks.peers.cases import MARKS, Case
from experiments.benchmarks.peers.contestants import CONTESTANTS, NATIVE
from experiments.benchmarks.peers.standings import Standings
from experiments.benchmarks.peers.statistics import LEVEL, PAIRS, holm, logs, p_value
from runners.documents.document import Section, Table

GROUPS = {
    "named problems": ("named", "tables"),
    "BBOB, 5 dimensions": ("bbob-5",),
    "BBOB, 10 dimensions": ("bbob-10",),
}


@dataclass(frozen=True)
class Duel:
    """Regrets of the native engine and of one other program in the same searches (problem and seed)."""

    other: str
    problems: int
    ours: Sequence[float]
    theirs: Sequence[float]

    @property
    def p(self) -> float:
        """Of equal regrets; 1 where the pairs are too few for the paired test."""
        if len(self.ours) < PAIRS:
            return 1.0
        return p_value(dict(enumerate(self.ours)), dict(enumerate(self.theirs)))

    def shares(self) -> tuple[str, ...]:
        """Won, equal and lost."""
        signs = np.sign(logs(self.theirs) - logs(self.ours))
        return tuple(f"{100 * np.mean(signs == sign):.0f} %" for sign in (1, 0, -1))


def section(found: Standings) -> Section:
    """One row for each group of problems, mark and program."""
    columns = ("problems", "after", "against", "of them", "searches", "won", "equal", "lost", "p")
    rows = [
        row
        for label, groups in GROUPS.items()
        for mark in MARKS
        for row in _rows(label, found, found.group(*groups), mark)
    ]
    text = (
        "Shares of searches, problem and seed alike, in which the native engine was closer to the optimum; p "
        "of the paired test over all of them, corrected for the number of programs.",
    )
    return Section("Program by program", text, Table.of(columns, rows))


def lost(found: Standings) -> Iterator[tuple[str, int, str, str, str]]:
    """Groups of problems over which another program is better beyond noise, and the shares of both."""
    for label, groups in GROUPS.items():
        for mark in MARKS:
            for duel, p in _duels(found, found.group(*groups), mark):
                won, _, worse = duel.shares()
                if p < LEVEL and np.median(logs(duel.ours) - logs(duel.theirs)) > 0:
                    yield f"all {label}", mark, duel.other, f"closer in {won}", f"closer in {worse}"


def _rows(label: str, found: Standings, cases: Sequence[Case], mark: int) -> Iterator[tuple[object, ...]]:
    for duel, p in _duels(found, cases, mark):
        yield label, mark, duel.other, duel.problems, len(duel.ours), *duel.shares(), f"{p:.1g}"


def _duels(found: Standings, cases: Sequence[Case], mark: int) -> Iterator[tuple[Duel, float]]:
    """Each duel that was fought, with its p corrected for their number."""
    duels = [
        duel
        for one in CONTESTANTS
        if one.name != NATIVE and not one.solver and (duel := _duel(found, one.name, cases, mark)).problems
    ]
    yield from zip(duels, holm([duel.p for duel in duels]), strict=True)


def _duel(found: Standings, name: str, cases: Sequence[Case], mark: int) -> Duel:
    ours, theirs = (_searches(found, each, cases, mark) for each in (NATIVE, name))
    common = sorted(set(ours) & set(theirs))
    problems = len({case for case, _ in common})
    return Duel(name, problems, [ours[key] for key in common], [theirs[key] for key in common])


def _searches(found: Standings, name: str, cases: Sequence[Case], mark: int) -> dict[tuple[str, int], float]:
    return {
        (case.name, seed): record.regret_at(mark)
        for case in cases
        for seed, record in found.of(name, case).items()
    }
