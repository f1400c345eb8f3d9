"""ytopt's flags as a job of ours."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runners.ytopt.problem_file import find, load
from spaces.errors import BadInput, one_of

EVALUATORS = {"subprocess": "process", "process": "process", "ray": "ray", "local": "local"}
"""Evaluator -> runner. The first and `ray` are ytopt's, the others our names for what it lacks."""

LEARNING_ENGINES = ("skopt", "ytopt")
"""Engines that know ytopt's learners, acquisitions and liars."""

WORKERS = "YTOPT_WORKERS_PER_NODE"
"""The variable of the environment from which ytopt takes the workers of its subprocess evaluator."""


DEFAULT_NI = 10
"""Of ytopt's flag --set-NI."""


def drawn_at_random(ni: int) -> int:
    """How many points ytopt draws before its learner is used, told --set-NI and with one worker.

    It counts a point when it is asked for, and all points asked for so far again whenever one ends: k + (1 +
    2 + ... + k - 1) by the time k were drawn.

    >>> drawn_at_random(10), drawn_at_random(1), drawn_at_random(11)
    (4, 1, 5)
    """
    return next(k for k in range(1, ni + 1) if k * (k + 1) // 2 >= ni)


@dataclass(frozen=True)
class Flags:
    """What was said on the command line; `None` where nothing was.

    Without an engine, ytopt's own flags choose: any of learner, acquisition, liar and kappa asks for the
    engine `skopt`, none of them leaves the choice to us.
    """

    problem: str
    max_evals: int = 100
    evaluator: str = "subprocess"
    learner: str | None = None
    acq_func: str | None = None
    liar_strategy: str | None = None
    kappa: float | None = None
    seed: int = 12345
    initial_points: int | None = None
    engine: str | None = None
    timeout_minutes: float | None = None
    workers: int | None = None

    @property
    def runner(self) -> str:
        """Ours for the evaluator; raises `BadInput` for an unknown one."""
        if self.evaluator not in EVALUATORS:
            raise BadInput.of("--evaluator", one_of(EVALUATORS, self.evaluator), self.evaluator)
        return EVALUATORS[self.evaluator]

    @property
    def slots(self) -> int | None:
        """Evaluations at a time: as told, or ytopt's one where it has one; `None` for all there are."""
        if self.workers is not None or self.evaluator != "subprocess":
            return self.workers
        given = os.environ.get(WORKERS, "1")
        if not re.fullmatch(r"0*[1-9]\d*", given):
            raise BadInput.of(WORKERS, "a count of workers, at least 1", given)
        return int(given)

    @property
    def learning(self) -> dict[str, Any]:
        """What was said that only a learner of ytopt's understands, by our names."""
        named = {
            "learner": self.learner,
            "acquisition": self.acq_func,
            "liar": self.liar_strategy,
            "kappa": self.kappa,
        }
        return {name: value for name, value in named.items() if value is not None}

    @property
    def chosen_engine(self) -> str:
        """The engine's name."""
        return self.engine or ("skopt" if self.learning else "native")

    @property
    def unused(self) -> list[str]:
        """Flags that were given and that the engine has no use for."""
        if self.chosen_engine in LEARNING_ENGINES:
            return []
        return [_FLAGS[name] for name in self.learning]

    @property
    def options(self) -> dict[str, Any]:
        """What the engine is told."""
        given = {} if self.initial_points is None else {"initial_points": self.initial_points}
        if self.chosen_engine == "skopt":
            drawn = {"initial_points": drawn_at_random(self.initial_points or DEFAULT_NI)}
            return self.learning | drawn
        if self.chosen_engine == "ytopt":
            return self.learning | given
        return given if self.chosen_engine == "native" else {}

    def job_text(self, folder: Path) -> str:
        """The job file for a search from `folder`; raises `BadInput` where there is no such problem."""
        default = load(self.problem, folder).default
        job: dict[str, Any] = {
            "name": _name(find(self.problem, folder).file),
            "seed": self.seed,
            "evaluations": self.max_evals,
            "parallel": "auto",
            "timeout": None if self.timeout_minutes is None else 60.0 * self.timeout_minutes,
            "engine": {"name": self.chosen_engine, **self.options},
            "warm_start": None if default is None else {"points": [{"config": default}]},
            "objective": {"kind": "ytopt", "problem": self.problem},
        }
        return yaml.safe_dump(
            {key: value for key, value in job.items() if value is not None}, sort_keys=False
        )


_FLAGS: Mapping[str, str] = {
    "learner": "--learner",
    "acquisition": "--acq-func",
    "liar": "--liar-strategy",
    "kappa": "--set-KAPPA",
}


def _name(file: Path) -> str:
    """A name for the search: the file's, or the folder's where the file has the name all of them have.

    >>> _name(Path("benchmark/ackley/problem.py")), _name(Path("ackley/problem_large.py"))
    ('ackley', 'problem_large')
    """
    name = file.parent.name if file.stem == "problem" else file.stem
    return re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9._=,+-]", "-", name).lstrip("-") or "problem"
