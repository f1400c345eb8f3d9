"""What every law promises: shapes, gradients, counts, costs, monotonicity and checks."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from objectives import laws
from objectives.fit.forms import FORMS
from objectives.laws.law import Array, Count, Law
from spaces.errors import BadInput

EXAMPLES: list[Law] = [
    laws.custom("coupled", e=1.757, a=2305.0, b=9957.0, alpha=0.424, beta=0.4305, k=0.774),
    laws.custom(
        "farseer",  # one that falls with N and D everywhere
        **{"a1": 0.02, "b1": -1.3, "alpha": 0.12, "a2": 60.0, "b2": 2.0, "beta": -0.15},
        **{"a3": 6.3, "b3": -0.28, "gamma": -0.085},
    ),
]
"""Of the families of which nothing is published."""
LAWS = [law for family in laws.FAMILIES for law in family.published()] + EXAMPLES
IDS = [f"{law.family} {law.name}" for law in LAWS]
STEP = 1e-6

each_law = pytest.mark.parametrize("law", LAWS, ids=IDS)


@st.composite
def points(draw: st.DrawFn) -> tuple[Law, float, float, float, dict[str, float]]:
    """A law with a point inside its domain, away from the edges of S."""
    law = draw(st.sampled_from(LAWS))
    n, d = 10 ** draw(st.floats(6.5, 12.5)), 10 ** draw(st.floats(8.0, 13.5))
    s = draw(st.floats(0.01, 0.97)) if law.max_sparsity else 0.0
    if law.extra is None:
        return law, n, d, s, {}
    x = 2 ** draw(st.floats(0.01, 6.0)) if law.extra.choices else 10 ** draw(st.floats(8.0, 13.5))
    return law, n, d, s, {law.extra.name: x}


def sample(law: Law, size: int) -> tuple[Array, Array, Array | float]:
    rng = np.random.default_rng(7)
    n, d = 10 ** rng.uniform(7, 12, size), 10 ** rng.uniform(8, 13, size)
    return n, d, rng.uniform(0, 0.97, size) if law.max_sparsity else 0.0


@settings(max_examples=300)
@given(points())
def test_the_gradient_agrees_with_central_differences(
    point: tuple[Law, float, float, float, dict[str, float]],
) -> None:
    law, n, d, s, extra = point
    values = {"n": n, "d": d, "s": s, **extra}
    scales = {"n": n, "d": d, "s": 1.0 - s, **extra}
    analytic = law.gradient(**values)
    varied = [name for name in values if name != "s" or law.max_sparsity]
    for index, name in enumerate(values):
        if name in varied:
            step = STEP * scales[name]
            up, down = (law.loss(**{**values, name: values[name] + sign * step}) for sign in (1, -1))
            numeric = (up - down) / (2 * STEP)
            assert analytic[index] * scales[name] == pytest.approx(numeric, rel=1e-6, abs=2e-8)


@settings(max_examples=200)
@given(points())
def test_the_coefficient_gradient_agrees_with_central_differences(
    point: tuple[Law, float, float, float, dict[str, float]],
) -> None:
    law, n, d, s, extra = point
    analytic = law.coefficient_gradient(n, d, s, **extra)
    assert analytic.shape == (len(law.coefficients),)
    for slope, (name, value) in zip(analytic, law.coefficients.items(), strict=True):
        step = STEP * max(abs(value), 1e-3)
        up, down = (
            law.with_coefficients({name: value + sign * step}).loss(n, d, s, **extra) for sign in (1, -1)
        )
        assert slope * step == pytest.approx((up - down) / 2, rel=1e-5, abs=2e-14)


@settings(max_examples=300)
@given(points(), st.floats(1.01, 100.0))
def test_more_parameters_or_tokens_never_raise_the_loss(
    point: tuple[Law, float, float, float, dict[str, float]], factor: float
) -> None:
    law, n, d, s, extra = point
    here = law.loss(n, d, s, **extra)
    larger, longer = law.loss(n * factor, d, s, **extra), law.loss(n, d * factor, s, **extra)
    if law.family == "data-constrained":  # excess parameters and repeated tokens saturate
        assert larger <= here
        assert longer <= here
    else:
        assert larger < here
        assert longer < here or law.fixed_tokens


@each_law
def test_the_loss_does_not_depend_on_tokens_only_where_all_runs_had_as_many(law: Law) -> None:
    same = law.loss(1e9, 1e10) == law.loss(1e9, 1e11)
    assert same == (law.fixed_tokens is not None)
    assert (law.family == "clark") == (law.fixed_tokens is not None)


@each_law
def test_inputs_broadcast_and_arrays_equal_their_scalars(law: Law) -> None:
    n = np.array([[1e8], [1e9], [7e10]])
    d = np.array([1e10, 3e11])
    s = np.array([0.0, 0.5]) if law.max_sparsity else np.zeros(2)
    losses, slopes, by_coefficient = (
        law.loss(n, d, s),
        law.gradient(n, d, s),
        law.coefficient_gradient(n, d, s),
    )
    assert losses.shape == (3, 2)
    assert slopes.shape == (3, 2, 4 if law.extra else 3)
    assert by_coefficient.shape == (3, 2, len(law.coefficients))
    for i, j in np.ndindex(3, 2):
        one = (n[i, 0], d[j], s[j])
        np.testing.assert_allclose(losses[i, j], law.loss(*one), rtol=1e-14)
        np.testing.assert_allclose(slopes[i, j], law.gradient(*one), rtol=1e-12)
        np.testing.assert_allclose(by_coefficient[i, j], law.coefficient_gradient(*one), rtol=1e-12)


@each_law
def test_shapes_count_every_input_even_those_the_formula_ignores(law: Law) -> None:
    assert law.loss(1e9, 1e10).shape == ()
    assert law.loss(np.full((2, 1), 1e9), np.full(3, 1e10), np.zeros((4, 1, 1))).shape == (4, 2, 3)
    assert law.loss(1e9, np.full(3, 1e10)).shape == (3,)
    assert law.loss([], 1e10).shape == (0,)
    assert law.gradient(np.empty((0, 2)), 1e10).shape == (0, 2, 4 if law.extra else 3)


@each_law
def test_long_tables_give_the_same_losses_as_short_ones(law: Law) -> None:
    n, d, s = sample(law, 100_000)
    extra: dict[str, Any] = {law.extra.name: d / 3} if law.extra and not law.extra.choices else {}
    whole = law.loss(n, d, s, **extra)
    part = slice(32_000, 34_000)
    s_part = s[part] if isinstance(s, np.ndarray) else s
    few = law.loss(n[part], d[part], s_part, **{name: column[part] for name, column in extra.items()})
    np.testing.assert_allclose(whole[part], few, rtol=1e-15)
    folded = law.loss(
        n.reshape(100, 1000), d.reshape(100, 1000), np.reshape(s, (100, 1000)) if np.ndim(s) else s
    )
    assert folded.shape == (100, 1000)


@each_law
def test_arrays_of_coefficients_evaluate_many_laws_at_once(law: Law) -> None:
    name, value = next(iter(law.coefficients.items()))
    values = value * np.array([[1.0], [1.01]])
    n, d, s = sample(law, 40_000)
    many = law.with_coefficients({name: values}).loss(n, d, s)
    assert many.shape == (2, 40_000)
    for row, single in zip(many, values[:, 0], strict=True):
        np.testing.assert_allclose(row, law.with_coefficients({name: single}).loss(n, d, s), rtol=1e-14)


@settings(max_examples=200)
@given(points())
def test_total_parameters_convert_back_to_the_own_count(
    point: tuple[Law, float, float, float, dict[str, float]],
) -> None:
    law, n, _, s, _ = point
    total = law.n_total(n, s)
    assert total >= law.n_active(n, s) > 0
    assert law.n_from_total(total, s) == pytest.approx(n, rel=1e-11)


@settings(max_examples=200)
@given(points())
def test_the_cost_elasticity_is_the_slope_of_log_cost(
    point: tuple[Law, float, float, float, dict[str, float]],
) -> None:
    law, n, _, s, extra = point
    up, down = (np.log(law.flops_per_token(n * np.exp(sign * 1e-5), s, **extra)) for sign in (1, -1))
    assert law.flops_elasticity(n, s, **extra) == pytest.approx((up - down) / 2e-5, rel=1e-6)


@settings(max_examples=200)
@given(points(), st.floats(0.05, 0.95))
def test_power_terms_decide_the_loss_alone(
    point: tuple[Law, float, float, float, dict[str, float]], share: float
) -> None:
    law, n, d, s, extra = point
    terms = law.power_terms(np.asarray(s), **extra)
    if terms is None:
        return
    a, alpha, b, beta = (float(term) for term in terms)
    bracket = a * n**-alpha + b * d**-beta
    other = law.loss(
        (share * bracket / a) ** (-1 / alpha), ((1 - share) * bracket / b) ** (-1 / beta), s, **extra
    )
    assert other == pytest.approx(law.loss(n, d, s, **extra), rel=1e-12)


@settings(max_examples=100)
@given(points(), st.floats(18.0, 26.0))
def test_the_loss_of_a_law_called_unimodal_has_one_minimum_along_a_budget(
    point: tuple[Law, float, float, float, dict[str, float]], log_flops: float
) -> None:
    law, _, _, s, extra = point
    if not law.unimodal:
        return
    n = np.geomspace(1e5, 1e14, 400)
    d = law.fixed_tokens or 10**log_flops / law.flops_per_token(n, s, **extra)
    steps = np.diff(law.loss(n, d, s, **extra))
    steps = np.sign(np.where(np.abs(steps) < 1e-13, 0.0, steps))
    rising = np.flatnonzero(steps > 0)
    assert rising.size == 0 or np.all(steps[rising[0] :] >= 0)


@each_law
def test_training_cost_is_six_times_active_parameters_unless_the_source_counts_otherwise(law: Law) -> None:
    per_token = law.flops_per_token(1e9)
    expected = {"fine-grained-moe": pytest.approx(6e9 / 43, rel=0.2)}.get(law.family, pytest.approx(6e9))
    assert per_token == expected
    assert law.training_flops(1e9, 2e10) == pytest.approx(2e10 * per_token)


def test_deepseek_v3_costs_3_3e24_flops() -> None:
    assert laws.get("generalized").training_flops(37e9, 14.8e12) == pytest.approx(3.2856e24)


def test_every_family_is_tested_here() -> None:
    assert {law.family for law in LAWS} == set(laws.families())


def test_the_parameter_count_of_each_family_is_the_published_one() -> None:
    counts = {family.family: family.count for family in laws.FAMILIES if family.published()}
    assert counts == {
        "kaplan": Count.NON_EMBEDDING,
        "hoffmann": Count.TOTAL,
        "frantar": Count.NONZERO,
        "abnar": Count.TOTAL,
        "generalized": Count.ACTIVE,
        "joint-moe": Count.ACTIVE,
        "fine-grained-moe": Count.NON_EMBEDDING,
        "fine-grained-dense": Count.NON_EMBEDDING,
        "clark": Count.ACTIVE,
        "data-constrained": Count.TOTAL,
    }


@each_law
def test_a_law_fitted_on_runs_of_another_count_keeps_its_losses_and_counts_anew(law: Law) -> None:
    """The count says what N means: it decides the cost and the total, never the loss.

    The laws of mixtures that no runs are fitted to keep to the count of their papers.
    """
    s = 0.5 if law.max_sparsity else 0.0
    for count in Count:
        other = replace(law, count=count)
        assert other.loss(1e9, 1e10, s) == law.loss(1e9, 1e10, s)
        assert other.n_from_total(other.n_total(1e9, s), s) == pytest.approx(1e9)
        assert other.n_total(1e9, s) >= other.n_active(1e9, s)
    if law.family in FORMS:
        total = replace(law, count=Count.TOTAL)
        assert total.n_total(1e9, s) == 1e9
        assert total.n_active(1e9, s) == 1e9 * (1 - s)


@each_law
@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_sizes_must_be_positive_and_finite(law: Law, bad: float) -> None:
    with pytest.raises(BadInput) as caught:
        law.loss([1e9, bad], 1e10)
    assert [mistake.field for mistake in caught.value.mistakes] == ["n"]


def test_every_wrong_input_is_reported_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        laws.get("hoffmann").loss(-1, np.nan, 0.5, granularity=8)
    assert {mistake.field for mistake in caught.value.mistakes} == {"n", "d", "s", "granularity"}


@each_law
@pytest.mark.parametrize("bad", [-0.1, 1.0, 1.5, np.nan])
def test_sparsity_outside_the_domain_is_refused(law: Law, bad: float) -> None:
    with pytest.raises(BadInput, match=r"^s: "):
        law.loss(1e9, 1e10, [0.0, bad])


@each_law
def test_a_dense_law_takes_no_sparsity(law: Law) -> None:
    if law.max_sparsity == 0:
        with pytest.raises(BadInput, match="dense law"):
            law.loss(1e9, 1e10, 0.1)
    else:
        assert np.isfinite(law.loss(1e9, 1e10, np.nextafter(1.0, 0.0)))


@each_law
def test_infinite_tokens_have_a_loss_but_no_gradient(law: Law) -> None:
    assert law.loss(1e9, np.inf) <= law.loss(1e9, 1e15)
    for derivative in (law.gradient, law.coefficient_gradient):
        with pytest.raises(BadInput, match="finite number of tokens"):
            derivative(1e9, np.inf)


@pytest.mark.parametrize("family", ["fine-grained-moe", "data-constrained"])
def test_an_extra_input_below_its_bound_is_refused_by_name(family: str) -> None:
    law = laws.get(family)
    assert law.extra is not None
    with pytest.raises(BadInput, match=law.extra.name):
        law.loss(1e9, 1e10, **{law.extra.name: 0.5})
