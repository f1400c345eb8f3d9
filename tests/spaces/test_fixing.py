"""Fixing parameters: conditions and clauses keep their meaning, and nothing but the values is left."""

import numpy as np
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    Integer,
    LessThanCondition,
)

from spaces.encoding import Encoder
from spaces.errors import BadInput
from spaces.fixing import fix, fixed_value
from spaces.transfer import transferred


@pytest.fixture
def space() -> ConfigurationSpace:
    made = ConfigurationSpace()
    kind, depth = Categorical("kind", ["a", "b"], weights=[0.9, 0.1]), Integer("depth", (1, 64), log=True)
    rate, skip = Float("rate", (1e-4, 1e-1), log=True), Integer("skip", (1, 3))
    made.add(kind, depth, rate, skip)
    made.add(EqualsCondition(rate, kind, "a"), LessThanCondition(skip, depth, 16))
    made.add(
        ForbiddenAndConjunction(ForbiddenEqualsClause(kind, "b"), ForbiddenEqualsClause(depth, 4)),
    )
    return made


def drawn(space: ConfigurationSpace) -> list[dict[str, object]]:
    encoder = Encoder(space)
    return [dict(row) for row in encoder.decode_many(encoder.random(40, np.random.default_rng(0)))]


def test_children_of_a_fixed_parent_are_there_or_not_as_its_value_says(space: ConfigurationSpace) -> None:
    fix(space, {"kind": "b", "depth": "8e0"})  # as YAML reads it
    assert {tuple(sorted(config)) for config in drawn(space)} == {("depth", "kind", "skip")}
    assert {(config["kind"], config["depth"]) for config in drawn(space)} == {("b", 8)}
    assert Encoder(space).cardinality == np.inf  # by the bound: the rate would vary if it were active
    assert fixed_value(space["depth"]) == 8
    assert fixed_value(space["rate"]) is None


def test_clauses_that_name_other_values_still_hold(space: ConfigurationSpace) -> None:
    fix(space, {"kind": "b"})
    assert 4 not in {config["depth"] for config in drawn(space)}
    assert all(("skip" in config) == (config["depth"] < 16) for config in drawn(space))  # type: ignore[operator]


def test_a_fixed_float_is_exactly_its_value_and_nothing_else_encodes(space: ConfigurationSpace) -> None:
    fix(space, {"rate": 0.003, "kind": "a"})
    assert {config["rate"] for config in drawn(space)} == {0.003}
    with pytest.raises(BadInput, match=r"rate: expected 0.003, got 0.01"):
        Encoder(space).encode({"kind": "a", "depth": 2, "skip": 1, "rate": 0.01})
    known = transferred({"depth": 20}, Encoder(space), assume={})
    assert known == {"kind": "a", "depth": 20, "rate": 0.003}


@pytest.mark.parametrize(
    ("values", "mistake"),
    [
        ({"dept": 3}, r"dept: expected .*did you mean depth"),
        ({"depth": 65}, "depth: expected an integer from 1 to 64"),
    ],
)
def test_mistakes_are_named_and_nothing_is_fixed(
    space: ConfigurationSpace, values: dict[str, object], mistake: str
) -> None:
    with pytest.raises(BadInput, match=mistake):
        fix(space, {"kind": "a", **values})
    assert fixed_value(space["kind"]) is None
