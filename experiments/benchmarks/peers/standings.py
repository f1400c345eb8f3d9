"""The stored searches as standings: regrets by program, case, mark and seed, and verdicts on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from experiments.benchmarks.peers.campaign import version
from experiments.benchmarks.peers.cases import MARKS, Case
from experiments.benchmarks.peers.contestants import CONTESTANTS, NATIVE, Contestant
from experiments.benchmarks.peers.records import Record, Store
from experiments.benchmarks.peers.statistics import Verdict, rank, verdicts


@dataclass(frozen=True)
class Standing:
    """All programs on one case after so many evaluations."""

    case: Case
    mark: int
    regrets: Mapping[str, Mapping[int, float]]
    """Program -> seed -> regret."""

    @cached_property
    def medians(self) -> dict[str, float]:
        """Median regret of each program."""
        return {name: float(np.median(list(each.values()))) for name, each in self.regrets.items()}

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """The native engine against each other program."""
        others = {name: each for name, each in self.regrets.items() if name != NATIVE}
        return verdicts(self.regrets[NATIVE], others)

    @property
    def rank(self) -> int:
        """The native engine's place by median regret."""
        return rank(NATIVE, self.medians)

    @property
    def place(self) -> int:
        """One more than the programs that are better beyond noise."""
        return 1 + self.count(Verdict.LOSS)

    @property
    def best_other(self) -> str:
        """The other program of the least median."""
        return min((name for name in self.medians if name != NATIVE), key=lambda name: self.medians[name])

    def count(self, verdict: Verdict) -> int:
        """Against how many programs."""
        return sum(each is verdict for each in self.verdicts.values())


@dataclass(frozen=True)
class Standings:
    """What the tables are made of."""

    store: Store
    cases: Sequence[Case]

    @cached_property
    def records(self) -> dict[tuple[str, str], dict[int, Record]]:
        """(program, case) -> seed -> record, of the versions that are pinned or checked out now."""
        return {
            (one.name, case.name): found
            for one in CONTESTANTS
            for case in self.cases
            if (found := self.store.read(one.name, version(one), case.name))
        }

    def of(self, contestant: Contestant | str, case: Case) -> dict[int, Record]:
        """Searches of one program on one case, by seed."""
        name = contestant if isinstance(contestant, str) else contestant.name
        return self.records.get((name, case.name), {})

    def group(self, *groups: str) -> list[Case]:
        """The cases of some groups that the native engine and another program have searched."""
        return [case for case in self.cases if case.group in groups and self._compared(case)]

    def standing(self, case: Case, mark: int) -> Standing:
        """The searches (not the solvers) on one case."""
        names = [one.name for one in CONTESTANTS if not one.solver and self.of(one, case)]
        regrets = {
            name: {seed: record.regret_at(mark) for seed, record in self.of(name, case).items()}
            for name in names
        }
        return Standing(case, mark, regrets)

    def standings(self, *groups: str) -> list[Standing]:
        """Every case of the groups at every mark."""
        return [self.standing(case, mark) for mark in MARKS for case in self.group(*groups)]

    def _compared(self, case: Case) -> bool:
        return bool(self.of(NATIVE, case)) and len({name for name, at in self.records if at == case.name}) > 1
