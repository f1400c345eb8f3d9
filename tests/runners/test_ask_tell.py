"""Trials asked for and told by hand: the same search as one that runs, whoever dies between two calls."""

import json
from pathlib import Path

import pytest

from runners.api import report, run
from runners.ask_tell import open_search
from runners.cli.main import main
from runners.journal import read
from search.trial import Asked
from spaces.errors import BadInput, NoUsableTrial

JOB = """
evaluations: 6
objective: {kind: external, returns: loss}
space: {parameters: {x: {type: float, lower: 0, upper: 1}}}
"""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(JOB)
    return path


def loss(config: object) -> float:
    return (float(str(config["x"])) - 0.4) ** 2  # type: ignore[index]


def test_a_search_asked_and_told_is_the_search_that_runs(job: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for _ in range(6):
        with open_search(job, out) as opened:  # each call a process of its own, as far as the folder knows
            (asked,) = opened.ask(worker="w")
        with open_search(out) as opened:
            opened.tell(asked.number, {"loss": loss(asked.config), "seconds": 2.0}, worker="w")
    with open_search(out) as opened:
        assert opened.ask() == []
    (tmp_path / "train.py").write_text("def loss(c): return {'loss': (c['x'] - 0.4) ** 2}")
    job.write_text(JOB.replace("kind: external", "kind: python, target: 'train.py:loss'"))
    runs = run(job, tmp_path / "run")["searches"][0]
    told = report(out)["searches"][0]
    assert told["best"]["config"] == runs["best"]["config"]
    assert told["best"]["metrics"]["seconds"] == 2.0
    assert told["search"]["convergence"] == [
        {**step, "seconds": None} for step in runs["search"]["convergence"]
    ]


def test_a_worker_that_died_finds_its_trial_again(job: Path, tmp_path: Path) -> None:
    with open_search(job, tmp_path / "out") as opened:
        mine, others = opened.ask(worker="a"), opened.ask(2, worker="b")
    with open_search(tmp_path / "out") as opened:
        assert opened.ask(worker="a") == mine
        assert opened.ask(3, worker="b")[:2] == others
        opened.tell(others[0].number, float("nan"), worker="b")
        assert opened.history[others[0].number].reason == "loss is nan"
        with pytest.raises(BadInput, match=r"waits for its value \(0, 2, 3\), got 1, which has ended"):
            opened.tell(others[0].number, 1.0)
        with pytest.raises(BadInput, match="got 17, which nobody asked for"):
            opened.tell_failure(17, "lost")
        assert len(opened.ask(9)) == 2  # six in all
    events = read(tmp_path / "out/searches/job").events
    assert [event.worker for event in events if isinstance(event, Asked)] == ["a", "b", "b", "b", None, None]


def test_the_commands(job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    assert main(["ask", str(job), "--out", out, "--worker", "a"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["ask", out, "--worker", "a"]) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert first[0]["number"] == 0
    assert set(first[0]["config"]) == {"x"}
    assert main(["tell", out, "0", "-0.5"]) == 0
    assert capsys.readouterr().err == "trial 0 taken; best so far: -0.5\n"
    assert main(["ask", out]) == 0
    assert main(["tell", out, "1", "--failed", "node lost"]) == 0
    assert main(["tell", out, "1", "many"]) == 2
    assert main(["tell", out, "1"]) == 2
    assert main(["report", out]) == 0
    assert "1 of 6 evaluations done, 1 failed" in capsys.readouterr().out


def test_nothing_here_evaluates_it(job: Path, tmp_path: Path) -> None:
    with pytest.raises(NoUsableTrial, match="evaluated elsewhere, by way of `scalesearch ask`"):
        run(job, tmp_path / "out")


def test_a_job_of_several_searches_says_which(job: Path, tmp_path: Path) -> None:
    job.write_text(JOB + "searches: {one: {}, two: {seed: 1}}")
    with pytest.raises(BadInput, match=r"search: expected one \| two"):
        open_search(job, tmp_path / "out")
    with open_search(job, tmp_path / "out", "two") as opened:
        assert len(opened.ask()) == 1
