"""The 24 functions of BBOB (Hansen et al. 2009), each instance shifted and rotated in its own way.

They are computed by COCO's own code, `coco-experiment`, which lives in an environment of its own
(`python -m experiments.benchmarks.peers --install coco`) and answers over a pipe.
"""

import atexit
import json
import subprocess
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ConfigSpace import ConfigurationSpace

from experiments.benchmarks.problems import Problem

SERVER = Path(__file__).parent / "peers" / "inside" / "coco_server.py"
PYTHON = Path(__file__).parents[2] / ".venv-peers-coco" / "bin" / "python"
FUNCTIONS = range(1, 25)


def available() -> bool:
    """Whether the environment is there."""
    return PYTHON.exists()


@cache
def bbob(function: int, dimension: int, instance: int) -> Problem:
    """One instance; the optimum is the one COCO states, and the box [-5, 5] in every coordinate."""
    server = _server()
    best = server.request({"problem": [function, dimension, instance]})

    def value(c: dict[str, Any]) -> float:
        point = [c[f"x{j}"] for j in range(dimension)]
        return server.request({"problem": [function, dimension, instance], "x": point})

    def space() -> ConfigurationSpace:
        return ConfigurationSpace({f"x{j}": (-5.0, 5.0) for j in range(dimension)})

    return Problem(f"bbob-f{function:02d}-{dimension}d", space, value, best)


class _Server:
    """A process that has COCO and computes values, one line in, one line out."""

    def __init__(self) -> None:
        command = [str(PYTHON), str(SERVER)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        atexit.register(self._process.kill)

    def request(self, message: dict[str, Any]) -> float:
        """The value at `x`, or the least there is where no `x` is given."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        return float(json.loads(self._process.stdout.readline()))


@lru_cache(maxsize=1)
def _server() -> _Server:
    return _Server()
