"""Evaluations that misbehave: every one a FAILED trial with its reason, and the search goes on."""

import re

import pytest

from experiments.fault_table import FAULTS, rows
from runners.api import make_backend

EVALUATIONS = 4
REASONS = {
    "raises": r"ValueError: the loss diverged",
    "sys.exit": r"SystemExit: 3",
    "os._exit": r"crashed: .*(exited with code 7|died)",
    "SIGKILL": r"crashed: .*(killed by SIGKILL|died)",
    "SIGSEGV": r"crashed: .*(killed by SIGSEGV|died)",
    "hangs": r"timeout: stopped after 3 s",
    "NaN": r"value is nan",
    "garbage": r"value must be a number, got function",
    "prints 5 MB": r"ValueError: after 5 MB",
    "eats memory": r"memory: MemoryError within 300 MB",
    "temporary": r"temporary: the licence server is busy",
    "stop": r"stop: the data set is not there",
}
RETRIED = {"os._exit": 1, "SIGKILL": 1, "SIGSEGV": 1, "temporary": 2}
"""Attempts beyond the first of each failed trial; nothing else is tried again."""


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["process", pytest.param("ray", marks=pytest.mark.ray)])
def test_each_fault_is_a_failure_with_its_reason(runner: str, request: pytest.FixtureRequest) -> None:
    if runner == "ray":
        request.getfixturevalue("ray_cluster")
    with make_backend(runner, 2) as backend:
        found = {row.fault: row for row in rows(runner, backend, EVALUATIONS)}
    assert set(found) == set(FAULTS) == set(REASONS)
    for fault, row in found.items():
        assert re.match(REASONS[fault], row.reason), row
        assert row.retried == RETRIED.get(fault, 0) * row.failed, row
        if fault != "stop":
            assert (row.done, row.failed) == (EVALUATIONS // 2, EVALUATIONS // 2), row
            assert row.note == ""
    assert found["stop"].failed >= 1
    assert found["stop"].done + found["stop"].failed < EVALUATIONS
    assert "stopped by trial" in found["stop"].note
