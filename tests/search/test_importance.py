"""Importance of parameters, against functions whose Sobol' indices are known in closed form."""

import numpy as np
import numpy.typing as npt
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Constant, EqualsCondition, Float, Integer

from search import make_engine
from search.engine import Constraint, Engine
from search.importance import Importance, importance
from search.sensitivity import Sample, correlation_ratio, indices
from spaces.configs import Configs
from spaces.encoding import Encoder

Array = npt.NDArray[np.float64]


def cube(d: int) -> ConfigurationSpace:
    return ConfigurationSpace(space=[Float(f"x{j}", (0.0, 1.0)) for j in range(d)])


def everything(rows: Array) -> npt.NDArray[np.bool_]:
    return np.ones(len(rows), dtype=np.bool_)


def ishigami(rows: Array) -> Array:
    """Ishigami and Homma 1990 with a = 7, b = 0.1, over [-pi, pi]^3."""
    x, y, z = np.pi * (2.0 * rows.T - 1.0)
    return np.asarray(np.sin(x) + 7.0 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x))


ISHIGAMI = np.array([[0.3139, 0.4424, 0.0], [0.5576, 0.4424, 0.2437]])
"""First-order and total indices, from the variances a^2/8 + b pi^4/5 + b^2 pi^8/18 + 1/2 and its parts."""

A = np.array([0.0, 1.0, 4.5, 9.0])


def sobol_g(rows: Array) -> Array:
    """Sobol's g-function: the product of (|4 x - 2| + a) / (1 + a)."""
    return np.asarray(np.prod((np.abs(4.0 * rows - 2.0) + A) / (1.0 + A), axis=1))


def g_indices() -> Array:
    """V_j = 1 / (3 (1 + a_j)^2); total_j = V_j prod_{k != j} (1 + V_k) / V."""
    part = 1.0 / (3.0 * (1.0 + A) ** 2)
    whole = np.prod(1.0 + part) - 1.0
    return np.array([part / whole, part / (1.0 + part) * (1.0 + whole) / whole])


@pytest.mark.parametrize(("function", "known"), [(ishigami, ISHIGAMI), (sobol_g, g_indices())])
def test_indices_of_functions_known_in_closed_form(function: object, known: Array) -> None:
    sample = Sample.of(Encoder(cube(known.shape[1])), everything)
    found = indices(function, sample)  # type: ignore[arg-type]
    assert np.array(found) == pytest.approx(known, abs=0.03)


def test_the_correlation_ratio_of_slices_that_say_nothing_is_0_and_of_all_that_say_everything_1() -> None:
    rng = np.random.default_rng(0)
    slices = rng.integers(8, size=4000)
    assert correlation_ratio(rng.normal(size=4000), slices) < 0.01
    assert correlation_ratio(slices.astype(float), slices) == pytest.approx(1.0)


def searched(
    space: ConfigurationSpace, function: object, trials: int, constraint: Constraint | None = None
) -> Engine:
    engine = make_engine("sobol", space, seed=1, constraint=constraint)
    for suggestion in engine.ask(trials):
        engine.tell(suggestion, float(function(Configs.from_rows([suggestion.config]))[0]))  # type: ignore[operator]
    return engine


def of(engine: Engine) -> Importance:
    return importance(engine.history, engine.encoder, engine.feasible)


def test_from_trials_alone_the_indices_come_out_and_the_model_says_how_well_it_knows() -> None:
    engine = searched(
        cube(3), lambda rows: ishigami(np.stack([rows[f"x{j}"] for j in range(3)], axis=1)), 128
    )
    found = of(engine)
    assert found.explained is not None
    assert found.explained > 0.8
    by_name = {effect.name: (effect.alone, effect.total) for effect in found.effects}
    for j in range(3):
        assert by_name[f"x{j}"] == pytest.approx(tuple(ISHIGAMI[:, j]), abs=0.1)


def test_a_curve_follows_an_additive_function_within_its_band() -> None:
    engine = searched(cube(2), lambda rows: 3.0 * (rows["x0"] - 0.3) ** 2 + rows["x1"], 40)
    (effect,) = [effect for effect in of(engine).effects if effect.name == "x0"]
    x = np.array(effect.curve.values, dtype=float)
    truth = 3.0 * (x - 0.3) ** 2 + 0.5
    assert np.array(effect.curve.expected) == pytest.approx(truth, abs=0.03)
    assert np.all(np.array(effect.curve.low) <= np.array(effect.curve.expected))
    assert np.all(np.array(effect.curve.high) >= np.array(effect.curve.expected))


def test_a_conditional_parameter_is_judged_where_it_is_active() -> None:
    space = ConfigurationSpace(space=[Constant("act", "gelu"), Integer("layers", (1, 8))])
    kind, rate = Categorical("kind", ["plain", "dropped"]), Float("rate", (0.0, 1.0))
    space.add(kind, rate)
    space.add(EqualsCondition(rate, kind, "dropped"))
    engine = searched(space, lambda rows: np.array([row.get("rate", 0.5) for row in rows]), 60)
    effects = {effect.name: effect for effect in of(engine).effects}
    assert set(effects) == {"layers", "kind", "rate"}
    assert effects["rate"].active == pytest.approx(0.5, abs=0.02)
    assert effects["rate"].total > 0.3 > 0.1 > effects["layers"].total
    assert effects["rate"].curve.expected == pytest.approx(effects["rate"].curve.values, abs=0.08)
    assert effects["kind"].curve.values == ("plain", "dropped")


def test_only_moves_that_stay_feasible_count_and_only_feasible_values_are_drawn() -> None:
    def low(rows: Configs) -> npt.NDArray[np.bool_]:
        return np.asarray(rows["x0"] + rows["x1"] <= 0.8)

    engine = searched(cube(2), lambda rows: np.where(rows["x0"] > 0.8, 1e6, rows["x1"]), 40, low)
    effects = {effect.name: effect for effect in of(engine).effects}
    assert effects["x0"].total < 0.05 < 0.8 < effects["x1"].total
    assert max(effects["x0"].curve.values) < 0.8  # type: ignore[type-var,operator]


def test_too_little_says_why() -> None:
    few = of(searched(cube(2), lambda rows: rows["x0"], 9))
    assert few.why_not == "9 values are too few for 2 parameters: 10 are needed"
    assert of(searched(cube(2), lambda rows: 0.0 * rows["x0"], 12)).why_not == "all values are equal"
