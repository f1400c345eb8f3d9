"""A queue of jobs: order, failures that stop nothing, one report, and going on after a kill or Ctrl-C."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runners.cli.main import main
from runners.jobs.job_queue import jobs_in
from runners.journal import FILE, read
from runners.records import SearchEnd
from search.history import History
from spaces.errors import BadInput

LAW = "evaluations: 4\nengine: random\nbudget: {{flops: 1e21}}\npriority: {priority}\n"
PROGRAM = """
evaluations: {evaluations}
engine: random
space: {{parameters: {{x: {{type: float, lower: 0, upper: 1}}}}}}
objective: {{kind: command, command: "sh -c '{command}'"}}
"""


def write(folder: Path, **jobs: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in jobs.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def submit(folder: Path, out: Path, *options: str) -> int:
    return main(["submit", str(folder), "--out", str(out), "--quiet", *options])


def test_jobs_run_by_priority_then_name(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "q", b=LAW.format(priority=0), a=LAW.format(priority=0), z=LAW.format(priority=5), no="[]"
    )
    assert [job.name for job in jobs_in(folder)] == ["z", "a", "b", "no"]
    assert submit(folder, tmp_path / "out", "--at-once", "1") == 0
    ends = [record for record in read(tmp_path / "out").records if isinstance(record, SearchEnd)]
    assert [end.name for end in sorted(ends, key=lambda end: end.started or 0.0)] == ["z", "a", "b"]


def test_a_failed_job_does_not_stop_the_rest_and_says_why(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write(
        tmp_path / "q",
        good=LAW.format(priority=0),
        mistaken="evaluations: none\n",
        unknown="evaluations: 3\nbudget: {flops: 1e21}\nobjective: {law: chinchila}\n",
        useless=PROGRAM.format(evaluations=3, command="exit 7"),
    )
    assert submit(folder, tmp_path / "out", "--json") == 0
    record = json.loads(capfd.readouterr().out)
    jobs = {job["name"]: job for job in record["jobs"]}
    states = {name: job["state"] for name, job in jobs.items()}
    assert states == {"good": "finished", "mistaken": "failed", "unknown": "failed", "useless": "failed"}
    assert "evaluations: expected a whole number, got 'none'" in jobs["mistaken"]["reason"]
    assert "chinchila" in jobs["unknown"]["reason"]
    assert "exit code 7" in jobs["useless"]["reason"]
    assert jobs["good"]["searches"][0]["search"]["done"] == 4
    assert jobs["useless"]["searches"][0]["search"]["failed"] == 3
    for name in ("report.md", "report.html", "report.json"):
        assert "useless" in (tmp_path / "out" / name).read_text()
    assert (tmp_path / "out/jobs/good/report.html").exists()
    assert main(["report", str(tmp_path / "out"), "--format", "json"]) == 0
    assert json.loads(capfd.readouterr().out) == record


def test_the_status_of_a_queue_is_that_of_its_jobs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "q", a=LAW.format(priority=0), b=LAW.format(priority=1))
    assert submit(folder, tmp_path / "out") == 0
    capfd.readouterr()
    assert main(["status", str(tmp_path / "out"), "--json"]) == 0
    found = json.loads(capfd.readouterr().out)["jobs"]
    assert [(job["name"], job["state"], job["done"]) for job in found] == [
        ("a", "finished", 4),
        ("b", "finished", 4),
    ]


def test_exit_codes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    empty = write(tmp_path / "empty")
    assert submit(empty, tmp_path / "o1") == 2
    assert f"folder: expected a folder with job files (*.yaml), got {empty}" in capfd.readouterr().err
    useless = write(tmp_path / "useless", a=PROGRAM.format(evaluations=2, command="exit 7"))
    assert submit(useless, tmp_path / "o2") == 4
    assert "no trial of any job has a value" in capfd.readouterr().err
    good = write(tmp_path / "good", a=LAW.format(priority=0))
    assert submit(good, tmp_path / "o3", "--runner", "slurm") == 2
    assert "runner: expected local | process | ray, got slurm" in capfd.readouterr().err
    assert submit(good, tmp_path / "o3") == 0
    assert submit(good, tmp_path / "o3") == 2
    assert "--out: expected a new folder, or --resume" in capfd.readouterr().err
    assert submit(useless, tmp_path / "o3", "--resume") == 2
    assert "which holds another" in capfd.readouterr().err


def test_job_files_of_one_name_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "q", a="")
    (folder / "a.yml").write_text("")
    with pytest.raises(BadInput, match="job files whose names differ, got a"):
        jobs_in(folder)


def begun(tmp_path: Path, folder: Path, ended: int) -> subprocess.Popen[bytes]:
    """A queue in another process, of which one job has returned and another has so many trials."""
    command = [str(Path(sys.executable).parent / "scalesearch"), "submit", str(folder), "--quiet"]
    process = subprocess.Popen(
        [*command, "--at-once", "1", "--out", str(tmp_path / "out")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    slow = tmp_path / "out/jobs/slow/searches/slow"
    deadline = time.monotonic() + 60
    while not (slow / FILE).exists() or len(History(read(slow).events).ended) < ended:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_queue_goes_on_where_it_was_cut_off(tmp_path: Path, number: signal.Signals) -> None:
    slow = PROGRAM.format(evaluations=8, command="sleep 0.2; echo {x} >> ran; echo {x}")
    folder = write(tmp_path / "q", fast=LAW.format(priority=9), slow=slow, last=LAW.format(priority=-1))
    process = begun(tmp_path, folder, 3)
    process.send_signal(number)
    assert process.wait(60) == (130 if number == signal.SIGINT else -number)
    fast = (tmp_path / "out/jobs/fast/searches/fast" / FILE).read_bytes()
    assert submit(folder, tmp_path / "out", "--resume") == 0
    assert (tmp_path / "out/jobs/fast/searches/fast" / FILE).read_bytes() == fast, "it was not run again"
    record = json.loads((tmp_path / "out/report.json").read_text())
    assert [job["state"] for job in record["jobs"]] == ["finished"] * 3
    assert record["jobs"][1]["searches"][0]["search"]["done"] == 8
    ran = (folder / "ran").read_text().split()
    assert len(set(ran)) == 8
    assert len(ran) <= 9, "what was running at the kill may be run again"


@pytest.mark.slow
def test_jobs_cut_off_by_the_wall_time_are_gone_on_with(tmp_path: Path) -> None:
    slow = PROGRAM.format(evaluations=16, command="sleep 0.5; echo 1")  # eight seconds at least
    folder = write(tmp_path / "q", a=slow, b=LAW.format(priority=-1))
    submit(folder, tmp_path / "out", "--at-once", "1", "--walltime", "6")
    record = json.loads((tmp_path / "out/report.json").read_text())
    cut = record["jobs"][0]
    assert (cut["state"], cut["reason"].startswith("the wall time was over after")) == ("failed", True)
    # What is left of the wall time may be enough for the quick job, or not: both are right.
    assert submit(folder, tmp_path / "out", "--resume") == 0
    record = json.loads((tmp_path / "out/report.json").read_text())
    assert [job["state"] for job in record["jobs"]] == ["finished", "finished"]
