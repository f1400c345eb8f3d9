"""A program of the user's as the objective: a compiler, a training script, anything with an exit code."""

import contextlib
import json
import math
import os
import re
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from objectives.memory_limit import session_bytes
from objectives.objective import (
    Metrics,
    OutOfMemory,
    StopSearch,
    TemporaryFailure,
    TimedOut,
    TrialFailed,
)
from objectives.reading import as_metrics
from objectives.report_lines import ReportLines
from objectives.reporting import Reporter, ReportingObjective, TrialPruned
from objectives.watcher import watcher
from spaces.configs import Value
from spaces.errors import BadInput, Mistake

LAST_BYTES = 65_536
"""How much of the end of a program's output is read: it may print megabytes."""
FAILURES: Mapping[int, type[TrialFailed]] = {os.EX_TEMPFAIL: TemporaryFailure, os.EX_CONFIG: StopSearch}
"""Exit codes with a meaning, as in sysexits.h: 75 "temporary failure", 78 "configuration error"."""
_GLANCE = 0.05
"""Seconds between two looks at the memory of a program that has a limit, and at what one has printed."""


@dataclass(frozen=True)
class CommandObjective(ReportingObjective):
    """Runs `command` once for each trial, without a shell.

    `{name}` in the command stands for a parameter's value (nothing where it is inactive), `{seed}` for the
    trial's seed; the whole configuration is in the environment as JSON (`SCALESEARCH_CONFIG`). The last
    non-empty line of standard output is the value: a number, or a JSON object of numbers that holds
    `returns`.

    A trial fails when the program cannot start, exits non-zero, is killed, outlives `timeout` seconds, holds
    more than `memory` bytes with all processes of its session, or its last line holds no finite number. Exit
    code 75 asks for another try, 78 ends the search. What is left of its process group is killed when it
    ends, is late, is to stop, or loses the process that evaluates it.

    Where `follow` says so, every line of standard output that is a JSON object with `step` and the minimised
    number is a report; programs must not hold such lines back (Python is told not to).
    """

    command: str
    folder: Path = Path()
    timeout: float | None = None
    returns: str = "value"
    memory: int | None = None
    follow: bool = False

    @property
    def reports(self) -> bool:
        """Whether its lines are read while it runs."""
        return self.follow

    @property
    def metric(self) -> str:
        """Name of the minimised number."""
        return self.returns

    def unsuitable(self, parameters: Collection[str]) -> list[Mistake]:
        """Every placeholder must be a parameter of the space, or `seed`."""
        expected = f"a parameter of the space ({', '.join(parameters)}) or seed"
        unknown = placeholders(self.command) - set(parameters) - {"seed"}
        return [Mistake(f"objective.command {{{name}}}", expected, "this name") for name in sorted(unknown)]

    def run(self, config: Mapping[str, Value], *, seed: int, report: Reporter) -> Metrics:
        """Run the program once."""
        arguments = fill(self.command, {**config, "seed": seed})
        environment = {
            **os.environ,
            "SCALESEARCH_CONFIG": json.dumps(dict(config)),
            "SCALESEARCH_SEED": str(seed),
            **({"PYTHONUNBUFFERED": "1"} if self.follow else {}),
        }
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            lines = ReportLines(out, self.returns, report) if self.follow else None
            code = self._run(arguments, environment, out, err, lines)
            if lines is not None:
                with contextlib.suppress(TrialPruned):  # too late: it has come to its value
                    lines.read()
            if code != 0:
                failure = FAILURES.get(code, TrialFailed)
                raise failure(f"{_ending(code)}; standard error ends with: {_last_line(err) or 'nothing'}")
            return as_metrics(_parse(_last_line(out)), self.returns)

    def _run(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        out: IO[Any],
        err: IO[Any],
        lines: ReportLines | None,
    ) -> int:
        """Exit code of the program; it runs in a session of its own so that all of it can be killed."""
        with watcher() as watch:
            try:
                process = subprocess.Popen(
                    arguments,
                    cwd=self.folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
            except OSError as error:
                raise TrialFailed(f"cannot start: {error}") from error
            try:
                watch(process.pid)
                return self._wait(process, lines)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _wait(self, process: subprocess.Popen[bytes], lines: ReportLines | None) -> int:
        """The exit code, once there is one.

        Raises:
            TimedOut, OutOfMemory: a limit comes first.
            TrialPruned, TrialFailed: so do its reports.
        """
        deadline = math.inf if self.timeout is None else time.monotonic() + self.timeout
        while (left := deadline - time.monotonic()) > 0:
            glance = left if self.memory is None and lines is None else min(left, _GLANCE)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(None if glance == math.inf else glance)
            if lines is not None:
                lines.read()
            if self.memory is not None and session_bytes(process.pid) > self.memory:
                raise OutOfMemory(f"stopped above {self.memory / 1e6:.6g} MB")
        raise TimedOut(f"still running after {self.timeout:g} s")


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
