"""The driver of a search is killed with SIGKILL again and again: nothing finished is lost or done twice.

`python -m experiments.crash_test [--kills 200] [--seed 0] [--runners local process ray]` runs the command
line itself, kills it at random moments of its life or in the middle of a write to the journal, and resumes it
until the search is finished; then the next search begins. Three things are counted, and must be 0: trials
whose end an outside reader had seen and that are gone; trials recorded as ended and evaluated again; and
configurations that an engine without interruption, given the same events, would not have asked.
"""

import argparse
import contextlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from experiments.ray_head import ray_head
from runners.documents.document import Section, Table
from runners.documents.rendering import to_markdown
from runners.jobs.job import Job, load_batch
from runners.journal import FILE, Contents, read
from runners.loop import trial_seed
from runners.sweep import FOLDER
from search.history import History
from search.trial import Asked, Done, Failed
from spaces.errors import BadInput

EVALUATIONS = 24
JOB = f"""
name: search
evaluations: {EVALUATIONS}
parallel: 2
seed: {{seed}}
space:
  parameters:
    x: {{{{type: float, lower: 0, upper: 1}}}}
    y: {{{{type: float, lower: 0, upper: 1}}}}
objective: {{{{kind: python, target: "objective.py:evaluate"}}}}
"""
OBJECTIVE = """
import os, time
from pathlib import Path

LOG = Path(__file__).parent / "begun"

def evaluate(config, seed):
    log = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(log, b"%d\\n" % seed)
    os.close(log)
    time.sleep(0.02 + 0.06 * config["x"])
    if config["y"] > 0.9:
        raise ValueError("y is above 0.9")
    return (config["x"] - 0.3) ** 2 + (config["y"] - 0.6) ** 2
"""


@dataclass
class Tally:
    """What a campaign saw."""

    kills: int = 0
    in_a_write: int = 0
    """Kills in the middle of a write to the journal."""
    torn: int = 0
    """Journals that a kill left with half a record."""
    searches: int = 0
    finished: int = 0
    """Trials that ended, over all searches."""
    evaluated: int = 0
    """Evaluations begun; more than trials, for what ran when the driver died runs again."""
    lost: int = 0
    repeated: int = 0
    other_asks: int = 0

    @property
    def faults(self) -> int:
        """What must be 0."""
        return self.lost + self.repeated + self.other_asks


class Search:
    """A job in a folder, and the command that runs or resumes it.

    Args:
        folder: new.
        options: of the command, such as its runner.
        seed: of the search.
    """

    def __init__(self, folder: Path, options: Sequence[str], seed: int) -> None:
        folder.mkdir()
        (folder / "job.yaml").write_text(JOB.format(seed=seed))
        (folder / "objective.py").write_text(OBJECTIVE)
        self.job: Job = load_batch(folder / "job.yaml").jobs[0]
        self._log = folder / "begun"
        self._journal = folder / "out" / FOLDER / "search"
        given = [str(folder / "job.yaml"), "--out", str(folder / "out"), "--resume", "--quiet"]
        self._arguments = ["search", *given, *options]

    def start(self, torn: tuple[int, int] | None = None) -> subprocess.Popen[bytes]:
        """The command; with a fault (write, bytes) in its journal where one is given."""
        fault = map(str, torn or (-1, 0))
        return subprocess.Popen(
            [sys.executable, "-m", "experiments.torn_write", *fault, *self._arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def begun(self) -> list[int]:
        """The seeds of all evaluations so far, in order of their beginning."""
        return [int(line) for line in self._log.read_text().split()] if self._log.exists() else []

    def contents(self) -> Contents:
        """The journal as it is; empty before there is one."""
        try:
            return read(self._journal)
        except BadInput:
            if (self._journal / FILE).exists():
                raise
            return Contents(None, [], 0, 0)

    def ended(self) -> set[int]:
        """Numbers of the trials that the journal says have ended."""
        return {event.number for event in self.contents().events if isinstance(event, Done | Failed)}

    def other_asks(self) -> int:
        """How many configurations an unbroken engine would not have asked, given the same events."""
        engine, others = self.job.engine(), 0
        for event in self.contents().events:
            if isinstance(event, Asked):
                (suggestion,) = engine.ask()
                others += (suggestion.number, suggestion.config) != (event.number, event.config)
            else:
                engine.replay([event])
        return others


class Campaign:
    """Searches of one runner, killed and resumed.

    Args:
        options: of the command.
        seed: of the kills and the searches.
        folder: for the searches.
    """

    def __init__(self, options: Sequence[str], seed: int, folder: Path) -> None:
        self._options = options
        self._rng = random.Random(seed)
        self._folder = folder
        self.tally = Tally()

    def run(self, kills: int) -> Tally:
        """Kill until that many kills have hit a living driver; the last search is finished in peace."""
        life = self._unbroken()
        while self.tally.kills < kills:
            search = self._search()
            while self.tally.kills < kills and len(search.ended()) < EVALUATIONS:
                self._kill_once(search, life)
            self._finish(search)
        return self.tally

    def _search(self) -> Search:
        number = self.tally.searches
        self.tally.searches += 1
        return Search(self._folder / str(number), self._options, number)

    def _unbroken(self) -> float:
        """Seconds one search takes from its start to its end."""
        search, start = self._search(), time.monotonic()
        self._finish(search)
        return time.monotonic() - start

    def _finish(self, search: Search) -> None:
        with _checked(search, self.tally):
            if search.start().wait(120) != 0:
                raise RuntimeError("an unbroken run failed")
        tally, history = self.tally, History(search.contents().events)
        tally.lost += EVALUATIONS - len(history.ended)
        tally.finished += len(history.ended)
        tally.evaluated += len(search.begun())
        tally.other_asks += search.other_asks()

    def _kill_once(self, search: Search, life: float) -> None:
        """Start the command and kill it somewhere; a run that ends before is no kill."""
        torn = None
        if self._rng.random() < 0.5:
            torn = (self._rng.randrange(EVALUATIONS), self._rng.randrange(250))
        moment = 120.0 if torn else self._rng.uniform(0.2, 1.0) * life
        with _checked(search, self.tally) as seen:
            process = search.start(torn)
            deadline = time.monotonic() + moment
            while process.poll() is None and time.monotonic() < deadline:
                seen |= search.ended()
                time.sleep(0.02)
            process.kill()
            killed = process.wait() == -signal.SIGKILL
        self.tally.kills += killed
        self.tally.in_a_write += killed and torn is not None
        self.tally.torn += search.contents().torn > 0


@contextlib.contextmanager
def _checked(search: Search, tally: Tally) -> Iterator[set[int]]:
    """A run of a search: what its journal had before must be there after it, and not be evaluated again.

    Yields:
        The trials seen to have ended; those seen during the run may be added.
    """
    ended, begun = search.ended(), len(search.begun())
    seeds = {trial_seed(search.job.spec.seed, number) for number in ended}
    yield ended
    tally.lost += len(ended - search.ended())
    tally.repeated += sum(seed in seeds for seed in search.begun()[begun:])


def campaign(runner: str, kills: int, seed: int) -> Tally:
    """A campaign on one runner; Ray gets a head of its own, which survives the drivers."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        options = ["--runner", runner]
        if runner != "local":
            options += ["--workers", "2"]
        if runner == "ray":
            options += ["--address", stack.enter_context(ray_head(cpus=4)).address]
        return Campaign(options, seed, folder).run(kills)


def main() -> int:
    """Print the table; the exit code is 1 where anything was lost, repeated or asked differently."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=200, help="in all, shared among the runners")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runners", nargs="+", default=["local", "process", "ray"])
    given = parser.parse_args()
    rows, faults = [], 0
    for index, runner in enumerate(given.runners):
        kills = given.kills // len(given.runners) + (index < given.kills % len(given.runners))
        tally = campaign(runner, kills, given.seed + index)
        faults += tally.faults
        rows.append((runner, *(getattr(tally, each.name) for each in fields(Tally))))
        print(f"{runner}: {tally}", file=sys.stderr, flush=True)
    columns = ("runner", *(each.name.replace("_", " ") for each in fields(Tally)))
    print(to_markdown([Section("Drivers killed with SIGKILL", (), Table.of(columns, rows))]))
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
