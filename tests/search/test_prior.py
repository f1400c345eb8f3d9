"""A prior mean: what is right is used in any units, what is wrong is left alone."""

import numpy as np
import numpy.typing as npt
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float

from search import make_engine
from search.gaussian_process import Hyperparameters
from search.moves import Moves
from search.prior import Prior, Trend, transformed
from search.prior_basins import basins
from search.target_transform import TargetTransform
from search.trended_process import TrendedFactory, TrendedProcess, fit_slope
from spaces.configs import Configs
from spaces.encoding import Encoder
from spaces.errors import BadInput

Array = npt.NDArray[np.float64]
NUMERIC = np.array([False, False])


def space() -> ConfigurationSpace:
    return ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0))])


def valley(rows: Configs) -> Array:
    """Least at (0.7, 0.2), where it is 0."""
    return np.asarray(
        np.abs(rows["x"] - 0.7) ** 1.5
        + 3.0 * (rows["y"] - 0.2) ** 2
        + 0.2 * rows["x"] * (rows["y"] - 0.2) ** 2
    )


def slope(of: Array, rows: Array, values: Array) -> float:
    targets, believed = (TargetTransform.fit(each)(each) for each in (values, of))
    return fit_slope(rows, targets, believed, NUMERIC)[0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_slope_is_1_for_the_truth_in_any_units_and_0_for_what_explains_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.random((20, 2))
    values = valley(Encoder(space()).decode_many(rows))
    assert slope(values, rows, values) == pytest.approx(1.0)
    assert slope(7.0 + 1e3 * values, rows, values) == pytest.approx(1.0)
    assert slope(-values, rows, values) < -0.5
    assert slope(rng.normal(size=20), rows, values) == 0.0
    assert slope(np.full(20, 3.0), rows, values) == 0.0


@pytest.fixture
def process() -> TrendedProcess:
    rows = np.random.default_rng(4).random((12, 2))
    prior = Prior(valley, Encoder(space()))
    values = prior(rows) + 0.1 * np.sin(9.0 * rows[:, 0])
    made = TrendedFactory(prior, NUMERIC).make(rows, values, 0)
    assert isinstance(made, TrendedProcess)
    return made


def test_a_trended_process_passes_through_its_data_and_follows_its_gradient(process: TrendedProcess) -> None:
    assert process.predict(process.x)[0] == pytest.approx(process.fitted, abs=1e-5)
    rows = np.random.default_rng(5).random((6, 2))
    mean, std, mean_gradient, std_gradient = process.predict_with_gradient(rows)
    assert np.allclose([mean, std], process.predict(rows))
    for column in range(2):
        step = 1e-5 * np.eye(2)[column]
        (up, wide), (down, narrow) = process.predict(rows + step), process.predict(rows - step)
        assert mean_gradient[:, column] == pytest.approx((up - down) / 2e-5, rel=1e-2, abs=1e-3)
        assert std_gradient[:, column] == pytest.approx((wide - narrow) / 2e-5, rel=1e-2, abs=1e-3)


def test_believing_keeps_the_mean_and_narrows_it(process: TrendedProcess) -> None:
    rows = np.random.default_rng(6).random((3, 2))
    believer = process.believing(rows)
    others = np.random.default_rng(7).random((5, 2))
    assert believer.predict(others)[0] == pytest.approx(process.predict(others)[0], abs=1e-4)
    assert np.all(believer.predict(rows)[1] < 0.5 * process.predict(rows)[1])
    assert process.believing(rows[:0]) is process


def test_where_a_prior_says_nothing_the_trend_is_in_the_middle() -> None:
    transform = TargetTransform.fit(np.arange(9.0))
    assert transformed(np.array([np.nan, np.inf, 4.0]), transform) == pytest.approx([0.0, 0.0, 0.0], abs=1e-3)
    trend = Trend(
        Prior(lambda rows: 2.0 * rows["x"], Encoder(space())), TargetTransform(0.0, 1.0, 1.0, 0.0, 1.0), 3.0
    )
    assert trend.gradient(np.array([[0.2, 0.5], [1.0, 0.0]])) == pytest.approx(np.array([[6.0, 0.0]] * 2))


def test_a_right_prior_is_where_the_search_begins_and_nearly_where_it_ends() -> None:
    engine = make_engine("native", space(), prior=lambda rows: 40.0 * valley(rows) - 3.0)
    for _ in range(6):
        (suggestion,) = engine.ask()
        engine.tell(suggestion, float(valley(Configs.from_rows([suggestion.config]))[0]))
    values = engine.values(engine.history.trials)
    assert values[0] < 1e-5
    assert values.min() < 1e-9


def test_the_lowest_of_several_basins_is_found_and_what_the_constraint_bars_is_not() -> None:
    """Forty basins: the global one is a hundredth of the square."""

    def waves(rows: Configs) -> Array:
        x, y = rows["x"] - 0.83, rows["y"] - 0.17
        return np.asarray(2.0 - np.cos(20.0 * x) - np.cos(20.0 * y) + 0.2 * (np.abs(x) + np.abs(y)))

    encoder = Encoder(space())
    free = Moves(encoder, lambda rows: np.ones(len(rows), dtype=np.bool_))
    found = basins(Prior(waves, encoder), free, np.random.default_rng(0))
    assert found[0] == pytest.approx([0.83, 0.17], abs=1e-3)
    assert len(found) > 5
    below = Moves(encoder, lambda rows: rows[:, 0] < 0.5)
    assert np.all(basins(Prior(waves, encoder), below, np.random.default_rng(0))[:, 0] < 0.5)
    nothing = Moves(encoder, lambda rows: np.zeros(len(rows), dtype=np.bool_))
    assert basins(Prior(waves, encoder), nothing, np.random.default_rng(0)).shape == (0, 2)


def test_a_prior_may_know_nothing_of_some_rows() -> None:
    mixed = ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Categorical("kind", ["a", "b"])])

    def prior(rows: Configs) -> Array:
        return np.where(rows["kind"] == "a", rows["x"], np.nan)

    engine = make_engine("native", mixed, prior=prior, initial_points=3)
    assert engine.ask()[0].config["kind"] == "a"
    for number in range(6):
        engine.tell(number, float(number))
        engine.ask()
    assert len(engine.history) == 7


@pytest.mark.parametrize("answer", [1.0, [1.0], ["low"] * 600])
def test_a_prior_that_does_not_answer_for_every_row_is_refused(answer: object) -> None:
    with pytest.raises(BadInput, match=r"prior: expected .* numbers, one for each row"):
        make_engine("native", space(), prior=lambda rows: answer).ask()  # type: ignore[arg-type,return-value]


def test_only_engines_with_a_model_take_a_prior() -> None:
    with pytest.raises(BadInput, match=r"prior: expected none for engine sobol \(native takes one\)"):
        make_engine("sobol", space(), prior=valley)


def test_hyperparameters_are_those_of_what_is_left(process: TrendedProcess) -> None:
    assert isinstance(process.hyperparameters, Hyperparameters)
    assert process.hyperparameters.lengthscales[0] < 2.0  # the sine, not the flat rest
