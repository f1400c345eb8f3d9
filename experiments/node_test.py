"""Nodes and heads that go away in the middle of a search on Ray: `python -m experiments.node_test`.

On a cluster of several raylets on this machine. Every search must end with all of its trials, each recorded
once; what ran on the part that went away is run again.
"""

import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.ray_head import RayHead, free_port
from runners.backend import Backend, BackendGone
from runners.documents.document import Section, Table
from runners.documents.rendering import to_markdown
from runners.jobs.job import Job, parse_batch
from runners.journal import read
from runners.records import Retried
from runners.single import run_job
from search.history import History
from search.trial import Asked, Done, Failed

EVALUATIONS = 40
JOB = f"""
evaluations: {EVALUATIONS}
engine: sobol
parallel: auto
timeout: 60
space: {{parameters: {{x: {{type: float, lower: 0, upper: 1}}}}}}
objective: {{kind: python, target: "experiments.node_test:evaluate"}}
"""


def evaluate(config: Mapping[str, Any]) -> float:
    """A short trial."""
    time.sleep(0.4)
    return float(config["x"])


@dataclass(frozen=True)
class Result:
    """What became of a search."""

    done: int
    failed: int
    retried: int
    twice: int
    """Trials whose end is recorded more than once."""
    most_slots: int
    seconds: float


Event = Callable[[], None]


def watched(folder: Path, backend: Backend, events: Mapping[int, Event]) -> Result:
    """Run or resume the search; each event happens once so many trials have ended."""
    waiting, slots, start = dict(sorted(events.items())), [backend.slots], time.monotonic()

    def progress(history: History) -> None:
        slots.append(backend.slots)
        for count in [count for count in waiting if count <= len(history.ended)]:
            waiting.pop(count)()

    run_job(job(), folder, backend, progress)
    return result(folder, max(slots), time.monotonic() - start)


def job() -> Job:
    """The search of every scenario."""
    return parse_batch(JOB, "node", Path()).jobs[0]


def result(folder: Path, most_slots: int, seconds: float) -> Result:
    """What the journal says."""
    contents = read(folder)
    history = History(contents.events)  # refuses an end that is recorded twice
    ends = Counter(event.number for event in contents.events if isinstance(event, Done | Failed))
    asked = [event for event in contents.events if isinstance(event, Asked)]
    assert len(asked) == len(history.trials)
    retried = sum(isinstance(record, Retried) for record in contents.records)
    return Result(*history.counts, retried, sum(n > 1 for n in ends.values()), most_slots, seconds)


def node_replaced(folder: Path) -> Result:
    """One of two nodes dies, with all of its processes; later another joins."""
    from runners.backends.ray_backend import RayBackend  # isort: skip  (it sets the environment for Ray)
    from ray.cluster_utils import Cluster

    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        node = cluster.add_node(num_cpus=2)
        with RayBackend(address=cluster.address) as backend:
            while backend.free() < 3:
                backend.wait(1.0)
            events: dict[int, Event] = {
                6: lambda: cluster.remove_node(node, allow_graceful=False),
                12: lambda: cluster.add_node(num_cpus=3),
            }
            return watched(folder, backend, events)
    finally:
        cluster.shutdown()


def head_restarted(folder: Path) -> Result:
    """The head dies and comes back at the same place: the driver connects again by itself."""
    from runners.backends.ray_backend import RayBackend

    port = free_port()
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as sessions:
        heads = [RayHead(2, port, Path(sessions))]

        def restart() -> None:
            time.sleep(6.0)
            heads.append(RayHead(2, port, Path(sessions)))

        back = threading.Thread(target=restart)

        def crash() -> None:
            heads[0].kill()
            back.start()

        try:
            with RayBackend(address=heads[0].address, patience=120.0) as backend:
                return watched(folder, backend, {6: crash})
        finally:
            if back.ident is not None:
                back.join()
            heads[-1].kill()


def head_lost(folder: Path) -> Result:
    """The head dies for good: the driver says so, and the search is resumed on another."""
    from runners.backends.ray_backend import RayBackend

    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as sessions:
        head = RayHead(2, free_port(), Path(sessions))
        try:
            with RayBackend(address=head.address, patience=2.0) as backend:
                watched(folder, backend, {6: head.kill})
            raise AssertionError("the search cannot have ended")
        except BackendGone as gone:
            print(f"the driver said: {gone}", file=sys.stderr)
        finally:
            head.kill()
        other = RayHead(2, free_port(), Path(sessions))
        try:
            with RayBackend(address=other.address) as backend:
                return watched(folder, backend, {})
        finally:
            other.kill()


def raylet_lost(folder: Path) -> Result:
    """The cluster of this machine alone is killed under its driver, which starts another."""
    from runners.backends.ray_backend import RayBackend

    def kill() -> None:
        mine = subprocess.run(
            ["pgrep", "-f", f"gcs_server.*{session()}"], capture_output=True, text=True, check=True
        )
        for pid in mine.stdout.split():
            subprocess.run(["kill", f"-{signal.SIGKILL.value}", pid], check=True)

    with RayBackend(2) as backend:
        return watched(folder, backend, {6: kill})


def session() -> str:
    """The name of the Ray session this process is in."""
    import ray

    node: Any = ray._private.worker._global_node
    return str(node.session_name)


SCENARIOS: Mapping[str, Callable[[Path], Result]] = {
    "a node dies, another joins": node_replaced,
    "the head dies and comes back": head_restarted,
    "the head dies for good, resumed on another": head_lost,
    "the local cluster dies": raylet_lost,
}


def main() -> None:
    """Print the table."""
    rows = []
    for name, scenario in SCENARIOS.items():
        with tempfile.TemporaryDirectory() as folder:
            found = scenario(Path(folder))
        rows.append((name, *list(vars(found).values())[:-1], f"{found.seconds:.0f}"))
    columns = ("what happens", "done", "failed", "run again", "recorded twice", "most slots", "seconds")
    print(to_markdown([Section(f"{EVALUATIONS} trials each", (), Table.of(columns, rows))]))


if __name__ == "__main__":
    main()
