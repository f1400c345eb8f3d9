"""A program of the user's as the objective: a compiler, a training script, anything with an exit code."""

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from objectives.objective import Metrics, Objective, TrialFailed
from objectives.reading import as_metrics
from objectives.watcher import watcher
from spaces.configs import Value
from spaces.errors import BadInput, Mistake

LAST_BYTES = 65_536
"""How much of the end of a program's output is read: it may print megabytes."""


@dataclass(frozen=True)
class CommandObjective(Objective):
    """Runs `command` once for each trial, without a shell.

    `{name}` in the command stands for a parameter's value (nothing where it is inactive), `{seed}` for the
    trial's seed; the whole configuration is in the environment as JSON (`SCALESEARCH_CONFIG`). The last
    non-empty line of standard output is the value: a number, or a JSON object of numbers that holds
    `returns`.

    A trial fails when the program cannot start, exits non-zero, is killed, outlives `timeout` seconds, or its
    last line holds no finite number. What is left of its process group is killed when it ends, is late, or
    loses the process that evaluates it.
    """

    command: str
    folder: Path = Path()
    timeout: float | None = None
    returns: str = "value"

    @property
    def metric(self) -> str:
        """Name of the minimised number."""
        return self.returns

    def unsuitable(self, parameters: Collection[str]) -> list[Mistake]:
        """Every placeholder must be a parameter of the space, or `seed`."""
        expected = f"a parameter of the space ({', '.join(parameters)}) or seed"
        unknown = placeholders(self.command) - set(parameters) - {"seed"}
        return [Mistake(f"objective.command {{{name}}}", expected, "this name") for name in sorted(unknown)]

    def evaluate(self, config: Mapping[str, Value], *, seed: int) -> Metrics:
        """Run the program once."""
        arguments = fill(self.command, {**config, "seed": seed})
        environment = {
            **os.environ,
            "SCALESEARCH_CONFIG": json.dumps(dict(config)),
            "SCALESEARCH_SEED": str(seed),
        }
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            code = _run(arguments, self.folder, environment, self.timeout, out, err)
            if code != 0:
                raise TrialFailed(
                    f"{_ending(code)}; standard error ends with: {_last_line(err) or 'nothing'}"
                )
            return as_metrics(_parse(_last_line(out)), self.returns)


PLACEHOLDER = re.compile(r"\{(\w+)\}")
"""A name in braces; any other brace is left as it stands, so a command may hold JSON."""


def placeholders(command: str) -> set[str]:
    """Names in braces in a command.

    Raises:
        BadInput: the command is empty, or its quotes do not close.
    """
    try:
        if not shlex.split(command):
            raise ValueError("an empty command")
    except ValueError as error:
        raise BadInput.of("objective.command", "a command line", str(error)) from error
    return set(PLACEHOLDER.findall(command))


def fill(command: str, values: Mapping[str, Value]) -> list[str]:
    """The argument list; each value stays within the argument that names it, whatever it contains."""
    return [
        PLACEHOLDER.sub(lambda match: str(values.get(match[1], "")), part) for part in shlex.split(command)
    ]


def _run(
    arguments: Iterable[str],
    folder: Path,
    environment: Mapping[str, str],
    timeout: float | None,
    out: IO[Any],
    err: IO[Any],
) -> int:
    """Exit code of the program; it runs in a process group of its own so that all of it can be killed."""
    with watcher() as watch:
        try:
            process = subprocess.Popen(
                list(arguments),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        except OSError as error:
            raise TrialFailed(f"cannot start: {error}") from error
        try:
            watch(process.pid)
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TrialFailed(f"timeout: still running after {timeout:g} s") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _ending(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _last_line(stream: IO[Any]) -> str:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - LAST_BYTES))
    lines = stream.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _parse(line: str) -> Any:
    """The JSON value of a line; text that is no JSON stays text and is refused with its words."""
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return line or "no output"
