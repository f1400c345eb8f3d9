"""Coordinates, Jacobians and held or tied coefficients of every family that is fitted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from objectives.fit.estimation import Estimation, Residual
from objectives.fit.forms import FORMS, Form
from objectives.fit.losses import Asymmetric, Huber, LeastSquares
from objectives.laws.law import Array, Count
from objectives.runs import Runs
from spaces.errors import BadInput

each_family = pytest.mark.parametrize("family", FORMS)
each_residual = pytest.mark.parametrize("residual", Residual)
HOFFMANN = {"e": 1.8172, "a": 477.8, "b": 2143.4, "alpha": 0.3473, "beta": 0.3672}


def table(form: Form, seed: int = 0, size: int = 12) -> Runs:
    """Runs inside the domain of any law, with losses of any kind."""
    random = np.random.default_rng(seed)
    n, d = 10 ** random.uniform(7, 11, size), 10 ** random.uniform(9, 12, size)
    sparsity = random.uniform(0, 0.95, size) if form.law.max_sparsity else np.zeros(size)
    extra = {form.law.extra.name: 10 ** random.uniform(8, 11, size)} if form.law.extra else {}
    return Runs(n, d, sparsity, random.uniform(2.0, 4.0, size), extra=extra, unit="bits/byte")


def drawn(form: Form, random: np.random.Generator) -> dict[str, float]:
    """Random coefficients with losses of ordinary size."""
    values = {}
    for name in form.law.coefficient_names():
        spec = form.ranges.get(name)
        values[name] = random.uniform(spec.low, spec.high) if spec else random.uniform(0.5, 5.0)
    if form.law.family == "clark":
        values |= {name: 0.05 * values[name] for name in form.linear}
    if form.law.family == "farseer":
        scales = {"a1": 0.1, "b1": 0.2, "a2": 0.1, "b2": 0.3, "a3": 0.2, "b3": 0.2}
        values |= {name: scale * values[name] for name, scale in scales.items()}
        values |= {name: -abs(values[name]) for name in ("alpha", "beta")}
    return values


def assert_slopes_are_derivatives(estimation: Estimation, theta: Array) -> None:
    """Central differences; the step is short because excess parameters set in with a kink of the slope."""
    residuals, jacobian = estimation(theta[None])
    assert residuals.shape == (1, len(estimation.runs))
    assert jacobian.shape == (1, len(estimation.runs), len(theta))
    for j in range(len(theta)):
        step = 3e-6 * max(abs(theta[j]), 0.1)
        up, down = (theta + sign * step * (np.arange(len(theta)) == j) for sign in (1, -1))
        numeric = (estimation(up[None])[0][0] - estimation(down[None])[0][0]) / (2.0 * step)
        rounding = 1e-15 * np.abs(residuals).max() / step
        atol = 1e-5 * np.abs(numeric).max() + 10.0 * rounding
        np.testing.assert_allclose(jacobian[0, :, j], numeric, rtol=1e-5, atol=atol)


@each_family
@each_residual
@settings(max_examples=12)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_jacobian_is_the_derivative_of_the_residuals(family: str, residual: Residual, seed: int) -> None:
    form, random = FORMS[family], np.random.default_rng(seed)
    estimation = Estimation(form, table(form, seed), residual=residual)
    assert_slopes_are_derivatives(estimation, estimation.coordinates(drawn(form, random))[0])


@each_family
@each_residual
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_jacobian_of_held_and_tied_coefficients_is_the_derivative(
    family: str, residual: Residual, seed: int
) -> None:
    form, random = FORMS[family], np.random.default_rng(seed)
    if form.chart:
        return
    values = drawn(form, random)
    held, tied, source = random.choice(form.law.coefficient_names(), 3, replace=False)
    if (tied in form.positive) != (source in form.positive):
        tied = held  # a tie between a logarithm and a number of any sign is not asked for
    ties = {} if tied == held else {str(tied): str(source)}
    estimation = Estimation(
        form, table(form, seed), residual=residual, held={str(held): values[str(held)]}, tied=ties
    )
    assert len(estimation.free) == len(values) - 1 - len(ties)
    theta = estimation.coordinates(values)[0]
    found = {name: float(value[0]) for name, value in estimation.coefficients(theta[None]).items()}
    assert found[str(held)] == values[str(held)]
    assert found[str(tied)] == pytest.approx(values[str(source if ties else held)])
    if family == "clark" and found["e_start"] >= found["e_max"]:
        return
    assert_slopes_are_derivatives(estimation, theta)


@each_family
@given(seed=st.integers(0, 2**32 - 1))
def test_coordinates_and_coefficients_are_each_others_inverse(family: str, seed: int) -> None:
    form, random = FORMS[family], np.random.default_rng(seed)
    estimation = Estimation(form, table(form))
    values = [drawn(form, random) for _ in range(3)]
    columns = {name: np.array([each[name] for each in values]) for name in values[0]}
    theta = estimation.coordinates(columns)
    assert theta.shape == (3, len(estimation.free))
    back = estimation.coefficients(theta)
    for name, column in columns.items():
        np.testing.assert_allclose(back[name], column, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(estimation.coordinates(back), theta, rtol=1e-8, atol=1e-9)


@each_family
def test_problems_side_by_side_are_what_they_are_alone(family: str) -> None:
    form, random = FORMS[family], np.random.default_rng(5)
    estimation = Estimation(form, table(form))
    theta = np.concatenate([estimation.coordinates(drawn(form, random)) for _ in range(4)])
    residuals, jacobian = estimation(theta)
    objective = estimation.objective(theta)
    for b in range(4):
        alone = estimation(theta[b : b + 1])
        np.testing.assert_allclose(residuals[b], alone[0][0], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(jacobian[b], alone[1][0], rtol=1e-12, atol=1e-14)
        assert objective[b] == pytest.approx(estimation.loss.value(residuals[b]).sum(), rel=1e-12)


@each_residual
def test_residuals_are_predicted_minus_observed(residual: Residual) -> None:
    form = FORMS["hoffmann"]
    estimation = Estimation(form, table(form), residual=residual)
    theta = estimation.coordinates(HOFFMANN)
    law, runs = form.law(*HOFFMANN.values()), estimation.runs
    loss = law.loss(*runs.inputs)
    expected = np.log(loss / runs.loss) if residual == Residual.LOG else loss - runs.loss
    np.testing.assert_allclose(estimation(theta)[0][0], expected, rtol=1e-12)


@pytest.mark.parametrize("loss", [LeastSquares(), Huber(), Asymmetric()], ids=repr)
def test_the_objective_is_summed_and_weighted(loss: LeastSquares | Huber) -> None:
    form = FORMS["hoffmann"]
    estimation = Estimation(form, table(form), loss)
    theta = estimation.coordinates(HOFFMANN)
    weights = np.arange(12.0)
    costs = loss.value(estimation(theta)[0][0])
    assert estimation.objective(theta)[0] == pytest.approx(costs.sum())
    assert estimation.objective(theta, weights)[0] == pytest.approx((weights * costs).sum())


def test_the_law_is_in_the_count_and_unit_of_the_runs() -> None:
    form = FORMS["hoffmann"]
    estimation = Estimation(form, table(form), count=Count.NON_EMBEDDING)
    law = estimation.law(estimation.coordinates(HOFFMANN))
    assert law.count == Count.NON_EMBEDDING
    assert law.unit == "bits/byte"


@each_family
def test_bounds_are_ordered_and_starts_lie_between(family: str) -> None:
    form = FORMS[family]
    estimation = Estimation(form, table(form))
    lower, upper = estimation.bounds
    assert lower.shape == upper.shape == (len(estimation.free),)
    assert np.all(lower < upper)
    if not form.chart:
        theta = estimation.coordinates(drawn(form, np.random.default_rng(2)))[0]
        assert np.all((lower <= theta) & (theta <= upper))


@pytest.mark.parametrize(
    ("held", "tied", "fields"),
    [
        ({"aplha": 0.3}, {}, ["hold.aplha"]),
        ({}, {"beta": "aplha"}, ["tie.aplha"]),
        ({}, {"bta": "alpha"}, ["tie.bta"]),
        ({"alpha": 0.3}, {"beta": "alpha"}, ["tie.beta"]),
        ({"beta": 0.3}, {"beta": "alpha"}, ["tie.beta"]),
        ({}, {"beta": "alpha", "alpha": "beta"}, ["tie.beta", "tie.alpha"]),
        ({"x": 1.0}, {"y": "z"}, ["hold.x", "tie.y", "tie.z"]),
    ],
)
def test_every_wrong_name_is_reported_by_field(
    held: dict[str, float], tied: dict[str, str], fields: list[str]
) -> None:
    form = FORMS["hoffmann"]
    with pytest.raises(BadInput) as caught:
        Estimation(form, table(form), held=held, tied=tied)
    assert [mistake.field for mistake in caught.value.mistakes] == fields


def test_a_misspelt_coefficient_gets_the_closest_name() -> None:
    with pytest.raises(BadInput, match=r"^hold\.aplha: .*did you mean alpha"):
        Estimation(FORMS["hoffmann"], table(FORMS["hoffmann"]), held={"aplha": 0.3})


def test_fewer_runs_than_free_coefficients_are_refused_and_held_ones_do_not_count() -> None:
    form = FORMS["hoffmann"]
    few = table(form, size=4)
    with pytest.raises(BadInput, match=r"^runs: .*5 free coefficients of the hoffmann law.*4 runs"):
        Estimation(form, few).require_enough_runs()
    Estimation(form, few, held={"alpha": 0.34}).require_enough_runs()
