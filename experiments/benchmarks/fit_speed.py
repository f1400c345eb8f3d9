"""How long a fit takes: `python -m experiments.benchmarks fit_speed`, beside others in the same run.

The bars: Chinchilla's 240 runs with certificate and 1,000 calibrated draws in a second of one core; families
with rolling-origin selection in ten; a plan from a saved fit in 50 ms. Peers run in environments of their
own, which `make peers` installs; one that is missing is said to be. The package `chinchilla` takes minutes:
its row is there with SLOW_PEERS=1 in the environment.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.benchmarks.peers.environments import python_of
from experiments.real_runs import SHARED, chinchilla
from objectives.budget import Budget
from objectives.fit.losses import Huber
from objectives.fit.pipeline import fit_runs
from objectives.fit.record import to_record
from objectives.fit.saved import load
from objectives.plan import plan
from objectives.runs import Runs
from runners.documents.document import Section, Table
from search.threads import one_thread

ROUNDS = 3
HERE = Path(__file__).parent
PEERS = python_of("fits")
FAMILIES = ("hoffmann", "coupled", "kaplan", "farseer")
LONGEST = 900
"""Seconds a peer may take."""


def sections() -> list[Section]:
    """The table of this benchmark."""
    runs = chinchilla(SHARED / "data", drop=5)
    with one_thread():
        rows = [*_ours(runs), *_peers(runs)]
    columns = ("what", "draws", "wall", "CPU", "objective")
    text = (
        f"{len(runs)} runs of Chinchilla; best of {ROUNDS}, one thread.",
        "The objective is the summed Huber loss (delta 1e-3) of log residuals of the coefficients found.",
    )
    return [Section("Speed of a fit", text, Table.of(columns, rows))]


def _ours(runs: Runs) -> Iterator[tuple[str, ...]]:
    wall, cpu, fit = _timed(lambda: fit_runs(runs, "hoffmann", compare=()))
    yield "ours: certificate, calibrated draws", "1000", _shown(wall), _shown(cpu), f"{fit.objective:.7e}"
    wall, cpu, _ = _timed(lambda: fit_runs(runs, "auto", compare=FAMILIES, draws=1000), rounds=1)
    yield f"ours: {len(FAMILIES)} families with selection", "1000", _shown(wall), _shown(cpu), ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fit.json"
        path.write_text(json.dumps(to_record(fit)))
        ensemble = load(path)
    wall, cpu, _ = _timed(lambda: plan(ensemble.law, Budget(1e24), ensemble=ensemble), rounds=10)
    yield "ours: a plan from a saved fit", "1000", _shown(wall), _shown(cpu), ""


def _timed(call: Callable[[], Any], rounds: int = ROUNDS) -> tuple[float, float, Any]:
    """Least wall and processor seconds over the rounds, and the last result."""
    walls, cpus, result = [], [], None
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        result = call()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus), result


def _shown(seconds: float) -> str:
    return f"{1e3 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _peers(runs: Runs) -> Iterator[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.csv"
        table = np.column_stack([runs.n, runs.tokens, runs.loss])
        np.savetxt(path, table, delimiter=",", header="n,tokens,loss", comments="")
        yield _peer(runs, "simple-scaling-laws 0.2.0", "fit_simple_scaling_laws.py", [str(path), "200"])
        yield _peer(runs, "simple-scaling-laws 0.2.0", "fit_simple_scaling_laws.py", [str(path), "1000"])
        if os.environ.get("SLOW_PEERS"):
            yield _peer(runs, "chinchilla 0.2.0, no interval", "fit_chinchilla.py", [str(path), "0"])


def _peer(runs: Runs, name: str, program: str, arguments: list[str]) -> tuple[str, ...]:
    """One peer's row; without its environment, what would make it."""
    if not PEERS.exists():
        return name, arguments[1], "not installed: make peers", "", ""
    command = [str(PEERS), str(HERE / "peers" / "inside" / program), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    if ended.returncode:
        return name, arguments[1], f"failed: {ended.stderr.strip().splitlines()[-1][:80]}", "", ""
    answer = json.loads(ended.stdout.strip().splitlines()[-1])
    objective = _objective(runs, answer["coefficients"])
    return name, arguments[1], _shown(answer["seconds"]), _shown(answer["cpu"]), objective


def _objective(runs: Runs, found: dict[str, float]) -> str:
    """Of a peer's coefficients, where its units are ours."""
    if not {"E", "A", "B", "alpha", "beta"} <= set(found) or found["A"] < 1:
        return "in units of its own"
    predicted = found["E"] + found["A"] / runs.n ** found["alpha"] + found["B"] / runs.tokens ** found["beta"]
    return f"{Huber().value(np.log(predicted / runs.loss)).sum():.7e}"
