"""Which searches the comparison needs, and the running of those that are missing."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from experiments.benchmarks.peers.cases import Case
from experiments.benchmarks.peers.contestants import CHEAP, CONTESTANTS, Contestant
from experiments.benchmarks.peers.environments import ROOT, environments
from experiments.benchmarks.peers.players import OwnPlayer, PeerFailed, PeerPlayer, PeerProcess, Player
from experiments.benchmarks.peers.records import Record, Store
from experiments.benchmarks.peers.searching import Search
from experiments.benchmarks.problems import Problem
from spaces.errors import Infeasible

LIMIT = 900.0
"""Wall seconds one search of a peer may take."""
SOURCES = ("search", "spaces")
"""What our own engines are made of."""


@dataclass(frozen=True)
class Run:
    """One search that belongs to the comparison."""

    contestant: Contestant
    case: Case
    seed: int


def runs(contestants: Sequence[Contestant], cases: Sequence[Case], most: int) -> Iterator[Run]:
    """Every search of each contestant, a seed at a time, so that what is cut short is cut evenly."""
    for one in contestants:
        for seed in range(most):
            for case in cases:
                if seed < seeds(one, case):
                    yield Run(one, case, seed)


def seeds(one: Contestant, case: Case) -> int:
    """How many searches of a case a contestant makes; 0 where it cannot, or where it would take hours."""
    if one.solver and not case.smooth:
        return 0
    if case.group == "cost":
        return int(one.seeds == CHEAP or case.evaluations <= 300)
    if case.group == "crowd":
        return one.seeds if one.parallel else 0
    return one.bbob_seeds if case.group.startswith("bbob") else one.seeds


def version(one: Contestant) -> str:
    """Of a peer, the one pinned; of our engines, the last commit of what they are made of."""
    if not one.ours:
        return environments()[one.environment].version
    if one.module in ("random", "sobol"):
        return "baseline"
    return _commit()


@lru_cache(maxsize=1)
def _commit() -> str:
    """The last one that changed our engines, with a mark if they have changed since."""
    git = ["git", "-C", str(ROOT)]
    command = [*git, "log", "-1", "--format=%h", "--", *SOURCES]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", *SOURCES], check=False).returncode
    commit = told.stdout.strip() or "unknown"
    return f"{commit}-changed" if changed == 1 else commit


class Campaign:
    """Runs what is missing in the store, until the time is up."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store, self._until = store, time.monotonic() + seconds
        self._processes: dict[str, PeerProcess] = {}

    def run(self, wanted: Sequence[Run]) -> None:
        """Every search that is not in the store, one after another."""
        missing = [one for one in wanted if not self._done(one)]
        for number, one in enumerate(missing, start=1):
            if time.monotonic() > self._until:
                print(f"out of time: {len(missing) - number + 1} searches are left", file=sys.stderr)
                break
            begun = time.monotonic()
            record = self._search(one)
            self._store.append(record)
            took = f"{time.monotonic() - begun:.1f} s, regret {record.regret_at(10**9):.2e} {record.error}"
            print(f"{number}/{len(missing)} {one.contestant.name}: {one.case.name} #{one.seed}: {took}")
        self.close()

    def close(self) -> None:
        """End the peers."""
        for process in self._processes.values():
            process.close()
        self._processes = {}

    def _done(self, one: Run) -> bool:
        name = one.contestant.name
        return one.seed in self._store.read(name, version(one.contestant), one.case.name)

    def _search(self, one: Run) -> Record:
        """A search, as far as it came."""
        problem = one.case.problem(one.seed)
        search = Search(self._player(one, problem), problem, one.seed)
        error = ""
        with self._limited(one.contestant):
            try:
                search.run(one.case.evaluations, one.case.workers)
            except Infeasible:
                pass  # our engines ask nothing twice: a small table is exhausted, and its best is found
            except PeerFailed as failure:
                error = str(failure)
                self._processes.pop(one.contestant.name).close()
        return search.record(one.contestant.name, version(one.contestant), one.case, error)

    def _player(self, one: Run, problem: Problem) -> Player:
        if one.contestant.ours:
            return OwnPlayer(one.contestant.module, problem, one.seed)
        process = self._process(one.contestant)
        return PeerPlayer(process, problem, one.seed, one.case.evaluations, one.case.workers)

    @contextmanager
    def _limited(self, one: Contestant) -> Iterator[None]:
        """A block in which a peer has `LIMIT` seconds; then its process is ended."""
        if one.ours:
            yield
            return
        timer = threading.Timer(LIMIT, self._process(one).kill)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _process(self, one: Contestant) -> PeerProcess:
        """The contestant's process, started when first needed."""
        if one.name not in self._processes:
            self._processes[one.name] = PeerProcess.of(one)
        return self._processes[one.name]


def install(names: Sequence[str]) -> list[str]:
    """Install the environments that are missing; what could not be installed, in words."""
    troubles = []
    for name in names:
        environment = environments()[name]
        if environment.installed:
            continue
        print(f"installing {name} {environment.version} into {environment.folder.name}", file=sys.stderr)
        try:
            environment.install()
        except (FileNotFoundError, subprocess.CalledProcessError) as error:
            troubles.append(f"{name}: {error}")
    return troubles


def ready(contestants: Sequence[Contestant] = CONTESTANTS) -> list[Contestant]:
    """Those whose environment is there."""
    return [one for one in contestants if one.ours or environments()[one.environment].installed]
