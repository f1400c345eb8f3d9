"""Several objectives beside other programs: `python -m experiments.benchmarks several_objectives`.

The share of the true front's hypervolume that is not won after so many evaluations. Engines and BoTorch are
given the reference; `native, no reference` finds its own. Peers whose environment is not installed
(`experiments/benchmarks/peers`) are left out and named.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.benchmarks.front_problems import FrontProblem, dtlz2, shapes, zdt
from experiments.benchmarks.peers.environments import environments
from runners.documents.document import Section, Table
from search import make_engine
from spaces.configs import Config

Array = npt.NDArray[np.float64]

SEEDS, FEWER = 10, 3
"""Searches of each program, and of one that takes minutes for each."""
MARKS = (25, 50, 100)
ENGINES = {
    "native": ("native", True),
    "native, no reference": ("native", False),
    "sobol": ("sobol", True),
    "random": ("random", True),
}
"""Label -> engine, and whether it is told the reference."""
PEERS = {
    "Optuna NSGA-II": ("optuna", "nsga2", SEEDS),
    "Optuna TPE": ("optuna", "tpe", SEEDS),
    "BoTorch qLogEHVI": ("botorch", "botorch", FEWER),
}
"""Label -> environment, sampler and number of searches."""
INSIDE = Path(__file__).parent / "peers/inside/front_peers.py"
PATIENCE = 50
"""Illegal configurations a peer may propose for each legal one; they cost it nothing."""


@dataclass(frozen=True)
class Search:
    """One search: its gap after every evaluation, and the processor seconds of asking and telling."""

    gaps: list[float]
    cpu: float


def sections() -> list[Section]:
    """The table of this benchmark."""
    columns = ("problem", "program", *(f"gap at {mark}" for mark in MARKS), f"worst at {MARKS[-1]}")
    missing = sorted({name for name, *_ in PEERS.values() if not environments()[name].installed})
    text = ["Share of the hypervolume not won, median over seeds; CPU seconds of a search."]
    text += [f"Not installed: {', '.join(missing)}."] if missing else []
    return [Section("Several objectives", tuple(text), Table.of((*columns, "seeds", "CPU"), rows()))]


def rows() -> Iterator[tuple[str, ...]]:
    """One row per problem and program."""
    for problem in (zdt(1), zdt(2), dtlz2(2), dtlz2(3), shapes()):
        for label, (engine, told) in ENGINES.items():
            yield row(problem, label, [own(problem, engine, seed, told) for seed in range(SEEDS)])
        for label, (environment, sampler, seeds) in PEERS.items():
            if environments()[environment].installed and _takes(sampler, problem):
                yield row(
                    problem, label, [peer(problem, environment, sampler, seed) for seed in range(seeds)]
                )


def row(problem: FrontProblem, label: str, searches: Sequence[Search]) -> tuple[str, ...]:
    """What a program's searches left out."""
    gaps = np.array([one.gaps for one in searches])
    medians = [f"{100 * np.median(gaps[:, mark - 1]):.1f} %" for mark in MARKS]
    worst, cpu = f"{100 * gaps[:, -1].max():.1f} %", f"{np.median([one.cpu for one in searches]):.1f} s"
    return (problem.name, label, *medians, worst, str(len(searches)), cpu)


def _takes(sampler: str, problem: FrontProblem) -> bool:
    """Whether a peer's loop is written for the problem: BoTorch's takes numbers without constraints."""
    return sampler != "botorch" or problem.constraint is None


def own(problem: FrontProblem, name: str, seed: int, told: bool) -> Search:
    """A search by one of our engines, one trial at a time."""
    objectives = len(problem.reference)
    reference = list(problem.reference) if told else None
    engine = make_engine(
        name,
        problem.space(),
        seed=seed,
        constraint=problem.constraint,
        objectives=objectives,
        reference=reference,
    )
    values, begun = [], time.process_time()
    for _ in range(MARKS[-1]):
        (suggestion,) = engine.ask()
        values.append(problem.values(suggestion.config))
        engine.tell(suggestion, values[-1])
    cpu = time.process_time() - begun
    return Search(_gaps(problem, values), cpu)


def peer(problem: FrontProblem, environment: str, sampler: str, seed: int) -> Search:
    """A search by another program, in its own environment."""
    command = [str(environments()[environment].interpreter), str(INSIDE), sampler]
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    before = os.times().children_user
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env={**os.environ, **threads}, **pipes) as process:
        description = {
            "parameters": _parameters(problem),
            "reference": problem.reference,
            "seed": seed,
            "barred": problem.constraint is not None,
        }
        values = _served(process, problem, description)
    return Search(_gaps(problem, values), os.times().children_user - before)


def _served(
    process: subprocess.Popen[str], problem: FrontProblem, description: dict[str, Any]
) -> list[list[float]]:
    """The values of the legal configurations that a process proposes."""
    assert process.stdin is not None
    assert process.stdout is not None
    values: list[list[float]] = []
    answer: Any = description
    for _ in range(PATIENCE * MARKS[-1]):
        process.stdin.write(json.dumps(answer) + "\n")
        process.stdin.flush()
        answer = _measured(problem, json.loads(process.stdout.readline()))
        values += [] if answer is None else [answer]
        if len(values) == MARKS[-1]:
            process.stdin.close()
            process.wait()
            return values
    raise RuntimeError(f"a peer proposes next to nothing legal on {problem.name}")


def _parameters(problem: FrontProblem) -> list[dict[str, Any]]:
    """The parameters of a problem in plain values: ranges of floats, and lists of anything else."""
    described = []
    parameter: Any
    for parameter in problem.space().values():
        listed = getattr(parameter, "sequence", None) or getattr(parameter, "choices", None)
        if listed is None and hasattr(parameter, "value"):
            listed = [parameter.value]
        bounds = {} if listed else {"lower": float(parameter.lower), "upper": float(parameter.upper)}
        described.append({"name": parameter.name, "values": list(listed or ()), **bounds})
    return described


def _measured(problem: FrontProblem, config: Config) -> list[float] | None:
    """The values of a configuration; `None` where it is not legal."""
    if problem.constraint is None:
        return problem.values(config)
    engine = make_engine("random", problem.space(), constraint=problem.constraint)
    row = engine.encoder.encode_many([config])
    return problem.values(config) if engine.feasible(row)[0] else None


def _gaps(problem: FrontProblem, values: list[list[float]]) -> list[float]:
    points = np.array(values)
    return [problem.gap(points[: count + 1]) for count in range(len(points))]
