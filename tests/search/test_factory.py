"""Engines by name."""

import subprocess
import sys
from pathlib import Path

import pytest
from ConfigSpace import ConfigurationSpace, Integer

from search import engine_names, make_engine
from search.engines import ytopt_engine
from search.factory import describe_engines
from spaces.errors import BadInput


@pytest.fixture
def space() -> ConfigurationSpace:
    return ConfigurationSpace({"x": (0.0, 1.0)})


def test_every_name_makes_an_engine_of_that_name(space: ConfigurationSpace) -> None:
    needed = {"fidelity": {"fidelity": "steps"}}
    space.add(Integer("steps", (1, 8)))
    made = [make_engine(name, space, **needed.get(name, {})) for name in engine_names()]  # type: ignore[arg-type]
    assert [engine.name for engine in made] == engine_names()
    assert engine_names()[0] == "native"


@pytest.mark.parametrize(("wrong", "hint"), [("sobl", "did you mean sobol?"), ("xyz", "native | skopt")])
def test_an_unknown_engine_is_refused_with_the_names_there_are(
    space: ConfigurationSpace, wrong: str, hint: str
) -> None:
    with pytest.raises(BadInput) as caught:
        make_engine(wrong, space)
    (mistake,) = caught.value.mistakes
    assert mistake.field == "engine"
    assert hint in mistake.expected


def test_ytopt_itself_says_how_to_get_it(space: ConfigurationSpace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ytopt_engine, "installed", lambda: False)
    with pytest.raises(BadInput, match=r"github\.com/ytopt-team/ytopt"):
        make_engine("ytopt", space)


def test_all_mistakes_are_reported_by_field(space: ConfigurationSpace) -> None:
    with pytest.raises(BadInput) as caught:
        make_engine("skopt", space, seed=-1, kapa=2.0, learner="rf", pool=0, xi="0.1")
    found = {mistake.field: mistake.expected for mistake in caught.value.mistakes}
    assert set(found) == {"seed", "engine.kapa", "engine.learner", "engine.pool", "engine.xi"}
    assert "did you mean kappa?" in found["engine.kapa"]


def test_an_engine_without_options_takes_none(space: ConfigurationSpace) -> None:
    with pytest.raises(BadInput, match=r"engine\.kappa: expected no options"):
        make_engine("random", space, kappa=2.0)


def test_descriptions_give_a_line_and_the_defaults_of_the_options() -> None:
    described = {engine.name: engine for engine in describe_engines()}
    assert list(described) == [*(name for name in engine_names() if name != "ytopt"), "ytopt"]
    assert described["ytopt"].installed == ytopt_engine.installed() == ("ytopt" in engine_names())
    assert all(engine.summary and "\n" not in engine.summary for engine in described.values())
    assert described["random"].options == {}
    assert described["skopt"].options["kappa"] == 1.96


def test_importing_and_describing_engines_loads_no_heavy_library() -> None:
    code = (
        "import sys; from search.factory import describe_engines; describe_engines();"
        "print([name for name in ('skopt', 'sklearn', 'ray', 'matplotlib', 'pandas') if name in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2]
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert shown.stdout.strip() == "[]"
