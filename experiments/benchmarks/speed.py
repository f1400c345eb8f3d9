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
from runners.document import Section, Table
from search import make_engine
from spaces.law import law_space

LAW = laws.get("generalized", "moe")
Row = tuple[str, str, str]


def sections() -> list[Section]:
    """The table of this benchmark."""
    rows = [*laws_row(), *exact_rows(), *ask_rows(), *start_rows()]
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
    for family in laws.families():
        law = laws.get(family)
        best = best_seconds(
            {"one": partial(optimum, law, budgets[500]), "many": partial(optima, law, budgets)},
            rounds=3,
        )
        yield (
            f"exact optimum, {family}",
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
