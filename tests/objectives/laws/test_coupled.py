"""The coupled law between Chinchilla's and Kaplan's, which it contains."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives import laws
from objectives.budget import Budget
from objectives.exact.optimum import optimum
from spaces.errors import BadInput

sizes, lengths = st.floats(6.0, 13.0).map(lambda x: 10.0**x), st.floats(8.0, 14.0).map(lambda x: 10.0**x)


@given(sizes, lengths)
def test_with_exponent_one_it_is_chinchillas_law(n: float, d: float) -> None:
    for name in laws.coefficient_sets("hoffmann"):
        chinchilla = laws.get("hoffmann", name)
        law = laws.custom("coupled", **chinchilla.coefficients, k=1.0)
        assert law.loss(n, d) == pytest.approx(chinchilla.loss(n, d), rel=1e-13)
        np.testing.assert_allclose(law.gradient(n, d), chinchilla.gradient(n, d), rtol=1e-12)
        shared = law.coefficient_gradient(n, d)[:5]
        np.testing.assert_allclose(shared, chinchilla.coefficient_gradient(n, d), rtol=1e-12)


@given(sizes, lengths)
def test_without_floor_and_with_tokens_to_the_first_power_it_is_kaplans_law(n: float, d: float) -> None:
    kaplan = laws.get("kaplan")
    alpha_n, alpha_d, n_c, d_c = kaplan.coefficients.values()
    ratio = alpha_n / alpha_d
    law = laws.custom("coupled", e=0.0, a=n_c**ratio, b=d_c, alpha=ratio, beta=1.0, k=alpha_d)
    assert law.loss(n, d) == pytest.approx(kaplan.loss(n, d), rel=1e-12)
    np.testing.assert_allclose(law.gradient(n, d), kaplan.gradient(n, d), rtol=1e-11)


@pytest.mark.parametrize("k", [0.3, 0.774, 1.0, 1.4])
@pytest.mark.parametrize("flops", [1e18, 1e21, 1e25])
def test_the_optimum_is_chinchillas_closed_form_whatever_the_outer_exponent(k: float, flops: float) -> None:
    a, b, alpha, beta = 2305.0, 9957.0, 0.424, 0.4305
    found = optimum(laws.custom("coupled", e=1.757, a=a, b=b, alpha=alpha, beta=beta, k=k), Budget(flops))
    expected = (alpha * a / (beta * b)) ** (1 / (alpha + beta)) * (flops / 6) ** (beta / (alpha + beta))
    assert found.n == pytest.approx(expected, rel=1e-9)
    assert found.tokens == pytest.approx(flops / 6 / expected, rel=1e-9)


@pytest.mark.parametrize("name", ["a", "b", "k"])
def test_the_bracket_and_its_exponent_are_positive(name: str) -> None:
    coefficients = {"e": 1.7, "a": 400.0, "b": 2000.0, "alpha": 0.35, "beta": 0.37, "k": 0.8}
    with pytest.raises(BadInput, match=f"^{name}: expected a positive number"):
        laws.custom("coupled", **coefficients | {name: 0.0})
