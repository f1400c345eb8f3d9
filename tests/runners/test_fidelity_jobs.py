"""Jobs with a fidelity: the field is checked, its costs are journalled, counted and reported."""

import json
from pathlib import Path

import pytest

from runners.api import run
from runners.ask_tell import open_search
from runners.cli.main import main
from runners.jobs.job import Batch, parse_batch
from runners.journal import read
from runners.status import Watcher
from search.trial import Asked, Done
from spaces.errors import BadInput

JOB = """
evaluations: 60
seed: 1
fidelity: {name: tokens, low: 1e8, target: 2e9}
space: {parameters: {rate: {type: float, lower: 0, upper: 1}, depth: {type: integer, lower: 1, upper: 9}}}
objective: {kind: python, target: "train.py:train", returns: loss}
"""
TRAIN = """
def train(config):
    missing = 1 - config["tokens"] / 2e9
    return (config["rate"] - 0.4 - 0.05 * missing) ** 2 + 0.01 * (config["depth"] - 3) ** 2 + 0.1 * missing
"""


def job(text: str, folder: Path) -> Batch:
    return parse_batch(text, "job", folder)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "job.yaml").write_text(JOB + "stop: {cost: 4}\n")
    return tmp_path


def test_a_job_spends_its_cost_and_reports_what_each_fidelity_took(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(place / "job.yaml", place / "out")["searches"][0]
    search, best = found["search"], found["best"]
    assert best["config"]["tokens"] == 2e9
    account = search["fidelity"]
    assert 4.0 <= account["cost"] < 5.0
    assert account["cost"] == pytest.approx(sum(level["cost"] for level in account["levels"]))
    last = account["levels"][-1]
    assert (last["value"], last["asked"], last["least"]) == (2e9, search["done"], best["value"])
    assert sum(level["asked"] for level in account["levels"][:-1]) == search["partial"] > 0
    assert found["stopped"] == "cost=4.0"
    status = Watcher(place / "out").look().to_dict()
    assert (status["done"], status["partial"]) == (search["done"], search["partial"])
    assert main(["report", str(place / "out")]) == 0
    shown = capsys.readouterr().out
    assert f"{search['partial']} below the target" in shown
    assert "## Fidelities" in shown
    asked = [event for event in read(place / "out" / "searches" / "job").events if isinstance(event, Asked)]
    assert {event.cost is None for event in asked} == {event.config["tokens"] == 2e9 for event in asked}


def test_a_search_cut_off_goes_on_to_a_greater_cost_as_an_unbroken_one(place: Path) -> None:
    whole = run(place / "job.yaml", place / "whole")["searches"][0]
    (place / "job.yaml").write_text(JOB + "stop: {cost: 2}\n")
    first = run(place / "job.yaml", place / "out")["searches"][0]
    (place / "job.yaml").write_text(JOB + "stop: {cost: 4}\n")
    second = run(place / "job.yaml", place / "out", resume=True)["searches"][0]
    assert first["search"]["fidelity"]["cost"] < 3.0
    assert second["best"]["config"] == whole["best"]["config"]
    assert second["search"]["fidelity"] == whole["search"]["fidelity"]


def test_ask_hands_out_the_fidelity_and_a_value_below_the_target_is_not_best(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "job.yaml").write_text(JOB.replace('kind: python, target: "train.py:train"', "kind: external"))
    assert main(["ask", str(place / "job.yaml"), "--out", str(place / "out"), "--worker", "a"]) == 0
    (trial,) = json.loads(capsys.readouterr().out)
    assert trial["config"]["tokens"] == 1e8
    assert main(["tell", str(place / "out"), "0", "1.5"]) == 0
    assert "best so far: none" in capsys.readouterr().err
    with open_search(place / "out") as opened:
        assert opened.history[0].estimate == 1.5
        assert opened.history.cost == pytest.approx(0.05)


def test_the_certified_optimum_of_a_law_is_that_at_the_target(tmp_path: Path) -> None:
    text = """
evaluations: 5
budget: {flops: 1e20, sparsity: 0}
fidelity: {name: tokens, low: 1e8, target: 2e9}
objective: {kind: law, law: generalized, coefficients: dense}
"""
    (one,) = job(text, tmp_path).jobs
    assert one.problem is not None
    assert one.problem.solve().tokens == pytest.approx(2e9)
    assert one.space["tokens"].legal_value(1.01e8)


def test_known_values_of_another_job_are_those_at_the_target(place: Path) -> None:
    run(place / "job.yaml", place / "first")
    done = sum(isinstance(each, Done) for each in read(place / "first" / "searches" / "job").events)
    (place / "job.yaml").write_text(JOB + "stop: {cost: 1}\nwarm_start: {jobs: [first]}\n")
    found = run(place / "job.yaml", place / "second")["searches"][0]
    assert 0 < found["search"]["given"] < done
    assert "below the target fidelity" in " ".join(found["notes"])


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ("fidelity: {name: tokens, low: 3e9, target: 2e9}", "fidelity: expected low below target"),
        ("fidelity: {name: tokens, low: 1.5, target: 9, integer: true}", "fidelity: expected whole numbers"),
        (
            "fidelity: {name: tokens, low: 1e8, target: 2e9, cost: 0}",
            "fidelity.cost: expected a number above 0",
        ),
        ("fidelity: {name: tokens, target: 2e9}", "fidelity.low: expected a value, got nothing"),
        ("engine: native", "engine: expected fidelity, where there is a fidelity, got native"),
        ("pruner: {kind: median}", "pruner: expected none where there is a fidelity"),
        ("fix: {tokens: 2e9}", "fix.tokens: expected a parameter that is not the fidelity"),
        ("engine: {power: 2}", "engine: expected options of the engine alone, without power"),
    ],
)
def test_one_line_for_each_mistake(place: Path, change: str, wrong: str) -> None:
    fields = {line.split(":")[0]: line for line in [*JOB.strip().splitlines(), change]}
    with pytest.raises(BadInput) as caught:
        job("\n".join(fields.values()), place)
    assert [str(mistake).startswith(wrong) for mistake in caught.value.mistakes] == [True], caught.value


def test_what_needs_a_fidelity_says_so(place: Path) -> None:
    text = JOB.replace("fidelity: {name: tokens, low: 1e8, target: 2e9}", "engine: fidelity\nstop: {cost: 3}")
    with pytest.raises(BadInput) as caught:
        job(text, place)
    assert {mistake.field for mistake in caught.value.mistakes} == {"fidelity", "stop.cost"}
