"""The same problem files on the real ytopt and on ours: `python -m experiments.benchmarks ytopt`.

The real one runs in an environment of its own (see `docs/ytopt.md`), whose interpreter YTOPT_PYTHON names
(`.venv-peers-ytopt/bin/python` if unset); without it there are only our rows. A search of the real one takes
minutes, so what it found is kept in `results/ytopt-beside`; a run that was cut off goes on there.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import mannwhitneyu

from runners.documents.document import Section, Table
from runners.ytopt.flags import Flags
from runners.ytopt.problem_file import load
from search import make_engine

ROOT = Path(__file__).resolve().parents[2]
PROBLEMS = ROOT / "experiments/ytopt"
KEPT = ROOT / "results/ytopt-beside"
SCRIPT = ROOT / "experiments/benchmarks/peers/inside/ytopt_search.py"
PYTHON = os.environ.get("YTOPT_PYTHON", str(ROOT / ".venv-peers-ytopt/bin/python"))
SEEDS, REAL_SEEDS = 10, 5
"""Of our searches, and of the real one's, which take minutes each."""


@dataclass(frozen=True)
class Case:
    """A problem file and the flags of a search."""

    problem: str
    evaluations: int
    learner: str = "RF"
    acq_func: str = "gp_hedge"
    liar_strategy: str = "cl_max"

    @property
    def file(self) -> Path:
        """The problem file."""
        return PROBLEMS / self.problem / "problem.py"

    @property
    def flags(self) -> dict[str, str]:
        """What the two programs are told alike."""
        return {
            "learner": self.learner,
            "acq_func": self.acq_func,
            "liar_strategy": self.liar_strategy,
        }

    def __str__(self) -> str:
        return f"{self.problem}, {self.learner}, {self.acq_func}"


CASES = (
    Case("ackley", 60),
    Case("pragmas", 40),
    Case("box", 40, "ET", "EI", "cl_mean"),
)


@dataclass(frozen=True)
class Search:
    """The value of every evaluation, in order, and the processor seconds spent on asking and telling."""

    values: tuple[float, ...]
    cpu: float

    @property
    def best(self) -> npt.NDArray[np.float64]:
        """Least value so far, shape (evaluations,)."""
        return np.minimum.accumulate(self.values)


def sections() -> list[Section]:
    """The tables of this benchmark."""
    columns = ("problem, flags", "program", "best at 25", "best at the end", "p", "CPU per evaluation")
    text = (
        f"Median of {SEEDS} seeds, of the real ytopt {REAL_SEEDS}; one worker. p: two-sided Mann-Whitney "
        "test of the ends against the real ytopt's. CPU: of asking and telling, without the objective.",
    )
    return [Section("The real ytopt beside ours", text, Table.of(columns, rows()))]


def rows() -> Iterator[tuple[str, ...]]:
    """One row for each case and program."""
    for case in CASES:
        theirs = [real(case, seed) for seed in range(1, REAL_SEEDS + 1)] if Path(PYTHON).is_file() else []
        asked = Flags(
            case.problem, learner=case.learner, acq_func=case.acq_func, liar_strategy=case.liar_strategy
        )
        ours = {
            "engine skopt": partial(search, case, "skopt", **asked.options),
            "engine native": partial(search, case, "native"),
        }
        if theirs:
            yield _row(case, "ytopt", theirs, theirs)
        for label, run in ours.items():
            yield _row(case, label, [run(seed) for seed in range(1, SEEDS + 1)], theirs)


def _row(case: Case, label: str, searches: Sequence[Search], theirs: Sequence[Search]) -> tuple[str, ...]:
    ends = [one.best[-1] for one in searches]
    compared = bool(theirs) and label != "ytopt"
    p = mannwhitneyu(ends, [one.best[-1] for one in theirs]).pvalue if compared else None
    return (
        str(case),
        label,
        f"{np.median([one.best[24] for one in searches]):.4g}",
        f"{np.median(ends):.4g} (at {case.evaluations})",
        "" if p is None else f"{p:.2g}",
        f"{1e3 * np.median([one.cpu for one in searches]) / case.evaluations:.0f} ms",
    )


def search(case: Case, engine_name: str, seed: int, **options: Any) -> Search:
    """One search by an engine of ours."""
    problem = load(str(case.file), ROOT)
    engine = make_engine(engine_name, problem.space, seed=seed, **options)
    values, used, begun = [], 0.0, time.process_time()
    for _ in range(case.evaluations):
        (suggestion,) = engine.ask()
        start = time.process_time()
        values.append(float(problem.evaluate(suggestion.config)))
        used += time.process_time() - start
        engine.tell(suggestion, values[-1])
    return Search(tuple(values), time.process_time() - begun - used)


def real(case: Case, seed: int) -> Search:
    """One search by the real ytopt, run now unless it was before."""
    name = "-".join([case.problem, *case.flags.values(), str(case.evaluations), str(seed)])
    kept = KEPT / f"{name}.json"
    if not kept.exists():
        command = [
            PYTHON,
            str(SCRIPT),
            str(case.file),
            str(case.evaluations),
            str(seed),
            json.dumps(case.flags),
        ]
        with tempfile.TemporaryDirectory() as folder:  # it writes a log where it stands
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.stderr.write(done.stderr[-2000:])
            raise RuntimeError(f"the real ytopt failed on {case}")
        KEPT.mkdir(parents=True, exist_ok=True)
        kept.write_text(done.stdout.splitlines()[-1])
    found = json.loads(kept.read_text())
    return Search(tuple(found["values"]), found["cpu"])
