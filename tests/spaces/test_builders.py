"""The spaces we offer by name: what varies, on which scale, and every mistake by its field."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace, Constant

from spaces.architecture_space import CHOICES, HEAD_DIMS, architecture_space
from spaces.catalogue import KINDS
from spaces.coefficients import BOXES, coefficients_space
from spaces.encoding import Encoder, Kind
from spaces.errors import BadInput, Infeasible
from spaces.law import isoflop_space, law_space


def bounds(space: ConfigurationSpace, name: str) -> tuple[float, float]:
    parameter: Any = space[name]
    return parameter.lower, parameter.upper


def mistaken_fields(build: Callable[[], object]) -> set[str]:
    with pytest.raises(BadInput) as caught:
        build()
    return {mistake.field for mistake in caught.value.mistakes}


def test_a_law_space_holds_bounds_to_the_last_bit() -> None:
    encoder = Encoder(law_space([1e7, 1e12], [1e8, 1e13], [0, 0.98]))
    d = len(encoder.names)
    assert encoder.decode(np.zeros(d)) == {"n_active": 1e7, "tokens": 1e8, "sparsity": 0.0}
    assert encoder.decode(np.ones(d)) == {"n_active": 1e12, "tokens": 1e13, "sparsity": 0.98}


def test_parameters_and_tokens_are_logarithmic_and_sparsity_is_linear() -> None:
    encoder = Encoder(law_space([1e8, 1e12], [1e9, 1e13], [0.2, 0.8]))
    middle = encoder.decode(np.full(3, 0.5))
    assert middle == pytest.approx({"n_active": 1e10, "tokens": 1e11, "sparsity": 0.5}, rel=1e-14)


@pytest.mark.parametrize("sparsity", [[0.9, 0.9], 0.9, "0.9"])
def test_a_single_point_is_a_constant(sparsity: Any) -> None:
    space = law_space([1e7, 1e12], [1e8, 1e13], sparsity)
    assert isinstance(space["sparsity"], Constant)
    assert space["sparsity"].value == 0.9


def test_without_sparsity_there_is_no_such_parameter() -> None:
    assert list(law_space([1e7, 1e12], [1e8, 1e13])) == ["n_active", "tokens"]
    assert list(isoflop_space([1e7, 1e12], count="n_total")) == ["n_total"]


def test_further_inputs_of_a_law_are_ordered_choices() -> None:
    space = law_space([1e7, 1e12], [1e8, 1e13], choices={"granularity": [1, 2, 4]})
    assert [column.kind for column in Encoder(space).columns if column.name == "granularity"] == [
        Kind.ORDINAL
    ]
    assert mistaken_fields(lambda: isoflop_space([1, 2], choices=[1])) == {"choices"}


def test_every_mistake_in_a_law_space_is_named() -> None:
    assert mistaken_fields(lambda: law_space([0, 1e9], ["1e13", 1e8], [0.5, 1.0], count="n")) == {
        "n",
        "tokens",
        "sparsity",
        "count",
    }
    assert mistaken_fields(lambda: law_space([1e7, "many"], [float("inf"), True], [-0.1, 0.5])) == {
        "n[1]",
        "tokens[0]",
        "tokens[1]",
        "sparsity",
    }
    assert mistaken_fields(lambda: isoflop_space([1, 2, 3])) == {"n"}


def test_coefficient_boxes_bring_bounds_and_defaults() -> None:
    for family, box in BOXES.items():
        space = coefficients_space(family)
        assert {name: (*bounds(space, name), space[name].default_value) for name in space} == box


def test_bounds_replace_or_extend_a_box() -> None:
    space = coefficients_space("hoffmann", {"alpha": [0.1, 0.9], "e": 1.69})
    assert bounds(space, "alpha") == (0.1, 0.9)
    assert isinstance(space["e"], Constant)
    assert list(coefficients_space("generalized", {"c": [0, 100]})) == ["c"]


def test_a_family_without_a_box_needs_bounds() -> None:
    assert mistaken_fields(lambda: coefficients_space("kaplan")) == {"law"}
    assert mistaken_fields(lambda: coefficients_space("hoffmann", [1, 2])) == {"bounds"}
    assert mistaken_fields(lambda: coefficients_space("hoffmann", {"a": [2, 1], "b": "x"})) == {
        "bounds.a",
        "bounds.b[0]",
        "bounds.b[1]",
    }


def legal_shapes(space: ConfigurationSpace, n: int = 2000) -> list[dict[str, Any]]:
    encoder = Encoder(space)
    return list(encoder.decode_many(encoder.random(n, np.random.default_rng(0))))


def test_shapes_of_the_architecture_space_can_be_built() -> None:
    for shape in legal_shapes(architecture_space()):
        assert shape["d_model"] % shape["n_heads"] == 0
        assert shape["d_model"] // shape["n_heads"] in HEAD_DIMS
        assert shape["n_heads"] % shape["n_kv_heads"] == 0
        if shape["kind"] == "moe":
            assert shape["top_k"] < shape["experts"]
            assert 0.25 <= shape["d_ff_expert"] / shape["d_model"] <= 4
            assert "d_ff" not in shape
        else:
            assert 2.5 <= shape["d_ff"] / shape["d_model"] <= 8
            assert {"experts", "top_k", "d_ff_expert", "shared_experts"}.isdisjoint(shape)
        assert {type(value) for name, value in shape.items() if name != "kind"} == {int}


def test_every_choice_occurs_in_some_shape() -> None:
    shapes = legal_shapes(architecture_space(), n=20_000)
    for name, values in CHOICES.items():
        assert {shape[name] for shape in shapes if name in shape} == set(values)


@pytest.mark.parametrize(
    "shape",
    [
        {"layers": 32, "d_model": 4096, "n_heads": 32, "n_kv_heads": 8, "d_ff": 14336, "vocab": 128256},
        {"layers": 80, "d_model": 8192, "n_heads": 64, "n_kv_heads": 8, "d_ff": 28672, "vocab": 128256},
    ],
    ids=["Llama-3-8B", "Llama-3-70B"],
)
def test_published_shapes_are_in_the_space(shape: dict[str, int]) -> None:
    encoder = Encoder(architecture_space())
    assert encoder.legal(encoder.encode_many([{"kind": "dense", **shape}])).all()


def test_a_space_of_one_kind_has_only_its_parameters() -> None:
    assert not {"experts", "top_k", "d_ff_expert", "shared_experts"} & set(architecture_space("dense"))
    assert "d_ff" not in set(architecture_space(["moe"]))
    assert not Encoder(architecture_space("dense")).conditional
    assert Encoder(architecture_space()).columns[0].kind is not Kind.FLOAT


def test_every_mistake_in_an_architecture_space_is_named() -> None:
    fields = mistaken_fields(
        lambda: architecture_space(
            ["dens"], layers=[], d_model=[0, 512], heads=[8], vocab="many", ffn_ratio=[4, 2]
        )
    )
    assert mistaken_fields(lambda: architecture_space([])) == {"kinds"}
    assert fields == {"kinds", "layers", "d_model[0]", "heads", "vocab[0]", "ffn_ratio"}


def test_shapes_that_cannot_be_built_are_infeasible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spaces.encoding.MAX_DRAWS", 1000)
    with pytest.raises(Infeasible):
        architecture_space("dense", d_model=[1000], n_heads=[3])


def test_the_catalogue_builds_what_it_describes() -> None:
    examples: dict[str, dict[str, Any]] = {
        "law": {"n": [1e7, 1e12], "tokens": [1e8, 1e13]},
        "isoflop": {"n": [1e7, 1e12]},
        "coefficients": {"law": "abnar"},
        "architecture": {},
    }
    assert set(KINDS) == set(examples)
    for name, kind in KINDS.items():
        assert set(kind.required) == set(examples[name])
        assert Encoder(kind.build(**examples[name])).names
