"""The recipes of the families: what is called linear is linear, and a law without recipe gets one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from objectives.fit.estimation import Estimation
from objectives.fit.fitting import solve
from objectives.fit.forms import FORMS, Form, Linear, derived_form, form_of
from objectives.laws.law import Array, Law
from objectives.runs import Runs
from spaces.errors import BadInput

INPUTS = {"n": np.geomspace(1e7, 1e11, 9), "d": np.geomspace(1e9, 1e12, 9), "s": np.linspace(0.0, 0.9, 9)}


def inputs(law: type[Law]) -> dict[str, Array]:
    """Nine runs inside the domain of any law."""
    given = INPUTS if law.max_sparsity else INPUTS | {"s": np.zeros(9)}
    return given | ({law.extra.name: np.full(9, 1e9)} if law.extra else {})


@st.composite
def coefficients(draw: st.DrawFn, form: Form) -> dict[str, float]:
    """Each from where the form draws starts, amplitudes from a few orders of magnitude."""
    values = {}
    for name in form.law.coefficient_names():
        spec = form.ranges.get(name)
        values[name] = draw(st.floats(spec.low, spec.high) if spec else st.floats(0.1, 10.0))
    return values


def of(form: Form, values: dict[str, float]) -> Law:
    return form.law(*values.values())


each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@each_form
def test_recipes_name_coefficients_of_their_law(form: Form) -> None:
    names = set(form.law.coefficient_names())
    assert {*form.positive, *form.linear, *form.nonlinear, *(form.powers or {})} <= names
    assert set(form.linear) | set(form.nonlinear) == names
    assert not set(form.linear) & set(form.nonlinear)


@each_form
def test_what_the_law_needs_positive_the_fit_keeps_positive(form: Form) -> None:
    for name in form.law.positive:
        assert name in form.positive or form.ranges[name].lower > 0


@each_form
def test_starts_are_drawn_inside_the_bounds(form: Form) -> None:
    for name, spec in form.ranges.items():
        assert spec.lower <= spec.low < spec.high <= spec.upper
        if name in form.positive:
            assert spec.low > 0


@pytest.mark.parametrize("family", [name for name, form in FORMS.items() if form.kind == Linear.LOSS])
@settings(max_examples=25)
@given(data=st.data())
def test_the_loss_is_the_sum_of_its_linear_terms(family: str, data: st.DataObject) -> None:
    """L = sum of c_k dL/dc_k, where a power stands in for its base: a^b dL/d(a^b) = a/b dL/da."""
    form = FORMS[family]
    values, at = data.draw(coefficients(form)), inputs(form.law)
    law, names = of(form, values), form.law.coefficient_names()
    slopes = law.coefficient_gradient(**at)
    powers = {name: values[power] for name, power in (form.powers or {}).items()}
    terms = [values[name] / powers.get(name, 1.0) * slopes[:, names.index(name)] for name in form.linear]
    np.testing.assert_allclose(np.sum(terms, axis=0), law.loss(**at), rtol=1e-10)


@pytest.mark.parametrize("family", [name for name, form in FORMS.items() if form.kind == Linear.LOSS])
@settings(max_examples=25)
@given(data=st.data())
def test_slopes_by_linear_coefficients_do_not_change_with_them(family: str, data: st.DataObject) -> None:
    """Where data repeat, how many parameters are in excess depends on a/b: there, if they change together."""
    form = FORMS[family]
    values, at = data.draw(coefficients(form)), inputs(form.law)
    plain = [name for name in form.linear if name not in (form.powers or {})]
    columns = [form.law.coefficient_names().index(name) for name in plain]
    factors = {name: data.draw(st.floats(0.2, 5.0)) for name in form.linear}
    if family == "data-constrained":
        factors = dict.fromkeys(factors, factors["a"])
    scaled = values | {name: factor * values[name] for name, factor in factors.items()}
    one, other = (of(form, given).coefficient_gradient(**at)[:, columns] for given in (values, scaled))
    np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12 * np.abs(one).max())


@settings(max_examples=25)
@given(data=st.data())
def test_clarks_log_loss_is_the_sum_of_its_linear_terms(data: st.DataObject) -> None:
    form = FORMS["clark"]
    values = data.draw(coefficients(form))
    values |= {name: 0.1 * values[name] for name in form.linear}
    law, names = of(form, values), form.law.coefficient_names()
    loss, slopes = law.loss(**inputs(form.law)), law.coefficient_gradient(**inputs(form.law))
    total = sum(values[name] * slopes[:, names.index(name)] for name in form.linear) / loss
    np.testing.assert_allclose(total, np.log(loss), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("family", ["kaplan", "coupled"])
@settings(max_examples=25)
@given(data=st.data())
def test_the_bracket_is_the_sum_of_its_two_terms(family: str, data: st.DataObject) -> None:
    form = FORMS[family]
    values, at = data.draw(coefficients(form)), inputs(form.law)
    floor, k = values.get("e", 0.0), values.get("k", values.get("alpha_D", 1.0))
    law = of(form, values)
    terms = law.power_terms(np.zeros(1))
    assert terms is not None
    a, alpha, b, beta = terms
    bracket = a * at["n"] ** -alpha + b * at["d"] ** -beta
    np.testing.assert_allclose(law.loss(**at), floor + bracket**k, rtol=1e-11)


@dataclass(frozen=True)
class Own(Law):
    """A law of the user's own: equation and gradients, nothing else."""

    family: ClassVar[str] = "own"
    title: ClassVar[str] = "none"
    equation: ClassVar[str] = "L = floor + size N^-p + both (N D)^-q"
    positive: ClassVar[tuple[str, ...]] = ("size",)

    floor: float
    size: float
    p: float
    both: float
    q: float

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        return self.floor + self.size * n**-self.p + self.both * (n * d) ** -self.q

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        size, both = self.size * n**-self.p, self.both * (n * d) ** -self.q
        return -(self.p * size + self.q * both) / n, -self.q * both / d, 0.0

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        size, both = n**-self.p, (n * d) ** -self.q
        by_p, by_q = -self.size * size * np.log(n), -self.both * both * np.log(n * d)
        return 1.0, size, by_p, both, by_q


class Squared(Own):
    """The same, of which no coefficient is linear."""

    family: ClassVar[str] = "squared"

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        return np.asarray(super()._loss(n, d, s, x) ** 2)

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        outer = 2.0 * super()._loss(n, d, s, x)
        return tuple(outer * part for part in super()._coefficient_gradient(n, d, s, x))


def test_the_linear_coefficients_of_a_law_without_recipe_are_seen_from_its_gradient() -> None:
    form = derived_form(Own)
    assert form.linear == ("floor", "size", "both")
    assert form.nonlinear == ("p", "q")
    assert form.positive == ("size",)
    assert form.kind == Linear.LOSS
    assert form_of(Own) == form


def test_a_law_without_linear_coefficients_has_all_its_starts_drawn() -> None:
    form = derived_form(Squared)
    assert form.linear == ()
    assert form.kind == Linear.NOTHING
    assert set(form.ranges) == set(Own.coefficient_names())


def test_a_law_without_recipe_is_fitted() -> None:
    truth = Own(1.7, 40.0, 0.3, 900.0, 0.2)
    n, d = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e7, 1e10, 6), np.geomspace(1e9, 1e12, 6)))
    found = solve(Estimation(derived_form(Own), Runs(n, d, np.zeros(36), truth.loss(n, d))))
    assert found.coefficients == pytest.approx(truth.coefficients, rel=1e-7)


def test_recipes_are_found_by_name_and_by_class() -> None:
    for family, form in FORMS.items():
        assert form_of(family) is form_of(form.law) is form


@pytest.mark.parametrize(
    ("family", "words"), [("hofman", "did you mean hoffmann"), ("joint-moe", "a family that is fitted")]
)
def test_a_family_that_is_not_fitted_is_named(family: str, words: str) -> None:
    with pytest.raises(BadInput, match=f"^law: .*{words}"):
        form_of(family)
