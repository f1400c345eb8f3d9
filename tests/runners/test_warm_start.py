"""A job that begins with what others found: told, asked first, or left out with a reason; journalled once."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from runners.api import report, run
from runners.journal import read
from search.trial import Asked, Given
from spaces.configs import Config
from spaces.errors import BadInput

EARLIER = """
evaluations: 20
engine: sobol
objective: {kind: python, target: "valley.py:valley"}
space: {parameters: {x: {type: float, lower: 0, upper: 2}, kind: {type: categorical, values: [a, b]}}}
"""
LATER = """
evaluations: 6
objective: {kind: python, target: "valley.py:valley"}
space: {parameters: {x: {type: float, lower: 0, upper: 1}, kind: {type: categorical, values: [a, b]}}}
"""
VALLEY = """
def valley(config):
    if config["x"] < 0.1:
        raise ValueError("too small")
    return (config["x"] - 0.7) ** 2 + (config["kind"] == "b")
"""


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a job in `old`."""
    folder = tmp_path_factory.mktemp("earlier")
    (folder / "valley.py").write_text(VALLEY)
    (folder / "earlier.yaml").write_text(EARLIER)
    run(folder / "earlier.yaml", folder / "old")
    return folder


@pytest.fixture
def folder(earlier: Path, tmp_path: Path) -> Path:
    """The same, to be written to."""
    return Path(shutil.copytree(earlier, tmp_path / "jobs"))


def later(folder: Path, text: str, out: str = "new", **options: Any) -> dict[str, Any]:
    (folder / "later.yaml").write_text(LATER + text)
    record: dict[str, Any] = run(folder / "later.yaml", folder / out, **options)["searches"][0]
    return record


def configs(folder: Path, kind: type[Given] | type[Asked]) -> list[Config]:
    """Of the events of one kind in the later job's journal."""
    return [event.config for event in read(folder / "new/searches/later").events if isinstance(event, kind)]


def test_trials_that_fit_are_told_and_the_others_named_in_one_line(folder: Path) -> None:
    record = later(folder, "warm_start: {jobs: [old]}")
    note = record["notes"][0]
    assert note.startswith(
        "warm start from old/earlier: 10 of 20 trials told; left out 10 (x: expected a number"
    )
    assert len(configs(folder, Given)) == 10
    search = record["search"]
    assert (search["done"], search["failed"], search["given"], search["pending"]) == (6, 0, 10, 0)
    assert record["best"]["value"] < 1e-3
    assert search["convergence"][0]["outcomes"] == 0


def test_points_are_told_with_a_value_and_asked_first_without(folder: Path) -> None:
    points = "warm_start: {points: [{config: {x: 0.25, kind: b}}, {config: {x: 0.7, kind: a}, value: 0.0}]}"
    record = later(folder, points)
    assert record["search"]["given"] == 1
    assert (record["best"]["value"], record["best"]["source"]) == (0.0, "points of the job file")
    assert configs(folder, Asked)[0] == {"x": 0.25, "kind": "b"}


def test_without_values_the_best_are_asked_first(folder: Path) -> None:
    record = later(folder, "warm_start: {jobs: [{job: old, values: false, best: 2}]}")
    assert record["notes"] == ["warm start from old/earlier: 2 of 20 trials asked first"]
    assert configs(folder, Asked)[:2] == configs(folder, Given)


def test_a_resumed_search_does_not_look_again(folder: Path) -> None:
    first = later(folder, "warm_start: {jobs: [old]}")
    shutil.rmtree(folder / "old")
    again = later(folder, "warm_start: {jobs: [old]}", resume=True)
    assert again == first == report(folder / "new")["searches"][0]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("warm_start: {}", "warm_start: expected points or jobs"),
        ("warm_start: {jobs: [nowhere]}", r"warm_start.jobs\[0\].job folder: expected a folder"),
        ("warm_start: {jobs: [{job: old, search: earler}]}", "did you mean earlier"),
        ("warm_start: {points: [{config: {x: 5, kind: a}}]}", r"warm_start.points\[0\].x: expected"),
        ("budget: {flops: 1e20}\nwarm_start: {jobs: [old]}", "our objective and budget, or values: false"),
    ],
)
def test_mistakes_come_to_light_before_anything_runs(folder: Path, text: str, mistake: str) -> None:
    with pytest.raises(BadInput, match=mistake):
        later(folder, text)
    assert not (folder / "new/searches/later").exists()


def test_a_space_that_is_known_through_and_through_needs_no_evaluation(folder: Path) -> None:
    known = "warm_start: {points: [{config: {x: 0.7, kind: a}, value: 0.25}]}\nfix: {x: 0.7, kind: a}\n"
    record = later(folder, known)
    assert (record["search"]["done"], record["best"]["value"]) == (0, 0.25)
    assert record["notes"][-1].startswith("ended after 0 trials")
