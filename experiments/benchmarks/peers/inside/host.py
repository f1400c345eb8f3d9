"""Drives one peer inside its own environment: a line of JSON in, a line of JSON out.

Requests are {"start": ...}, {"ask": true} and {"tell": number, "value": v}; a value of null is a failure. In
the middle of an answer the peer may ask back, {"excess": [configs]}, and is sent a list of numbers. Answers
carry the CPU seconds they took here. Run as `python -m experiments.benchmarks.peers.inside.host MODULE JSON`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from typing import Any, TextIO

from experiments.benchmarks.peers.inside.barrier import Barrier
from experiments.benchmarks.peers.inside.task import Config, Excess, Parameter, Peer, Task

REDRAWS = 5
"""Proposals in a row that a program without knowledge of the constraint may waste for nothing."""


class Host:
    """One search: the peer, and its proposals that wait for a value."""

    def __init__(self, module: str, options: dict[str, Any], requests: TextIO, answers: TextIO) -> None:
        self._module = importlib.import_module(f"{__package__}.{module}")
        self._options = options
        self._requests, self._answers = requests, answers
        self._waiting: dict[int, Any] = {}
        self._asked = 0

    def serve(self) -> None:
        """Answer until the requests end."""
        for line in self._requests:
            request, begun = json.loads(line), time.process_time()
            answer = self._answer(request)
            self._send({**answer, "cpu": time.process_time() - begun})

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if "start" in request:
            self._start(request["start"])
            return {}
        if "ask" in request:
            return self._ask()
        handle = self._waiting.pop(request["tell"])
        if request["value"] is None:
            self._peer.tell_failure(handle, request.get("excess", 0.0))
        else:
            self._peer.learn(handle, request["value"])
        return {}

    def _start(self, given: dict[str, Any]) -> None:
        parameters = tuple(_parameter(one) for one in given.pop("parameters"))
        forbidden = tuple(given.pop("forbidden"))
        by_rule = not given["ask_back"]
        excess = self._barrier(given, forbidden)
        self._task = Task(parameters, forbidden, by_rule=by_rule, excess=excess, **given)
        self._peer: Peer = self._module.make(self._task, **self._options)
        self._waiting, self._asked = {}, 0

    def _barrier(self, given: dict[str, Any], forbidden: Any) -> Excess | None:
        """What is known of the constraint: worked out here where it is a rule, asked back where it is not."""
        rule, ask_back = given.pop("rule"), given.pop("ask_back")
        barrier = Barrier(rule, forbidden) if rule or forbidden else None
        return self._excess if ask_back else barrier

    def _ask(self) -> dict[str, Any]:
        handle, config = self._peer.ask()
        config = self._task.active(config)
        redrawn = 0
        while self._task.excess and not self._peer.knows_constraint and redrawn < REDRAWS:
            (excess,) = self._task.excess([config])
            if excess <= 0:
                break
            self._peer.tell_failure(handle, excess)
            handle, config = self._peer.ask()
            config = self._task.active(config)
            redrawn += 1
        self._asked += 1
        self._waiting[self._asked] = handle
        return {"number": self._asked, "config": config, "redrawn": redrawn}

    def _excess(self, configs: list[Config]) -> list[float]:
        self._send({"excess": [self._task.active(config) for config in configs]})
        answer: list[float] = json.loads(self._requests.readline())
        return answer

    def _send(self, message: dict[str, Any]) -> None:
        self._answers.write(json.dumps(message, default=_plain) + "\n")
        self._answers.flush()


def _parameter(given: dict[str, Any]) -> Parameter:
    """JSON knows no tuples."""
    fields: Any = {name: tuple(it) if isinstance(it, list) else it for name, it in given.items()}
    return Parameter(**fields)


def _plain(value: Any) -> Any:
    """NumPy's scalars as Python's."""
    return value.item()


def main() -> None:
    """Serve on the standard streams; whatever else a library prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    Host(sys.argv[1], json.loads(sys.argv[2]), sys.stdin, answers).serve()


if __name__ == "__main__":
    main()
