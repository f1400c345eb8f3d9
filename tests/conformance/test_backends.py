"""Every backend keeps the contract of `runners.backend`, whatever a task does to it."""

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from objectives.command import CommandObjective
from objectives.objective import OutOfMemory, StopSearch, TemporaryFailure, TimedOut, TrialFailed
from objectives.reporting import Reporter
from runners.backend import Backend, Outcome, Partial, Status, Task, deaf
from spaces.errors import BadInput

Finish = Callable[..., dict[int, Outcome]]


def add(a: int, b: int) -> int:
    return a + b


def fail(error: type[BaseException], *arguments: Any) -> None:
    raise error(*arguments)


class Stubborn(Exception):
    """Does not survive pickling, and cannot be printed."""

    def __init__(self, one: int, two: int) -> None:
        self.one, self.two = one, two

    def __str__(self) -> str:
        raise RuntimeError("no text")

    def __reduce__(self) -> str:
        raise TypeError("no pickle")


class Unreadable:
    """Pickles, but cannot be rebuilt."""

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return rebuild, ()


def rebuild() -> None:
    raise ValueError("cannot be rebuilt")


def unreadable() -> Unreadable:
    return Unreadable()


def unpicklable() -> Any:
    return lambda: 1


def big(size: int) -> bytes:
    return b"x" * size


def die_by(number: int) -> None:
    os.kill(os.getpid(), number)


def leave(code: int) -> None:
    os._exit(code)


def die_while_sending(size: int, delay: float) -> bytes:
    subprocess.Popen(
        [sys.executable, "-c", f"import os, time; time.sleep({delay}); os.kill({os.getpid()}, 9)"]
    )
    return big(size)


def hang_with_a_child(pids: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(pids).write_text(f"{os.getpid()} {child.pid}")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child.wait()


def program_with_a_child(folder: Path) -> Callable[..., Any]:
    """Evaluates a program that starts a child; the numbers of worker, program and child go to `pids`."""
    script = folder / "program.sh"
    lines = f"cd {folder}", "sleep 600 &", "echo $PPID $$ $! > begun", "sleep 0.5", "mv begun pids", "wait"
    script.write_text("\n".join(lines))  # it rests a little, as the worker must have named its group
    return partial(CommandObjective(f"sh {script}").evaluate, {}, seed=0)


def numbers_in(pids: Path) -> list[int]:
    """The process numbers in a file, once it is there."""
    while not pids.exists():
        time.sleep(0.02)
    return [int(pid) for pid in pids.read_text().split()]


def train(steps: int, pause: float, report: Reporter) -> int:
    for step in range(1, steps + 1):
        report(step, 1.0 / step)
        time.sleep(pause)
    return steps


def flood(steps: int, report: Reporter) -> None:
    for step in range(steps):
        report(step, 1.0)


def diverge(report: Reporter) -> None:
    report(1, 2.0)
    report(2, float("nan"))


def speak(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def running(pid: int) -> bool:
    """Whether a process exists and is more than a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 20
    while running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not running(pid)


def make(kind: str) -> Backend:
    """A backend of two slots (inline: one)."""
    if kind == "inline":
        from runners.backends.inline import InlineBackend

        return InlineBackend()
    if kind == "simulated":
        from runners.backends.simulated import SimulatedBackend

        return SimulatedBackend(2)
    if kind == "process":
        from runners.backends.process_pool import ProcessPoolBackend

        return ProcessPoolBackend(2)
    from runners.backends.ray_backend import RayBackend

    return RayBackend(2)


PROCESSES = "process", "ray"
RAY = pytest.param("ray", marks=pytest.mark.ray)
with_processes = pytest.mark.parametrize("backend", ["process", RAY], indirect=True)
"""For what an inline task cannot do, because it is the driver itself."""


@pytest.fixture(scope="module", params=["inline", "simulated", "process", RAY])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """One backend for many tests: what one task does must not be felt by the next."""
    if request.param == "ray":
        request.getfixturevalue("ray_cluster")
    with make(request.param) as made:
        yield made


@pytest.fixture
def finish(backend: Backend) -> Finish:
    """Submits calls as slots come free, and returns their outcomes by task number."""

    def run(*calls: tuple[Any, ...], timeout: float | None = None) -> dict[int, Outcome]:
        tasks = [Task(number, call, tuple(args), timeout) for number, (call, *args) in enumerate(calls)]
        outcomes: list[Outcome] = []
        while len(outcomes) < len(calls):
            while tasks and backend.free():
                backend.submit(tasks.pop(0))
            outcomes += backend.wait(30)
        assert sorted(outcome.number for outcome in outcomes) == list(range(len(calls)))
        return {outcome.number: outcome for outcome in outcomes}

    return run


def test_a_result_comes_back_with_its_times_and_worker(backend: Backend, finish: Finish) -> None:
    clock = getattr(backend, "now", None)
    before = time.time() if clock is None else clock
    outcome = finish((add, 1, 2))[0]
    assert (outcome.status, outcome.result, outcome.error) == (Status.OK, 3, None)
    assert outcome.started is not None
    assert outcome.ended is not None
    after = time.time() if clock is None else backend.now  # type: ignore[attr-defined]
    assert before - 0.1 <= outcome.started <= outcome.ended <= after + 0.1
    assert outcome.worker


def test_many_tasks_each_finish_exactly_once(finish: Finish) -> None:
    outcomes = finish(*[(add, number, number) for number in range(200)])
    assert [outcomes[number].result for number in range(200)] == [2 * number for number in range(200)]


def test_an_exception_is_a_failure_with_its_type_and_message(finish: Finish) -> None:
    outcome = finish((fail, ValueError, "two\nlines"))[0]
    assert (outcome.status, outcome.error) == (Status.FAILED, "ValueError: two lines")


def test_a_failed_trial_says_its_reason_and_nothing_else(finish: Finish) -> None:
    outcome = finish((fail, TrialFailed, "the loss diverged"))[0]
    assert (outcome.status, outcome.error) == (Status.FAILED, "the loss diverged")


@pytest.mark.parametrize(("code", "error"), [(3, "SystemExit: 3"), (None, "SystemExit: None")])
def test_sys_exit_in_a_task_is_its_failure(finish: Finish, code: int | None, error: str) -> None:
    outcomes = finish((fail, SystemExit, code), (add, 1, 1))
    assert (outcomes[0].status, outcomes[0].error) == (Status.FAILED, error)
    assert outcomes[1].result == 2


def test_an_exception_that_neither_pickles_nor_prints_is_a_failure(finish: Finish) -> None:
    outcome = finish((fail, Stubborn, 1, 2))[0]
    assert outcome.status is Status.FAILED
    assert outcome.error == "Stubborn: (its message cannot be printed)"


def test_a_memory_error_is_a_failure(finish: Finish) -> None:
    outcome = finish((fail, MemoryError))[0]
    assert (outcome.status, outcome.error) == (Status.MEMORY, "MemoryError")


def test_a_big_result_arrives_whole(finish: Finish) -> None:
    assert finish((big, 30_000_000))[0].result == big(30_000_000)


@with_processes
def test_a_result_that_does_not_pickle_is_a_failure(finish: Finish) -> None:
    outcomes = finish((unpicklable,), (unreadable,), (add, 1, 1))
    assert [outcomes[number].status for number in range(3)] == [Status.FAILED, Status.FAILED, Status.OK]
    assert "cannot be sent back" in str(outcomes[0].error)
    assert outcomes[1].error == "the result cannot be read: ValueError: cannot be rebuilt"


@with_processes
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_worker_costs_one_task(finish: Finish, number: int) -> None:
    outcomes = finish((die_by, number), *[(add, 1, each) for each in range(1, 6)])
    assert outcomes[0].status is Status.CRASHED
    assert outcomes[0].error
    assert all(outcomes[each].result == 1 + each for each in range(1, 6))


@with_processes
def test_a_worker_that_leaves_costs_one_task(finish: Finish) -> None:
    outcomes = finish((leave, 0), (leave, 5), (add, 1, 2))
    assert [outcomes[each].status for each in range(3)] == [Status.CRASHED, Status.CRASHED, Status.OK]


@with_processes
def test_a_worker_killed_while_it_sends_its_result_costs_one_task(finish: Finish) -> None:
    outcomes = finish(
        *[(die_while_sending, 200_000_000, delay) for delay in (0.05, 0.15, 0.25)], (add, 1, 1), (add, 2, 2)
    )
    assert {outcomes[each].status for each in range(3)} <= {Status.CRASHED, Status.OK}
    assert (outcomes[3].result, outcomes[4].result) == (2, 4)


@with_processes
def test_a_late_task_is_stopped_with_its_child_process(finish: Finish, tmp_path: Path) -> None:
    outcomes = finish((hang_with_a_child, str(tmp_path / "pids")), (add, 1, 1), timeout=2.0)
    assert (outcomes[0].status, outcomes[0].error) == (Status.TIMEOUT, "stopped after 2 s")
    assert outcomes[1].result == 2
    assert all(gone(int(pid)) for pid in (tmp_path / "pids").read_text().split())


@with_processes
def test_a_killed_worker_takes_its_program_along(finish: Finish, tmp_path: Path) -> None:
    def kill_worker() -> None:
        os.kill(numbers_in(tmp_path / "pids")[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_worker)
    killer.start()
    outcomes = finish((program_with_a_child(tmp_path),), (add, 1, 1))
    killer.join()
    assert (outcomes[0].status, outcomes[1].result) == (Status.CRASHED, 2)
    assert all(gone(pid) for pid in numbers_in(tmp_path / "pids"))


@with_processes
def test_a_late_task_is_stopped_with_its_program(finish: Finish, tmp_path: Path) -> None:
    assert finish((program_with_a_child(tmp_path),), timeout=2.0)[0].status is Status.TIMEOUT
    assert all(gone(pid) for pid in numbers_in(tmp_path / "pids"))


@pytest.mark.parametrize("kind", ["process", RAY])
def test_closing_stops_programs(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "ray":
        request.getfixturevalue("ray_cluster")
    with make(kind) as backend:
        while not backend.free():
            backend.wait(30)
        backend.submit(Task(0, program_with_a_child(tmp_path), ()))
        numbers = numbers_in(tmp_path / "pids")
    assert all(gone(pid) for pid in numbers)


def test_an_inline_task_with_a_time_limit_is_refused() -> None:
    with make("inline") as inline, pytest.raises(BadInput, match="timeout: expected none"):
        inline.submit(Task(0, add, (1, 2), timeout=1.0))


def test_an_inline_task_is_not_begun_where_there_is_no_time() -> None:
    with make("inline") as inline:
        inline.submit(Task(0, add, (1, 2)))
        assert inline.wait(0) == []
        assert inline.wait(0.01)[0].result == 3


def test_waiting_with_nothing_running_returns_at_once(backend: Backend, finish: Finish) -> None:
    finish((add, 1, 1))
    assert backend.wait() == []
    assert backend.free() >= 1


@with_processes
def test_waiting_ends_when_its_time_is_up(backend: Backend, finish: Finish) -> None:
    finish((add, 1, 1))
    backend.submit(Task(7, time.sleep, (0.5,)))
    outcomes = backend.wait(0.01)
    assert outcomes == []
    while not outcomes:
        outcomes = backend.wait(30)
    assert [outcome.number for outcome in outcomes] == [7]


def test_a_task_needs_a_free_slot(backend: Backend, finish: Finish) -> None:
    finish((add, 1, 1))
    numbers = list(range(backend.free()))
    for number in numbers:
        backend.submit(Task(number, time.sleep, (0.3,)))
    with pytest.raises(RuntimeError, match="no free slot"):
        backend.submit(Task(99, add, (1, 1)))
    arrived: list[int] = []
    while len(arrived) < len(numbers):
        arrived += [outcome.number for outcome in backend.wait(30)]
    assert sorted(arrived) == numbers


def test_nothing_reaches_stdout(backend: Backend, finish: Finish, capfd: pytest.CaptureFixture[str]) -> None:
    finish((speak, "from the task"))
    assert "from the task" not in capfd.readouterr().out


@pytest.mark.parametrize("kind", ["inline", "simulated", "process", RAY])
def test_closing_stops_everything_and_may_be_repeated(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "ray":
        request.getfixturevalue("ray_cluster")
    pids = tmp_path / "pids"
    with make(kind) as backend:
        while not backend.free():
            backend.wait(30)
        if kind in PROCESSES:
            backend.submit(Task(0, hang_with_a_child, (str(pids),)))
            while not pids.exists() or len(pids.read_text().split()) < 2:
                time.sleep(0.05)
    backend.close()
    assert backend.free() == 0
    assert backend.wait(0.1) == []
    with pytest.raises(RuntimeError, match="no free slot"):
        backend.submit(Task(1, add, (1, 1)))
    if kind in PROCESSES:
        assert all(gone(int(pid)) for pid in pids.read_text().split())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TemporaryFailure, Status.TEMPORARY),
        (StopSearch, Status.STOP),
        (TimedOut, Status.TIMEOUT),
        (OutOfMemory, Status.MEMORY),
    ],
)
def test_a_failure_says_of_what_kind_it_is(finish: Finish, error: type[TrialFailed], status: Status) -> None:
    outcome = finish((fail, error, "for a reason"))[0]
    assert (outcome.status, outcome.error) == (status, "for a reason")


def allocate(size: int) -> int:
    return len(b"x" * size)


@with_processes
def test_a_task_past_its_memory_is_refused_more_and_the_next_is_not(backend: Backend, finish: Finish) -> None:
    finish((add, 1, 1))
    outcomes: dict[int, Outcome] = {}
    for number, size in enumerate((1_000_000_000, 10_000_000)):
        while not backend.free():
            outcomes |= {outcome.number: outcome for outcome in backend.wait(30)}
        backend.submit(Task(number, allocate, (size,), memory=200_000_000))
    while len(outcomes) < 2:
        outcomes |= {outcome.number: outcome for outcome in backend.wait(30)}
    assert outcomes[0].status is Status.MEMORY
    assert outcomes[0].error == "MemoryError within 200 MB"
    assert (outcomes[1].status, outcomes[1].result) == (Status.OK, 10_000_000)
    assert finish((allocate, 400_000_000))[0].result == 400_000_000, "the limit ends with its task"


def test_an_inline_task_with_a_memory_limit_is_refused() -> None:
    with make("inline") as inline, pytest.raises(BadInput, match="memory: expected none"):
        inline.submit(Task(0, add, (1, 2), memory=10**9))


def heard(backend: Backend, *calls: tuple[Any, ...], stop_at: float = math.inf) -> list[Partial | Outcome]:
    """All that comes of tasks that report, in order; each is told to stop at a step."""
    events: list[Partial | Outcome] = []

    def hear(partial: Partial) -> None:
        events.append(partial)
        if partial.step == stop_at:
            backend.stop(partial.number)

    tasks = [Task(number, call, tuple(args), reports=True) for number, (call, *args) in enumerate(calls)]
    backend.listen(hear)
    ended = 0
    while ended < len(calls):
        while tasks and backend.free():
            backend.submit(tasks.pop(0))
        outcomes = backend.wait(30)
        events += outcomes
        ended += len(outcomes)
    backend.listen(deaf)
    return events


def test_reports_arrive_in_order_and_before_the_outcome(backend: Backend) -> None:
    *partials, outcome = heard(backend, (train, 15, 0.0))
    assert [(each.number, each.step, each.value) for each in partials if isinstance(each, Partial)] == [
        (0, step, 1 / step) for step in range(1, 16)
    ]
    assert isinstance(outcome, Outcome)
    assert (outcome.status, outcome.result) == (Status.OK, 15)


def test_a_task_that_is_told_to_stop_ends_soon_and_the_next_goes_on(backend: Backend) -> None:
    pause = 0.0 if hasattr(backend, "now") else 0.005
    events = heard(backend, (train, 400, pause), (train, 400, pause), (train, 6, pause), stop_at=7)
    ends = {each.number: each for each in events if isinstance(each, Outcome)}
    assert [ends[number].status for number in range(3)] == [Status.PRUNED, Status.PRUNED, Status.OK]
    assert ends[2].result == 6
    heard_of = [each.step for each in events if isinstance(each, Partial) and each.number == 0]
    assert heard_of[:7] == [1, 2, 3, 4, 5, 6, 7]
    assert len(heard_of) < 200


def test_a_report_that_is_no_number_fails_its_task(backend: Backend) -> None:
    outcome = heard(backend, (diverge,))[-1]
    assert isinstance(outcome, Outcome)
    assert (outcome.status, outcome.error) == (Status.FAILED, "reports nan at step 2")


def test_a_flood_of_reports_is_thinned(backend: Backend) -> None:
    events = heard(backend, (flood, 20_000))
    steps = [each.step for each in events if isinstance(each, Partial)]
    assert 400 < len(steps) < 1000
    assert steps == sorted(set(steps))
    assert steps[-1] > 19_000


def test_to_stop_a_task_that_has_ended_does_nothing(backend: Backend, finish: Finish) -> None:
    finish((add, 1, 1))
    backend.stop(0)
    backend.stop(12345)
    assert finish((add, 1, 2))[0].result == 3
