"""The encoder against ConfigSpace itself, on spaces of every kind that hypothesis can think of."""

import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ConfigSpace import (
    AndConjunction,
    BetaIntegerHyperparameter,
    CategoricalHyperparameter,
    Configuration,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    ForbiddenGreaterThanEqualsClause,
    ForbiddenGreaterThanRelation,
    ForbiddenInClause,
    ForbiddenLessThanEqualsClause,
    GreaterThanCondition,
    InCondition,
    Integer,
    LessThanCondition,
    NormalFloatHyperparameter,
    NotEqualsCondition,
    OrConjunction,
    OrdinalHyperparameter,
)
from ConfigSpace.exceptions import (
    ActiveHyperparameterNotSetError,
    ForbiddenValueError,
    InactiveHyperparameterSetError,
)
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from spaces.columns import FloatColumn
from spaces.configs import Config
from spaces.encoding import Encoder, Kind
from spaces.errors import BadInput, Infeasible

CHOICES = st.lists(
    st.one_of(
        st.booleans(), st.integers(-9, 9), st.sampled_from([0.5, 2.5, 1e21]), st.text("abc"), st.none()
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda value: (value,),
)


@st.composite
def hyperparameters(draw: st.DrawFn, name: str) -> Any:
    """One hyperparameter of any kind."""
    kind = draw(st.sampled_from(list(Kind)))
    if kind is Kind.CONSTANT:
        return Constant(name, draw(CHOICES)[0])
    if kind is Kind.CATEGORICAL:
        return CategoricalHyperparameter(name, draw(CHOICES))
    if kind is Kind.ORDINAL:
        return OrdinalHyperparameter(name, draw(CHOICES))
    log = draw(st.booleans())
    if kind is Kind.INTEGER:
        low = draw(st.integers(1 if log else -(10**6), 10**6))
        return Integer(name, (low, low + draw(st.integers(1, 10**9))), log=log)
    low_float = draw(st.floats(1e-6 if log else -1e12, 1e12))
    return Float(name, (low_float, low_float + abs(low_float) * draw(st.floats(0.01, 1e9)) + 1.0), log=log)


def condition(draw: Any, child: Any, parent: Any) -> Any:
    """A condition of child on parent that its kind allows."""
    position = draw(st.sampled_from([0.0, 0.3, 0.5, 1.0]))
    value = Encoder(_alone(parent)).decode(np.array([position]))[parent.name]
    kinds = [EqualsCondition, NotEqualsCondition, InCondition]
    if parent.ORDERABLE:
        kinds += [LessThanCondition, GreaterThanCondition]
    kind = draw(st.sampled_from(kinds))
    return kind(child, parent, [value] if kind is InCondition else value)


def _alone(parameter: Any) -> ConfigurationSpace:
    space = ConfigurationSpace()
    space.add(parameter)
    return space


@st.composite
def configuration_spaces(draw: st.DrawFn) -> ConfigurationSpace:
    """Up to five parameters; each later one may depend on one or two before it; forbidden values."""
    """Configspace cannot build a few spaces of its own (`!=` on a parent inactive by default): not drawn."""
    try:
        return draw(_configuration_spaces())
    except (ActiveHyperparameterNotSetError, InactiveHyperparameterSetError):
        reject()


@st.composite
def _configuration_spaces(draw: st.DrawFn) -> ConfigurationSpace:
    space = ConfigurationSpace()
    parameters = [draw(hyperparameters(f"p{i}")) for i in range(draw(st.integers(1, 5)))]
    space.add(parameters)
    junctions: list[Any] = [AndConjunction, OrConjunction]
    for i, child in enumerate(parameters[1:], start=1):
        number = draw(st.integers(0, min(2, i)))
        parents = draw(st.permutations(parameters[:i]))[:number]
        conditions = [condition(draw, child, parent) for parent in parents]
        if len(conditions) == 2:
            space.add(draw(st.sampled_from(junctions))(*conditions))
        elif conditions:
            space.add(conditions)
    for parameter in parameters:
        values = [
            v
            for v in getattr(parameter, "choices", getattr(parameter, "sequence", ()))
            if v != parameter.default_value
        ]
        forbid: bool = draw(st.booleans())
        if values and forbid:
            space.add(ForbiddenInClause(parameter, values[:2]))
    return space


def same(encoder: Encoder, a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Equal names, types and values; floats to a few units in the last place of the bounds."""
    spans = {c.name: c.upper - c.lower for c in encoder.columns if isinstance(c, FloatColumn) and not c.log}
    return a.keys() == b.keys() and all(
        type(a[name]) is type(b[name])
        and (
            a[name] == b[name]
            or math.isclose(a[name], b[name], rel_tol=1e-13, abs_tol=1e-15 * spans.get(name, 0.0))
        )
        for name in a
    )


def accepted(space: ConfigurationSpace, config: Config) -> bool:
    """Whether ConfigSpace itself takes this configuration; anything but a forbidden clause is an error."""
    try:
        Configuration(space, values=config).check_valid_configuration()
    except ForbiddenValueError:
        return False
    return True


SPACE_AND_SEED = given(configuration_spaces(), st.integers(0, 2**32 - 1))
MODEST = settings(max_examples=60)


def unit_rows(encoder: Encoder, seed: int, n: int = 12) -> npt.NDArray[np.float64]:
    """Random rows, both corners of the cube among them; not canonical, not necessarily legal."""
    d = len(encoder.names)
    return np.concatenate([np.random.default_rng(seed).random((n, d)), np.zeros((1, d)), np.ones((1, d))])


def valid(sample: Configuration) -> bool:
    """False where ConfigSpace gave a value to a child whose conjunction is not met, which it then refuses."""
    try:
        sample.check_valid_configuration()
    except InactiveHyperparameterSetError:
        return False
    return True


@SPACE_AND_SEED
@MODEST
def test_configspace_judges_every_decoded_row_as_legal_does(space: ConfigurationSpace, seed: int) -> None:
    encoder = Encoder(space)
    rows = unit_rows(encoder, seed)
    assert encoder.legal(rows).tolist() == [accepted(space, c) for c in encoder.decode_many(rows)]


@SPACE_AND_SEED
@MODEST
def test_configspace_samples_survive_a_round_trip_in_value_and_type(
    space: ConfigurationSpace, seed: int
) -> None:
    encoder = Encoder(space)
    space.seed(seed % 2**31)
    for sample in filter(valid, space.sample_configuration(5)):
        config = encoder.decode(encoder.encode(dict(sample)))
        again = encoder.decode(encoder.encode(config))
        assert same(encoder, config, again)
        assert all(
            config[name] == sample[name] or config[name] == pytest.approx(sample[name], rel=1e-9)
            for name in sample
        )
        assert list(config) == [name for name in encoder.names if name in sample]
        declared = {type(v) for hp in space.values() for v in declared_values(hp)} | {int, float}
        assert {type(value) for value in config.values()} <= declared


def declared_values(hyperparameter: Any) -> tuple[Any, ...]:
    """The list of choices of a discrete hyperparameter, empty for a range."""
    single = (hyperparameter.value,) if isinstance(hyperparameter, Constant) else ()
    return tuple(getattr(hyperparameter, "choices", getattr(hyperparameter, "sequence", single)))


@SPACE_AND_SEED
@MODEST
def test_a_canonical_row_survives_decoding_and_encoding(space: ConfigurationSpace, seed: int) -> None:
    encoder = Encoder(space)
    rows = unit_rows(encoder, seed)
    canonical = encoder.canonical(rows)
    encoded = encoder.encode_many(encoder.decode_many(canonical))
    assert np.all((encoded >= 0) & (encoded <= 1))
    np.testing.assert_array_equal(encoder.canonical(encoded), canonical)
    np.testing.assert_array_equal(encoder.canonical(canonical), canonical)
    np.testing.assert_array_equal(encoder.active(canonical), encoder.active(rows))


@SPACE_AND_SEED
@MODEST
def test_rows_share_a_canonical_row_exactly_when_they_share_a_configuration(
    space: ConfigurationSpace, seed: int
) -> None:
    encoder = Encoder(space)
    rows = encoder.canonical(unit_rows(encoder, seed, n=30))
    configs = list(encoder.decode_many(rows))
    for i, j in itertools.combinations(range(len(rows)), 2):
        assert np.array_equal(rows[i], rows[j]) == (configs[i] == configs[j])


@SPACE_AND_SEED
@MODEST
def test_many_rows_decode_like_one_at_a_time(space: ConfigurationSpace, seed: int) -> None:
    encoder = Encoder(space)
    rows = unit_rows(encoder, seed)
    assert list(encoder.decode_many(rows)) == [encoder.decode(row) for row in rows]
    together = encoder.encode_many(encoder.decode_many(rows))
    # columns and single numbers take logarithms by different routines, which differ in the last bits
    alone = [encoder.encode(config) for config in encoder.decode_many(rows)]
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-12)


@SPACE_AND_SEED
@MODEST
def test_random_rows_are_legal_and_canonical(space: ConfigurationSpace, seed: int) -> None:
    encoder = Encoder(space)
    rows = encoder.random(20, np.random.default_rng(seed))
    assert rows.shape == (20, len(encoder.names))
    assert encoder.legal(rows).all()
    np.testing.assert_array_equal(encoder.canonical(rows), rows)
    np.testing.assert_array_equal(encoder.random(20, np.random.default_rng(seed)), rows)


def space_of(*parts: Any) -> ConfigurationSpace:
    """A space of these parameters, conditions and clauses."""
    space = ConfigurationSpace()
    space.add(*parts)
    return space


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(("low", "high"), [(1e7, 1e12), (3e-5, 0.1), (1.0, 1.0 + 1e-9), (1 / 3, 1e21)])
def test_the_ends_of_the_cube_are_the_bounds_themselves(log: bool, low: float, high: float) -> None:
    parameter = Float("x", (low, high), log=log)
    encoder = Encoder(space_of(parameter))
    assert encoder.decode(np.array([0.0])) == {"x": parameter.lower}
    assert encoder.decode(np.array([1.0])) == {"x": parameter.upper}
    assert encoder.encode_many([{"x": parameter.lower}, {"x": parameter.upper}]).tolist() == [[0.0], [1.0]]


@pytest.mark.parametrize("log", [False, True])
def test_every_integer_has_its_bin_and_returns_from_it(log: bool) -> None:
    encoder = Encoder(space_of(Integer("k", (1, 5000), log=log)))
    rows = encoder.encode_many([{"k": k} for k in range(1, 5001)])
    assert encoder.decode_many(rows)["k"].tolist() == list(range(1, 5001))
    assert np.all(np.diff(rows[:, 0]) > 0)
    assert encoder.decode_many(np.array([[0.0], [1.0]]))["k"].tolist() == [1, 5000]


@pytest.mark.parametrize("log", [False, True])
def test_neighbouring_integers_stay_apart_at_the_widest_range_allowed(log: bool) -> None:
    top = 2**44
    encoder = Encoder(space_of(Integer("k", (1, top), log=log)))
    values = [*range(1, 100), *range(top - 100, top + 1)]
    assert encoder.decode_many(encoder.encode_many([{"k": k} for k in values]))["k"].tolist() == values


def test_linear_integers_and_choices_get_equal_shares_of_the_unit_interval() -> None:
    encoder = Encoder(
        space_of(
            Integer("k", (3, 7)),
            CategoricalHyperparameter("c", list("vwxyz")),
            OrdinalHyperparameter("o", [1, 2, 4, 8, 16]),
        )
    )
    rows = np.repeat((np.arange(1000)[:, None] + 0.5) / 1000, 3, axis=1)
    for column in encoder.decode_many(rows).columns.values():
        assert np.unique(column.astype(str), return_counts=True)[1].tolist() == [200] * 5


def test_values_leave_as_the_plain_scalars_that_were_declared() -> None:
    choices = [True, 2, 2.5, "moe", None, np.float64(7.5), np.str_("dense")]
    encoder = Encoder(space_of(CategoricalHyperparameter("c", choices), Constant("k", np.int64(3))))
    configs = list(encoder.decode_many(encoder.every()))
    assert [config["c"] for config in configs] == [True, 2, 2.5, "moe", None, 7.5, "dense"]
    assert [type(config["c"]) for config in configs] == [bool, int, float, str, type(None), float, str]
    assert {type(config["k"]) for config in configs} == {int}


def test_columns_of_conditional_parameters_keep_their_type_and_name_their_active_rows() -> None:
    kind = CategoricalHyperparameter("kind", ["dense", "moe"])
    experts = OrdinalHyperparameter("experts", [8, 64])
    rate = Float("rate", (0.1, 0.2))
    space = space_of(
        kind, experts, rate, EqualsCondition(experts, kind, "moe"), EqualsCondition(rate, kind, "moe")
    )
    encoder = Encoder(space)
    configs = encoder.decode_many(
        encoder.encode_many([{"kind": "dense"}, {"kind": "moe", "experts": 64, "rate": 0.1}])
    )
    assert configs["experts"].tolist() == [0, 64]
    assert configs["experts"].dtype == np.int64
    assert np.isnan(configs["rate"][0])
    assert configs.active["experts"].tolist() == [False, True]
    assert encoder.conditional
    assert not Encoder(space_of(Float("x", (0, 1)))).conditional


def test_children_of_inactive_parents_are_inactive() -> None:
    a, b, c = (CategoricalHyperparameter(name, ["on", "off"]) for name in "abc")
    encoder = Encoder(space_of(a, b, c, EqualsCondition(b, a, "on"), EqualsCondition(c, b, "on")))
    position = {"on": 0.25, "off": 0.75}
    row = [position["off"]] * len(encoder.names)
    row[encoder.names.index("b")] = row[encoder.names.index("c")] = position["on"]
    assert encoder.decode(np.array(row)) == {"a": "off"}


def test_forbidden_less_than_or_equal_is_not_mistaken_for_its_opposite() -> None:
    k = Integer("k", (0, 9), default=9)
    encoder = Encoder(space_of(k, ForbiddenLessThanEqualsClause(k, 3)))
    assert encoder.decode_many(encoder.every())["k"].tolist() == [4, 5, 6, 7, 8, 9]


def test_forbidden_clauses_keep_stdout_clean(capsys: pytest.CaptureFixture[str]) -> None:
    k = Integer("k", (0, 9), default=0)
    space = space_of(k, ForbiddenGreaterThanEqualsClause(k, 4))
    capsys.readouterr()  # building one prints in ConfigSpace 1.2.2
    encoder = Encoder(space)
    assert encoder.decode_many(encoder.every())["k"].tolist() == [0, 1, 2, 3]
    assert capsys.readouterr().out == ""


def test_relations_compare_values_and_not_ranks() -> None:
    heads = OrdinalHyperparameter("heads", [8, 16, 32])
    kv_heads = OrdinalHyperparameter("kv_heads", [1, 8, 32])
    encoder = Encoder(space_of(heads, kv_heads, ForbiddenGreaterThanRelation(kv_heads, heads)))
    pairs = {(config["heads"], config["kv_heads"]) for config in encoder.decode_many(encoder.every())}
    assert pairs == {(8, 1), (8, 8), (16, 1), (16, 8), (32, 1), (32, 8), (32, 32)}


def test_a_small_discrete_space_is_listed_without_repeats() -> None:
    kind = CategoricalHyperparameter("kind", ["dense", "moe"])
    experts = Integer("experts", (8, 11))
    top = OrdinalHyperparameter("top", [1, 2])
    encoder = Encoder(
        space_of(
            kind,
            experts,
            top,
            EqualsCondition(experts, kind, "moe"),
            ForbiddenAndConjunction(ForbiddenEqualsClause(experts, 8), ForbiddenEqualsClause(top, 2)),
        )
    )
    assert encoder.cardinality == 16
    configs = list(encoder.decode_many(encoder.every()))
    assert len(configs) == 2 + 4 * 2 - 1
    assert all(configs.count(config) == 1 for config in configs)


def test_a_float_makes_a_space_uncountable() -> None:
    encoder = Encoder(space_of(Float("x", (0, 1)), Integer("k", (1, 3))))
    assert encoder.cardinality == math.inf
    with pytest.raises(ValueError, match="x is a float"):
        encoder.every()


def test_random_rows_follow_priors_that_are_not_uniform() -> None:
    encoder = Encoder(
        space_of(
            CategoricalHyperparameter("c", ["rare", "common"], weights=[1, 9]),
            NormalFloatHyperparameter("x", mu=5.0, sigma=1.0, lower=0.0, upper=100.0),
            BetaIntegerHyperparameter("k", alpha=9, beta=1, lower=0, upper=10),
        )
    )
    configs = encoder.decode_many(encoder.random(2000, np.random.default_rng(0)))
    assert np.mean(configs["c"] == "common") == pytest.approx(0.9, abs=0.03)
    assert configs["x"].mean() == pytest.approx(5.0, abs=0.1)
    assert configs["k"].mean() > 8


def test_a_space_that_forbids_everything_is_infeasible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spaces.encoding.MAX_DRAWS", 1000)
    space = space_of(CategoricalHyperparameter("a", [1, 2]), CategoricalHyperparameter("b", [1, 2]))
    encoder = Encoder(space)
    encoder._forbidden = [lambda codes: np.ones(len(codes), dtype=np.bool_)]
    with pytest.raises(Infeasible):
        encoder.random(1, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        ({"kind": "sparse", "lr": 7.0}, {"kind", "lr"}),
        ({"kind": "moe", "lr": 0.1}, {"experts"}),
        ({"kind": "dense", "lr": 0.1, "experts": 8}, {"experts"}),
        ({"kind": "dense", "lr": 0.1, "width": 8}, {"width"}),
        ({"kind": "dense", "lr": "0.1"}, {"lr"}),
        ({"kind": "dense", "lr": True}, {"lr"}),
        ({"kind": ["dense"], "lr": math.nan}, {"kind", "lr"}),
        ({"kind": "moe", "lr": 0.1, "experts": 2.5}, {"experts"}),
    ],
)
def test_each_wrong_value_of_a_configuration_is_named(config: dict[str, Any], fields: set[str]) -> None:
    kind = CategoricalHyperparameter("kind", ["dense", "moe"])
    experts = Integer("experts", (2, 8))
    space = space_of(kind, experts, Float("lr", (0.0, 1.0)), EqualsCondition(experts, kind, "moe"))
    with pytest.raises(BadInput) as caught:
        Encoder(space).encode(config)
    assert {mistake.field for mistake in caught.value.mistakes} == fields


@pytest.mark.parametrize(
    "space",
    [
        ConfigurationSpace(),
        space_of(CategoricalHyperparameter("c", [(1, 2), (3, 4)])),
        space_of(Integer("k", (0, 2**50))),
    ],
    ids=["empty", "tuples", "too wide"],
)
def test_what_cannot_be_encoded_is_refused_when_the_encoder_is_built(space: ConfigurationSpace) -> None:
    with pytest.raises(BadInput):
        Encoder(space)


@pytest.mark.parametrize("rows", [np.array([[np.nan]]), np.zeros((2, 2)), np.zeros(1)])
def test_rows_of_the_wrong_shape_or_with_nan_are_refused(rows: npt.NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="shape"):
        Encoder(space_of(Float("x", (0, 1)))).decode_many(rows)
