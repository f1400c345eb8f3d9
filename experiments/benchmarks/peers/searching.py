"""One search of one contestant: evaluations in turn, or by several workers on a simulated clock."""

import heapq
from itertools import count

import numpy as np

from experiments.benchmarks.peers.cases import Case
from experiments.benchmarks.peers.players import Player, excess_of
from experiments.benchmarks.peers.records import Record
from experiments.benchmarks.problems import Problem
from spaces.configs import Config

SPREAD = 0.5
"""Standard deviation of the logarithm of an evaluation's duration, where there are several workers."""


class Search:
    """What a player proposes, evaluated; the same noise and failures for every program."""

    def __init__(self, player: Player, problem: Problem, seed: int) -> None:
        self._player, self._problem, self._seed = player, problem, seed
        self._excess = excess_of(problem)
        self.observed: list[float | None] = []
        self.true: list[float | None] = []
        self.cpu: list[float] = []
        self.infeasible = 0
        self._counted = 0.0

    def run(self, evaluations: int, workers: int) -> None:
        """Keep every worker busy until so many evaluations have ended."""
        rng = np.random.default_rng([self._seed, workers])
        running: list[tuple[float, int, int, Config]] = []
        clock, order = 0.0, count()
        for started in range(evaluations + workers):
            if len(running) == workers or started >= evaluations:
                clock, _, number, config = heapq.heappop(running)
                self._end(number, config)
            if started < evaluations:
                number, config = self._player.ask()
                duration = float(np.exp(SPREAD * rng.standard_normal())) if workers > 1 else 1.0
                heapq.heappush(running, (clock + duration, next(order), number, config))

    def _end(self, number: int, config: Config) -> None:
        """An evaluation: its value goes into the record and back to the player."""
        (excess,) = self._excess([config])
        broken = excess > 0
        observed = None if broken else self._problem.observe(dict(config), self._seed, len(self.observed))
        self.infeasible += broken
        self._player.tell(number, observed, excess if broken else 0.0)
        self.observed.append(observed)
        self.true.append(None if observed is None else self._problem.value(dict(config)))
        self.cpu.append(self._player.cpu - self._counted)
        self._counted = self._player.cpu

    def record(self, program: str, version: str, case: Case, error: str = "") -> Record:
        """What came of it, as it is stored."""
        return Record(
            program=program,
            version=version,
            case=case.name,
            seed=self._seed,
            optimum=self._problem.optimum,
            observed=self.observed,
            true=self.true,
            cpu=self.cpu,
            infeasible=self.infeasible,
            redrawn=self._player.redrawn,
            error=error,
        )
