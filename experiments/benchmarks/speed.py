"""Speed: laws, exact optimum, asks, sweeps, start-up. One table, each row with what it is compared to."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from experiments.benchmarks.measure import best_seconds, median
from objectives import laws
from objectives.budget import Budget
from objectives.exact import optima, optimum
from objectives.law_objectives import LawObjective
from runners.api import make_backend
from runners.documents.document import Section, Table
from runners.jobs.job import Batch, parse_batch
from runners.journal import Journal
from runners.single import header, run_spec
from runners.sweep import Unit, run_sweep
from search import make_engine
from spaces.law import law_space

LAW = laws.get("generalized", "moe")
Row = tuple[str, str, str]


def sections() -> list[Section]:
    """The table of this benchmark."""
    rows = [*laws_row(), *exact_rows(), *ask_rows(), *sweep_rows(), *start_rows()]
    return [Section("Speed", table=Table.of(("what", "measured", "compared with"), rows))]


def laws_row() -> Iterator[Row]:
    """Law evaluations per second on one core, beside the bare NumPy expression of the same formula."""
    rng = np.random.default_rng(0)
    n, d, s = 10 ** rng.uniform(7, 12, 10**6), 10 ** rng.uniform(9, 13, 10**6), rng.uniform(0, 0.98, 10**6)
    c = LAW.coefficients

    def bare() -> object:
        return (
            c["e"] * (1 - s) ** c["gamma"]
            + (c["a"] * (1 - s) ** c["alpha"] + c["c"] * s) / n ** c["alpha"]
            + c["b"] / d ** c["beta"]
        )

    best = best_seconds({"law": lambda: LAW.loss(n, d, s), "bare": bare})
    yield (
        "law evaluations per second and core",
        f"{1e6 / best['law']:.3g}",
        f"{best['bare'] / best['law']:.2f} x the bare NumPy formula",
    )


def exact_rows() -> Iterator[Row]:
    """The certified optimum: one budget, and a thousand at once."""
    budgets = Budget(1e21, max_total_params=1e11).with_flops(np.geomspace(1e18, 1e26, 1000))
    for law in (laws.get(kind.family) for kind in laws.FAMILIES if kind.published()):
        best = best_seconds(
            {"one": partial(optimum, law, budgets[500]), "many": partial(optima, law, budgets)},
            rounds=10,
        )
        yield (
            f"exact optimum, {law.family}",
            f"{1e3 * best['one']:.2f} ms",
            f"1,000 budgets in {best['many']:.3f} s, {1000 * best['one'] / best['many']:.0f} x faster each",
        )


def ask_rows() -> Iterator[Row]:
    """Ask + tell of each engine at the 100th trial of the law problem."""
    objective = LawObjective(LAW, Budget(1e21, max_sparsity=0.98))
    space = law_space([1e7, 1e12], [1e8, 1e13], [0, 0.98])
    seconds = {}
    for name in ("native", "skopt", "sobol", "random"):
        engine = make_engine(name, space, seed=0, constraint=objective.feasible)
        spent = []
        for _ in range(100):
            start = time.perf_counter()
            (suggestion,) = engine.ask()
            value = objective.evaluate(suggestion.config, seed=0)["loss"]
            engine.tell(suggestion, value)
            spent.append(time.perf_counter() - start)
        seconds[name] = median(spent[-20:])
    for name, value in seconds.items():
        yield (
            f"ask + tell at 100 trials, {name}",
            f"{1e3 * value:.1f} ms",
            f"{value / seconds['skopt']:.3f} x skopt",
        )


SWEEP = """
evaluations: 25
engine: {engine}
budget: {{flops: 1e21}}
space: {{kind: isoflop, n: [1e7, 1e12], sparsity: [0, 0.9]}}
sweep: {{seed: {{from: 0, to: {last}, number: {number}}}}}
"""


def sweep_rows() -> Iterator[Row]:
    """Whole searches of 25 evaluations per second, on each backend; starting it is not counted."""
    for engine, number in (("random", 100), ("native", 20)):
        batch = parse_batch(SWEEP.format(engine=engine, last=number - 1, number=number), "sweep", Path())
        rates = {name: number / _sweep_seconds(batch, name) for name in ("local", "process", "ray")}
        for name, rate in rates.items():
            ratio = f"{rate / rates['local']:.2f} x local"
            yield f"sweep, {engine}, searches per second on {name}", f"{rate:.1f}", ratio


def _sweep_seconds(batch: Batch, runner: str) -> float:
    """Wall seconds from the first search to the last."""
    units = [Unit(job.name, partial(run_spec, job.spec, batch.folder)) for job in batch.jobs]
    with tempfile.TemporaryDirectory() as folder, make_backend(runner) as backend:
        while backend.free() < backend.slots:
            backend.wait(0.1)
        with Journal.open(Path(folder), header("sweep", "sweep", 0)) as journal:
            start = time.perf_counter()
            run_sweep(units, backend=backend, journal=journal)
            return time.perf_counter() - start


def start_rows() -> Iterator[Row]:
    """A cold `scalesearch plan`, beside a Python that imports NumPy alone."""
    command = [
        str(Path(sys.executable).parent / "scalesearch"),
        "plan",
        "--flops",
        "5.76e23",
        "--law",
        "hoffmann",
    ]
    with tempfile.TemporaryFile() as nowhere:
        best = best_seconds(
            {
                "plan": lambda: subprocess.run([*command, "--json"], stdout=nowhere, check=True),
                "numpy": lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True),
            }
        )
    yield "scalesearch plan, cold", f"{best['plan']:.2f} s", f"import numpy alone {best['numpy']:.2f} s"
