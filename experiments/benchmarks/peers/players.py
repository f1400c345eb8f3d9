"""A contestant at work on one problem: our own engines here, a peer at the other end of a pipe."""

import json
import os
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from experiments.benchmarks.peers.contestants import Contestant
from experiments.benchmarks.peers.description import forbidden, parameters
from experiments.benchmarks.peers.environments import ROOT, python_of
from experiments.benchmarks.peers.inside.barrier import BROKEN, Barrier
from experiments.benchmarks.peers.inside.task import Excess
from experiments.benchmarks.problems import Problem
from search import make_engine
from spaces.configs import Config, Configs

HOST = "experiments.benchmarks.peers.inside.host"
THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
SAMPLE = 20
"""Random configurations whose worst value is the penalty before a search has seen a worse one."""


class PeerFailed(Exception):
    """A peer ended, or took too long; the reason in words."""


class Player(ABC):
    """Ask and tell with numbers for handles; `cpu` counts the seconds the program itself took."""

    cpu = 0.0
    redrawn = 0

    @abstractmethod
    def ask(self) -> tuple[int, Config]:
        """The next configuration and its number."""

    @abstractmethod
    def tell(self, number: int, value: float | None, excess: float) -> None:
        """A value; None for a failure, `excess` > 0 where the known constraint is broken."""


class OwnPlayer(Player):
    """An engine of this repository, in this process."""

    def __init__(self, engine: str, problem: Problem, seed: int) -> None:
        self._engine = make_engine(engine, problem.space(), seed=seed, constraint=problem.constraint)

    def ask(self) -> tuple[int, Config]:
        """As in `Player`."""
        begun = time.process_time()
        (suggestion,) = self._engine.ask()
        self.cpu += time.process_time() - begun
        return suggestion.number, suggestion.config

    def tell(self, number: int, value: float | None, excess: float) -> None:
        """As in `Player`."""
        begun = time.process_time()
        if value is None:
            self._engine.tell_failure(number, "no value")
        else:
            self._engine.tell(number, value)
        self.cpu += time.process_time() - begun


class PeerProcess:
    """The process of a peer; it serves one search after another."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (as long as the process)
        self._scratch = tempfile.TemporaryDirectory(prefix="peer-")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=self._scratch.name,
            env={**environment, "PYTHONPATH": str(ROOT), "TMPDIR": self._scratch.name},
        )

    @classmethod
    def of(cls, contestant: Contestant) -> "PeerProcess":
        """The contestant's program, in its environment, on one thread."""
        options = json.dumps(dict(contestant.options))
        command = [str(python_of(contestant.environment)), "-m", HOST, contestant.module, options]
        return cls(command, {**os.environ, **THREADS, "PYTHONHASHSEED": "0"})

    def send(self, message: Any) -> None:
        """One line to the peer."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise PeerFailed(self._last_words()) from error

    def receive(self) -> dict[str, Any]:
        """One line from the peer."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise PeerFailed(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def kill(self) -> None:
        """End it; whoever waits for an answer gets a `PeerFailed`."""
        self._process.kill()
        self._process.wait()
        self._scratch.cleanup()

    def close(self) -> None:
        """End it and let go of everything."""
        self.kill()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            with suppress(OSError):
                stream.close()  # type: ignore[union-attr]

    def _last_words(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        lines = [line for line in self._errors.read().splitlines() if line.strip()]
        return lines[-1][:200] if lines else f"ended with {self._process.returncode}"


class PeerPlayer(Player):
    """A search of a peer."""

    def __init__(
        self, process: PeerProcess, problem: Problem, seed: int, evaluations: int, workers: int = 1
    ) -> None:
        self._process = process
        self._excess = excess_of(problem)
        self._start: dict[str, Any] | None = task(problem, seed, evaluations, workers)

    def ask(self) -> tuple[int, Config]:
        """As in `Player`."""
        if self._start is not None:
            self._request({"start": self._start})
            self._start = None
        answer = self._request({"ask": True})
        self.redrawn += answer["redrawn"]
        return answer["number"], answer["config"]

    def tell(self, number: int, value: float | None, excess: float) -> None:
        """As in `Player`."""
        self._request({"tell": number, "value": value, "excess": excess})

    def _request(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer; in between the peer may ask by how much configurations break the constraint."""
        self._process.send(message)
        while True:
            answer = self._process.receive()
            if "excess" not in answer:
                self.cpu += answer["cpu"]
                return answer
            self._process.send(self._excess(answer["excess"]))


def task(problem: Problem, seed: int, evaluations: int, workers: int) -> dict[str, Any]:
    """The problem as the fields of `inside.task.Task`."""
    space = problem.space()
    return {
        "parameters": parameters(space),
        "forbidden": forbidden(space),
        "seed": seed,
        "evaluations": evaluations,
        "workers": workers,
        "noisy": problem.noise > 0,
        "typical": _typical(problem),
        "rule": problem.excess,
        "ask_back": problem.constraint is not None and problem.excess is None,
    }


def excess_of(problem: Problem) -> Excess:
    """By how much configurations break constraint and clauses; 1 where nobody says how much."""
    barrier = Barrier(problem.excess, forbidden(problem.space()))
    if problem.constraint is None or problem.excess is not None:
        return barrier
    constraint = problem.constraint

    def excess(configs: list[dict[str, Any]]) -> list[float]:
        kept = np.asarray(constraint(Configs.from_rows(configs)), dtype=bool)
        return [amount if ok else BROKEN for amount, ok in zip(barrier(configs), kept, strict=True)]

    return excess


def _typical(problem: Problem) -> float:
    engine = make_engine("random", problem.space(), seed=0, constraint=problem.constraint)
    configs = [suggestion.config for suggestion in engine.ask(SAMPLE)]
    values = [problem.value(dict(one)) for one in configs if not (problem.fails and problem.fails(dict(one)))]
    return max(values)
