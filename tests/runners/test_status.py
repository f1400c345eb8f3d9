"""Status and watch: what the journals say while a job writes them, after it was killed, when it is done."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runners.api import run
from runners.cli.main import main
from runners.documents.status_document import line
from runners.following import Follower
from runners.jobs.job import load_batch
from runners.journal import FILE, Journal
from runners.records import Header, SearchEnd
from runners.status import State, Watcher
from search.trial import Asked, Done, Failed
from spaces.errors import BadInput

SLOW = """
name: slow
evaluations: 500
parallel: 2
engine: random
space: {parameters: {x: {type: float, lower: 0, upper: 1}}}
objective: {kind: command, command: "sh -c 'sleep 0.2; echo {x}'"}
"""


def described(folder: Path, searches: str = "a: {}, b: {}", evaluations: int = 10) -> Path:
    """A job folder in which nothing has been run."""
    text = f"name: demo\nevaluations: {evaluations}\nbudget: {{flops: 1e21}}\nsearches: {{{searches}}}\n"
    (folder / "searches").mkdir(parents=True)
    (folder / "job.yaml").write_text(text)
    (folder / "source.json").write_text(json.dumps({"name": "demo", "folder": str(folder)}))
    return folder


def journal(folder: Path, search: str) -> Journal:
    return Journal.open(folder / "searches" / search, Header(search, "0123", 0))


def test_states_counts_rate_and_time_left_of_a_job_that_is_being_written(tmp_path: Path) -> None:
    watcher = Watcher(described(tmp_path))
    assert watcher.look().state is State.WAITING
    begin = time.time() - 100.0
    with journal(tmp_path, "a") as writer:
        for number in range(4):
            writer.append(Asked(number, {"x": 0.1 * number}))
        writer.append(Done(0, 1.0, {}, begin, begin + 10.0, "w"))
        writer.append(Done(1, 0.0, {}, begin + 10.0, begin + 20.0, "w"))
        writer.append(Failed(2, "diverged", begin + 20.0, begin + 30.0, "w"))
        status = watcher.look()
        assert status.state is State.RUNNING
        assert str(os.getpid()) in str(status.owner)
        first, second = status.searches
        assert (first.state, first.done, first.failed, first.running) == (State.RUNNING, 2, 1, 1)
        assert (second.state, second.best) == (State.WAITING, None)
        assert first.best is not None
        assert (first.best.number, first.best.value) == (1, 0.0)
        assert status.rate == pytest.approx(2 / 90.0, rel=0.05), "two more ends in the 90 s since the first"
        assert status.rate is not None
        assert status.seconds_left == pytest.approx(17 / status.rate)
        assert status.utilisation == pytest.approx(1.0, abs=0.35)
        assert status.workers == 2
        assert "3 of 20 evaluations ended, 1 failed, 1 running, best 0 (a)" in line(status)
    stopped = watcher.look()
    assert (stopped.state, stopped.owner, stopped.seconds_left) == (State.STOPPED, None, None)
    assert "1 cut off" in line(stopped)


def test_utilisation_counts_what_still_runs(tmp_path: Path) -> None:
    """Two workers, busy all the time; the second one's only trial has not ended."""
    with journal(described(tmp_path, "a: {}"), "a") as writer:
        writer.append(*[Asked(number, {"x": float(number)}) for number in range(5)])
        ends = [(0, 0.0), (2, 10.0), (3, 20.0), (4, 30.0)]
        writer.append(*[Done(number, 1.0, {}, 1e9 + at, 1e9 + at + 10.0, "w") for number, at in ends])
    status = Watcher(tmp_path).look()
    assert status.utilisation == pytest.approx(1.0)
    assert status.workers == 2


def test_a_line_that_is_being_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    with Journal.open(tmp_path, Header("a", "0123", 0)) as writer:
        writer.append(Asked(0, {"x": 1.0}), Done(0, 2.0))
    whole = (tmp_path / FILE).read_bytes()
    for cut in range(1, len(whole)):
        (tmp_path / FILE).write_bytes(whole[:cut])
        follower = Follower(tmp_path)
        follower.read()
        (tmp_path / FILE).write_bytes(whole)
        assert follower.read()
        assert not follower.read()
        assert [trial.value for trial in follower.history.done] == [2.0]


def test_damage_is_told_with_its_line(tmp_path: Path) -> None:
    with Journal.open(tmp_path, Header("a", "0123", 0)) as writer:
        writer.append(Asked(0, {"x": 1.0}), Done(0, 2.0))
    data = (tmp_path / FILE).read_bytes().replace(b'"asked"', b'"askee"')
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(BadInput, match="damage at line 2"):
        Follower(tmp_path).read()


def test_a_sweep_tells_which_searches_failed_and_why(tmp_path: Path) -> None:
    with Journal.open(described(tmp_path), Header("demo", "sweep", 0)) as writer:
        writer.append(SearchEnd("a", {"done": 3}, None, 1e9, 1e9 + 5, "w"))
        writer.append(SearchEnd("b", None, "Infeasible: no room", 1e9, 1e9 + 5, "w"))
    status = Watcher(tmp_path).look()
    assert [search.state for search in status.searches] == [State.FINISHED, State.FAILED]
    assert status.searches[1].reason == "Infeasible: no room"
    assert (status.state, status.utilisation, status.workers) == (State.FINISHED, 1.0, 2)


@pytest.fixture
def job(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A job that runs in another process, after its first outcome."""
    (tmp_path / "slow.yaml").write_text(SLOW)
    command = [str(Path(sys.executable).parent / "scalesearch"), "search"]
    arguments = [str(tmp_path / "slow.yaml"), "--quiet", "--runner", "process", "--workers", "2", "--out"]
    with subprocess.Popen(  # a program of its own, to be killed
        [*command, *arguments, str(tmp_path / "out")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert process.poll() is None, "the job ended"
            if (tmp_path / "out/source.json").exists() and Watcher(tmp_path / "out").look().ended > 4:
                break
            time.sleep(0.1)
        yield tmp_path / "out", process
        process.kill()


def test_a_job_in_another_process_runs_until_it_is_killed(
    job: tuple[Path, subprocess.Popen[bytes]], capfd: pytest.CaptureFixture[str]
) -> None:
    folder, process = job
    assert main(["status", str(folder), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["state"], told["evaluations"]) == ("running", 500)
    assert f"process {process.pid} on" in told["owner"]
    assert told["searches"][0]["best"]["value"] <= 1.0
    assert told["seconds_left"] > 1.0
    assert 0.0 < told["utilisation"] <= 1.0
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert main(["status", str(folder)]) == 0
    assert "# slow: stopped" in capfd.readouterr().out
    assert main(["watch", str(folder)]) == 0
    (only,) = capfd.readouterr().out.splitlines()
    assert " stopped: " in only


def test_watching_ends_when_the_job_does(
    job: tuple[Path, subprocess.Popen[bytes]], capfd: pytest.CaptureFixture[str]
) -> None:
    folder, process = job
    process.send_signal(signal.SIGINT)
    assert main(["watch", str(folder), "--every", "0.1"]) == 0
    assert process.wait(30) == 130
    assert " stopped: " in capfd.readouterr().out.splitlines()[-1]


def test_a_finished_job_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "job.yaml").write_text("evaluations: 5\nengine: random\nbudget: {flops: 1e21}\n")
    run(load_batch(tmp_path / "job.yaml"), tmp_path / "out")
    assert main(["status", str(tmp_path / "out"), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["state"], told["done"], told["running"], told["seconds_left"]) == ("finished", 5, 0, None)


@pytest.mark.parametrize("command", ["status", "watch"])
def test_a_folder_that_is_no_job_is_named(
    command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([command, str(tmp_path)]) == 2
    expected = f"error: job folder: expected a folder that `scalesearch search` wrote, got {tmp_path}\n"
    assert capfd.readouterr().err == expected
