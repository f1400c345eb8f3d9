"""Spaces in job files: inline definitions, ConfigSpace's own formats, and the mistakes in either."""

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from ConfigSpace import (
    ConfigurationSpace,
    Float,
    ForbiddenGreaterThanRelation,
    ForbiddenInClause,
    Integer,
    OrdinalHyperparameter,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from spaces.encoding import Encoder
from spaces.errors import BadInput, Infeasible
from spaces.files import read_space, space_from, write_space

EVERYTHING = """
parameters:
  lr: {type: float, lower: 1e-5, upper: 1e-1, log: true, default: 3e-4}
  layers: {type: integer, lower: 2, upper: "1e2", log: true}
  kind: {type: categorical, values: [dense, moe, null], weights: [1, 1, 2]}
  experts: {type: ordinal, values: [4, 8, 64]}
  top_k: {type: ordinal, values: [1, 2, 8]}
  depth: {type: integer, lower: 1, upper: 5}
  version: {type: constant, value: 3}
conditions:
  - {child: experts, parent: kind, equals: moe}
  - {child: top_k, all: [{parent: kind, equals: moe}, {parent: experts, greater_than: 4}]}
  - {child: depth, any: [{parent: kind, not_equals: dense}, {parent: layers, less_than: 10}]}
forbidden:
  - {parameter: top_k, at_least: {parameter: experts}}
  - {parameter: lr, greater_than: 5e-2}
  - any:
      - {parameter: layers, at_most: 3}
      - {all: [{parameter: kind, equals: moe}, {parameter: depth, in: [4, 5]}]}
"""


def everything() -> dict[str, Any]:
    definition: dict[str, Any] = yaml.safe_load(EVERYTHING)
    return definition


def test_conditions_and_forbidden_clauses_of_a_definition_hold() -> None:
    encoder = Encoder(space_from(everything()))
    configs: list[dict[str, Any]] = list(encoder.decode_many(encoder.random(3000, np.random.default_rng(0))))
    for config in configs:
        assert ("experts" in config) == (config["kind"] == "moe")
        assert ("top_k" in config) == (config["kind"] == "moe" and config["experts"] > 4)
        assert ("depth" in config) == (config["kind"] != "dense" or config["layers"] < 10)
        assert "top_k" not in config or config["top_k"] < config["experts"]
        assert config["lr"] <= 5e-2
        assert config["layers"] > 3
        assert config["kind"] != "moe" or config["depth"] <= 3
    assert {config["kind"] for config in configs} == {"dense", "moe", None}


def test_a_definition_leaves_stdout_clean(capsys: pytest.CaptureFixture[str]) -> None:
    space_from(
        {
            "parameters": {"k": {"type": "integer", "lower": 0, "upper": 9}},
            "forbidden": [{"parameter": "k", "at_least": 8}],
        }
    )
    assert capsys.readouterr().out == ""


def test_a_default_that_is_forbidden_gives_way_unless_the_job_set_it() -> None:
    definition: dict[str, Any] = {
        "parameters": {
            "c": {"type": "categorical", "values": ["a", "b"]},
            "x": {"type": "float", "lower": 0, "upper": 1},
        },
        "forbidden": [{"parameter": "c", "equals": "a"}],
    }
    assert space_from(definition).get_default_configuration()["c"] == "b"
    definition["parameters"]["c"]["default"] = "a"
    with pytest.raises(BadInput, match="defaults that together are not forbidden"):
        space_from(definition)


def test_a_definition_that_forbids_everything_is_infeasible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spaces.encoding.MAX_DRAWS", 1000)
    with pytest.raises(Infeasible):
        space_from(
            {
                "parameters": {"c": {"type": "ordinal", "values": [1, 2]}},
                "forbidden": [{"parameter": "c", "in": [1, 2]}],
            }
        )


FLOAT = {"type": "float", "lower": 0, "upper": 1}
CHOICE = {"type": "categorical", "values": ["a", "b"]}


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({}, {"space"}),
        ({"kind": "lawn"}, {"kind"}),
        ({"kind": "law", "n": [1e7, 1e12]}, {"tokens"}),
        ({"kind": "law", "n": [1e7, 1e12], "tokens": [1, 2], "token": 3}, {"token"}),
        ({"parameters": {}}, {"parameters"}),
        ({"parameters": [1]}, {"parameters"}),
        ({"parameters": {"x": FLOAT}, "condition": []}, {"condition"}),
        ({"parameters": {"x": 3}}, {"parameters.x.type"}),
        ({"parameters": {"x": {"type": "flaot"}}}, {"parameters.x.type"}),
        (
            {"parameters": {"x": {"type": "float", "upper": 1, "size": 2}}},
            {"parameters.x.lower", "parameters.x.size"},
        ),
        ({"parameters": {"x": {**FLOAT, "lower": 2}}}, {"parameters.x.upper"}),
        ({"parameters": {"x": {**FLOAT, "log": True}}}, {"parameters.x.lower"}),
        (
            {"parameters": {"x": {**FLOAT, "log": "yes", "upper": "one"}}},
            {"parameters.x.log", "parameters.x.upper"},
        ),
        ({"parameters": {"x": {**FLOAT, "upper": float("inf")}}}, {"parameters.x.upper"}),
        ({"parameters": {"x": {**FLOAT, "lower": -1e-14, "upper": 1e-9}}}, {"parameters.x.lower"}),
        ({"parameters": {"x": {**FLOAT, "default": 2}}}, {"parameters.x.default"}),
        ({"parameters": {"x": {"type": "integer", "lower": 0.5, "upper": 3}}}, {"parameters.x.lower"}),
        ({"parameters": {"x": {"type": "integer", "lower": 0, "upper": 1e15}}}, {"x"}),
        ({"parameters": {"x": {**CHOICE, "values": []}}}, {"parameters.x.values"}),
        (
            {"parameters": {"x": {**CHOICE, "values": ["a", "a", [1]]}}},
            {"parameters.x.values[1]", "parameters.x.values[2]"},
        ),
        ({"parameters": {"x": {**CHOICE, "default": "c"}}}, {"parameters.x.default"}),
        ({"parameters": {"x": {**CHOICE, "weights": [1]}}}, {"parameters.x.weights"}),
        ({"parameters": {"x": {**CHOICE, "weights": [0, 0]}}}, {"parameters.x.weights"}),
        ({"parameters": {"x": {"type": "constant", "value": float("nan")}}}, {"parameters.x.value"}),
        (
            {"parameters": {"x": {"type": "float"}, "y": {"type": "ordinal"}}},
            {"parameters.x.lower", "parameters.x.upper", "parameters.y.values"},
        ),
    ],
)
def test_every_mistake_in_a_space_is_named_by_its_field(spec: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(BadInput) as caught:
        space_from(spec)
    assert {mistake.field for mistake in caught.value.mistakes} == fields


@pytest.mark.parametrize(
    ("conditions", "fields"),
    [
        ({"child": "x"}, {"conditions"}),
        (["x"], {"conditions[0].entry"}),
        ([{"child": "z", "parent": "c", "equals": "a"}], {"conditions[0].child"}),
        ([{"child": "x", "parent": "z", "equals": "a"}], {"conditions[0].parent"}),
        ([{"child": "x", "parent": "x", "equals": 0.5}], {"conditions[0].parent"}),
        ([{"child": "x", "parent": "c"}], {"conditions[0].comparison"}),
        ([{"child": "x", "parent": "c", "is": "a"}], {"conditions[0].comparison"}),
        ([{"child": "x", "parent": "c", "equals": "z"}], {"conditions[0].equals"}),
        (
            [{"child": "x", "parent": "c", "in": ["a", "z", "y"]}],
            {"conditions[0].in"},
        ),
        ([{"child": "x", "parent": "c", "less_than": "b"}], {"conditions[0].less_than"}),
        ([{"child": "x", "all": []}], {"conditions[0].all"}),
        (
            [{"child": "x", "all": [{"parent": "c", "equals": "z"}, {"parent": "o"}]}],
            {"conditions[0].all[0].equals", "conditions[0].all[1].comparison"},
        ),
        (
            [{"child": "x", "parent": "c", "equals": "a"}, {"child": "x", "parent": "o", "equals": 1}],
            {"conditions"},
        ),
        (
            [{"child": "x", "parent": "c", "equals": "a"}, {"child": "c", "parent": "x", "equals": 0.5}],
            {"conditions"},
        ),
    ],
)
def test_every_mistake_in_a_condition_is_named(conditions: Any, fields: set[str]) -> None:
    parameters = {"x": FLOAT, "c": CHOICE, "o": {"type": "ordinal", "values": [1, 2]}}
    with pytest.raises(BadInput) as caught:
        space_from({"parameters": parameters, "conditions": conditions})
    assert {mistake.field for mistake in caught.value.mistakes} == fields


@pytest.mark.parametrize(
    ("clause", "field"),
    [
        (3, "forbidden[0].entry"),
        ({"parameter": "z", "equals": 1}, "forbidden[0].parameter"),
        ({"parameter": "c", "not_equals": "a"}, "forbidden[0].comparison"),
        ({"parameter": "x", "at_least": 7}, "forbidden[0].at_least"),
        ({"parameter": "x", "at_least": "high"}, "forbidden[0].at_least"),
        ({"parameter": "c", "at_least": "a"}, "forbidden[0].at_least"),
        ({"parameter": "c", "in": "a"}, "forbidden[0].in"),
        ({"parameter": "c", "less_than": {"parameter": "x"}}, "forbidden[0].less_than"),
        ({"parameter": "x", "in": {"parameter": "c"}}, "forbidden[0].in"),
        ({"any": [{"parameter": "x", "equals": 3}]}, "forbidden[0].any[0].equals"),
        ({"any": [{"parameter": "x", "equals": 0.5}], "parameter": "x"}, "forbidden[0].any"),
    ],
)
def test_every_mistake_in_a_forbidden_clause_is_named(clause: Any, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        space_from({"parameters": {"x": FLOAT, "c": CHOICE}, "forbidden": [clause]})
    assert [mistake.field for mistake in caught.value.mistakes] == [field]


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.sampled_from(["kind", "moe", "1e3", ""])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["kind", "equals", "all"]), inner)
    ),
    max_leaves=4,
)


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a tree of mappings and lists."""
    keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    return [place for key in keys for place in [(node, key), *places(node[key])]]


@given(st.data())
@settings(max_examples=100)
def test_whatever_stands_in_a_job_file_is_a_space_or_a_named_mistake(data: st.DataObject) -> None:
    named = [
        {"kind": "law", "n": [1e7, 1e12], "tokens": [1e8, 1e13], "sparsity": [0, 0.9], "count": "n_total"},
        {"kind": "coefficients", "law": "hoffmann", "bounds": {"a": [1, 2]}},
        {"kind": "architecture", "kinds": ["dense"], "layers": [8, 16], "head_dim": 64, "ffn_ratio": [2, 4]},
        {"configspace": "absent.json"},
    ]
    spec = json.loads(json.dumps(data.draw(st.sampled_from([*named, everything(), everything()]))))
    container, key = data.draw(st.sampled_from(places(spec)))
    container[key] = data.draw(JSON)
    with contextlib.suppress(BadInput, Infeasible):
        Encoder(space_from(spec))


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".yml"])
def test_a_space_survives_configspaces_own_formats(tmp_path: Path, suffix: str) -> None:
    space = space_from(everything())
    write_space(space, tmp_path / f"space{suffix}")
    again = space_from({"configspace": f"space{suffix}"}, tmp_path)
    assert again == space
    rows = Encoder(space).random(50, np.random.default_rng(0))
    assert list(Encoder(again).decode_many(rows)) == list(Encoder(space).decode_many(rows))


@given(
    st.floats(1e-3, 1e12),
    st.floats(1.001, 1e9),
    st.booleans(),
    st.lists(st.one_of(st.integers(-9, 9), st.text("ab"), st.none()), min_size=1, max_size=4, unique=True),
)
@settings(max_examples=30)
def test_any_definition_survives_a_round_trip_through_both_formats(
    tmp_path_factory: pytest.TempPathFactory, lower: float, factor: float, log: bool, values: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("spaces")
    parameters = {
        "x": {"type": "float", "lower": lower, "upper": lower * factor, "log": log},
        "c": {"type": "categorical", "values": values},
    }
    space = space_from({"parameters": parameters})
    for suffix in (".json", ".yaml"):
        write_space(space, folder / f"space{suffix}")
        again = read_space(folder / f"space{suffix}")
        assert again == space
        assert vars(again["x"])["lower"] == lower
        assert vars(again["x"])["upper"] == lower * factor
        assert [(type(value), value) for value in vars(again["c"])["choices"]] == [
            (type(v), v) for v in values
        ]


def test_files_that_configspace_wrote_itself_are_read(tmp_path: Path) -> None:
    space = ConfigurationSpace(name="theirs")
    a, b = Integer("a", (1, 8)), OrdinalHyperparameter("b", [1, 2, 4])
    space.add(a, b, Float("x", (1e-3, 1.0), log=True))
    space.add(ForbiddenInClause(a, [7, 8]), ForbiddenGreaterThanRelation(b, a))
    space.to_json(tmp_path / "space.json")
    space.to_yaml(tmp_path / "space.yaml")
    assert read_space(tmp_path / "space.json") == space
    assert Encoder(read_space(tmp_path / "space.yaml")).names == Encoder(space).names


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("absent.json", None),
        ("space.toml", "x = 1"),
        ("space.json", "{"),
        ("space.json", "[1, 2]"),
        ("space.json", json.dumps({"hyperparameters": [{"type": "float"}]})),
        ("space.yaml", "a: [1"),
        ("space.yaml", "!!python/object/apply:os.getcwd []"),
    ],
)
def test_a_file_that_holds_no_space_is_refused_by_name(tmp_path: Path, name: str, text: str | None) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match="configspace") as caught:
        space_from({"configspace": name}, tmp_path)
    assert name in caught.value.mistakes[0].got


def test_writing_wants_a_known_suffix(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="path"):
        write_space(space_from({"kind": "coefficients", "law": "hoffmann"}), tmp_path / "space.txt")
