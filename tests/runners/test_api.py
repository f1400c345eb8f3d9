"""A job from its file to its report: what lands in its folder; resuming loses and repeats nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ConfigSpace import ConfigurationSpace

from objectives import laws
from runners.api import make_backend, report, resume, run
from runners.cli.main import main
from runners.jobs.job import load_batch, parse_batch
from runners.jobs.resources import Bundle, Resources
from runners.journal import read
from runners.records import SearchEnd
from search.trial import Asked, Done
from spaces.errors import BadInput, Infeasible
from spaces.files import write_space

LAW = """
evaluations: 12
engine: sobol
budget: {flops: 1e21, max_total_params: 2e10}
space: {kind: law, n: [1e7, 1e12], tokens: [1e8, 1e13], sparsity: [0, 0.9]}
objective: {law: generalized}
"""
SLOW = """
evaluations: 40
engine: random
objective: {kind: command, command: "sh -c 'sleep 0.1; echo {x}'"}
space: {parameters: {x: {type: float, lower: 0, upper: 1}}}
"""


def job(folder: Path, text: str) -> Path:
    path = folder / "job.yaml"
    path.write_text(text)
    return path


def best(record: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = record["searches"][0]["best"]
    return found


def test_a_job_leaves_its_description_its_journal_and_three_reports(tmp_path: Path) -> None:
    record = run(job(tmp_path, LAW), tmp_path / "out")
    names = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")}
    assert {"job.yaml", "report.json", "report.md", "report.html", "searches/job/journal.jsonl"} <= names
    assert json.loads((tmp_path / "out/report.json").read_text()) == record == report(tmp_path / "out")


def test_the_answer_holds_what_a_point_alone_does_not(tmp_path: Path) -> None:
    record = run(job(tmp_path, LAW), tmp_path / "out")
    (answer,) = record["answers"]
    assert answer["optimum"]["certificate"]["holds"]
    assert answer["waste"]["1%"]["n"][0] < answer["optimum"]["n"] <= answer["waste"]["1%"]["n"][1]
    assert answer["why_no_interval"]
    assert len(answer["others"]) >= 15
    assert {bound["name"] for bound in answer["optimum"]["active"]} >= {"budget", "max_total_params"}
    (search,) = record["searches"]
    assert search["certified"]["gap"] == pytest.approx(best(record)["value"] - answer["optimum"]["loss"])
    assert search["certified"]["gap"] >= 0


def test_the_best_value_is_the_laws_own_prediction(tmp_path: Path) -> None:
    found = best(run(job(tmp_path, LAW), tmp_path / "out"))
    config = found["config"]
    loss = laws.get("generalized").loss(config["n_active"], config["tokens"], config["sparsity"])
    assert found["value"] == loss
    assert 6 * config["n_active"] * config["tokens"] <= 1e21 * (1 + 1e-9)


def test_more_evaluations_go_on_where_the_search_stopped(tmp_path: Path) -> None:
    whole = run(job(tmp_path, LAW), tmp_path / "whole")
    run(job(tmp_path, LAW.replace("evaluations: 12", "evaluations: 5")), tmp_path / "parts")
    parts = run(job(tmp_path, LAW), tmp_path / "parts", resume=True)
    assert best(parts)["config"] == best(whole)["config"]
    configs = [
        [event.config for event in read(tmp_path / name / "searches/job").events if isinstance(event, Asked)]
        for name in ("whole", "parts")
    ]
    assert configs[0] == configs[1]


def test_a_finished_job_is_not_run_again(tmp_path: Path) -> None:
    run(job(tmp_path, LAW), tmp_path / "out")
    before = (tmp_path / "out/searches/job/journal.jsonl").read_bytes()
    assert resume(tmp_path / "out") == report(tmp_path / "out")
    assert (tmp_path / "out/searches/job/journal.jsonl").read_bytes() == before


def test_a_sweep_on_processes_finds_what_the_driver_finds(tmp_path: Path) -> None:
    text = LAW + "sweep: {seed: [0, 1, 2], budget.flops: [1e20, 1e21]}\n"
    here = run(job(tmp_path, text), tmp_path / "local")
    there = run(job(tmp_path, text), tmp_path / "process", runner="process", workers=2)
    assert [search["best"]["config"] for search in here["searches"]] == [
        search["best"]["config"] for search in there["searches"]
    ]


def test_a_batch_built_from_text_runs_like_a_file(tmp_path: Path) -> None:
    batch = parse_batch(LAW, "job", tmp_path)
    assert best(run(batch, tmp_path / "a"))["value"] == best(run(job(tmp_path, LAW), tmp_path / "b"))["value"]


def test_the_report_of_a_running_job_counts_what_is_there(tmp_path: Path) -> None:
    text = LAW + "sweep: {seed: [0, 1]}\n"
    run(job(tmp_path, text), tmp_path / "out")
    (tmp_path / "out/searches/seed=1/journal.jsonl").unlink()
    record = report(tmp_path / "out")
    assert [search["search"]["done"] for search in record["searches"]] == [12, 0]
    assert record["searches"][1]["best"] is None


@pytest.mark.parametrize("format", ["md", "json", "html"])
def test_the_report_command_gives_what_is_on_disk(
    format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(job(tmp_path, LAW), tmp_path / "out")
    assert main(["report", str(tmp_path / "out"), "--format", format]) == 0
    assert capsys.readouterr().out == (tmp_path / "out" / f"report.{format}").read_text()


def test_the_html_report_needs_nothing_else(tmp_path: Path) -> None:
    run(job(tmp_path, LAW), tmp_path / "out")
    page = (tmp_path / "out/report.html").read_text()
    assert page.count("<svg") == 4
    assert "<script" not in page
    assert 'src="http' not in page


@pytest.mark.parametrize("interrupt", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_with_130_and_everything_on_disk(interrupt: signal.Signals, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", "import sys; from runners.cli.main import main; sys.exit(main())"]
    process = subprocess.Popen(
        [*command, "search", str(job(tmp_path, SLOW)), "--out", str(out), "--quiet"],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    _wait_for_trials(out / "searches/job", 3)
    process.send_signal(interrupt)
    _, talk = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in talk.splitlines()[-1]
    done = [event for event in read(out / "searches/job").events if isinstance(event, Done)]
    assert 3 <= len(done) < 40
    assert len(json.loads((out / "report.json").read_text())["searches"][0]["search"]["top"]) >= 3


@pytest.mark.slow
def test_a_killed_job_resumes_without_losing_or_repeating_a_finished_trial(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", "import sys; from runners.cli.main import main; sys.exit(main())"]
    arguments = ["search", str(job(tmp_path, SLOW)), "--out", str(out), "--quiet", "--resume"]
    root = Path(__file__).parents[2]
    process = subprocess.Popen([*command, *arguments], cwd=root, start_new_session=True)
    _wait_for_trials(out / "searches/job", 5)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = [event for event in read(out / "searches/job").events if isinstance(event, Done)]
    subprocess.run([*command, *arguments], cwd=root, check=True, stdout=subprocess.DEVNULL)
    after = [event for event in read(out / "searches/job").events if isinstance(event, Done)]
    assert after[: len(before)] == before
    assert sorted(event.number for event in after) == list(range(40))


def _wait_for_trials(folder: Path, number: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (folder / "journal.jsonl").exists():
            done = [event for event in read(folder).events if isinstance(event, Done)]
            if len(done) >= number:
                return
        time.sleep(0.05)
    raise AssertionError(f"{folder} never had {number} finished trials")


def test_resuming_with_another_job_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(job(tmp_path, LAW), out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(BadInput, match="hash"):
        run(job(tmp_path, LAW.replace("1e21", "1e22")), out, resume=True)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_refused_runner_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"local \| process \| ray"):
        run(job(tmp_path, LAW), tmp_path / "out", runner="slurm")
    assert not (tmp_path / "out").exists()


def test_a_space_in_a_changed_file_is_another_job(tmp_path: Path) -> None:
    write_space(ConfigurationSpace({"x": (0.0, 1.0)}), tmp_path / "space.json")
    text = SLOW.replace("{parameters: {x: {type: float, lower: 0, upper: 1}}}", "{configspace: space.json}")
    first = load_batch(job(tmp_path, text)).jobs[0].digest
    assert load_batch(job(tmp_path, text)).jobs[0].digest == first
    write_space(ConfigurationSpace({"x": (0.0, 2.0)}), tmp_path / "space.json")
    assert load_batch(job(tmp_path, text)).jobs[0].digest != first


def test_one_closed_form_on_workers_travels_as_one_task(tmp_path: Path) -> None:
    run(job(tmp_path, LAW), tmp_path / "out", runner="process", workers=1)
    (end,) = [record for record in read(tmp_path / "out").records if isinstance(record, SearchEnd)]
    assert end.summary is not None
    assert end.summary["done"] == 12


def test_a_mistake_common_to_a_sweep_is_told_once(tmp_path: Path) -> None:
    text = LAW.replace("engine: sobol", "engine: {name: sobol, kappa: 1}") + "sweep: {seed: [0, 1, 2]}\n"
    with pytest.raises(BadInput) as caught:
        load_batch(job(tmp_path, text))
    assert len(caught.value.mistakes) == 1


def test_an_infeasible_search_of_a_sweep_is_named(tmp_path: Path) -> None:
    text = LAW + "sweep: {budget.flops: [1e21, 1e12]}\n"
    with pytest.raises(Infeasible, match="flops=1e12: no configuration"):
        load_batch(job(tmp_path, text))


PYTHON = """
evaluations: 60
engine: random
parallel: 2
walltime: 600
retries: {failed: 1}
objective: {kind: python, target: "slow.py:f"}
space: {parameters: {x: {type: float, lower: 0, upper: 1}}}
"""


def python_job(folder: Path, function: str) -> Path:
    (folder / "slow.py").write_text(f"import os, signal, time\n\ndef f(config):\n    {function}\n")
    return job(folder, PYTHON)


def test_a_wall_time_ends_a_run_with_a_report_and_resume_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = python_job(tmp_path, "time.sleep(0.1); return config['x']")
    command = ["search", str(path), "--out", str(tmp_path / "out"), "--quiet", "--json"]
    assert main([*command, "--walltime", "0:02.5"]) == 0
    captured = capsys.readouterr()
    first = json.loads(captured.out)["searches"][0]["search"]
    assert "the wall time of 2.5 s is over; run the same command with --resume" in captured.err
    assert 1 <= first["done"] < 60
    assert first["pending"] == 0
    assert main([*command, "--resume"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["searches"][0]["search"]["done"] == 60
    assert "wall time" not in captured.err


def test_a_terminated_command_leaves_a_report_and_exits_with_130(tmp_path: Path) -> None:
    path = python_job(tmp_path, "time.sleep(0.05); return config['x']")
    command = [sys.executable, "-c", "import sys; from runners.cli.main import main; sys.exit(main())"]
    driver = subprocess.Popen(
        [*command, "search", str(path), "--out", str(tmp_path / "out"), "--runner", "process", "--quiet"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    journal = tmp_path / "out/searches/job/journal.jsonl"
    while not journal.exists() or journal.read_text().count('"done"') < 3:
        time.sleep(0.02)
    driver.send_signal(signal.SIGTERM)
    out, err = driver.communicate(timeout=60)
    assert (driver.returncode, out) == (130, "")
    assert err == "interrupted: everything so far is on disk; run the same command with --resume to go on\n"
    assert report(tmp_path / "out")["searches"][0]["search"]["done"] >= 3
    assert (tmp_path / "out/report.md").exists()


def test_what_was_tried_again_stands_in_the_report(tmp_path: Path) -> None:
    record = run(python_job(tmp_path, "return 1 / 0 if config['x'] > 0.9 else config['x']"), tmp_path / "out")
    (search,) = record["searches"]
    assert search["search"]["failures"]
    assert len(search["notes"]) == search["search"]["failed"]
    assert search["notes"][0].endswith("failed: ZeroDivisionError: division by zero; tried again")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("runtime_env: {env_vars: {A: b}}", "runtime_env: expected none with the runner process"),
        ("resources: {gpus: 1}", "resources: expected cpus alone with the runner process"),
    ],
)
def test_what_only_ray_has_is_refused_elsewhere(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        run(job(tmp_path, SLOW + text), tmp_path / "out", runner="process")


def test_process_workers_share_the_processors_by_what_a_trial_needs() -> None:
    with make_backend("process", resources=Resources((Bundle(1000.0),))) as backend:
        assert backend.slots == 1
