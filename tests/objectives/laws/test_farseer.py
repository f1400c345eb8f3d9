"""Farseer's law against its equation in higher precision, and against Chinchilla's, which it contains."""

from decimal import Decimal, localcontext
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives import laws

COEFFICIENTS = {
    **{"a1": 9.247, "b1": -4.2477, "alpha": -0.0495, "a2": 849.65, "b2": 2.888, "beta": -0.24496},
    **{"a3": 6.2874, "b3": -0.28417, "gamma": -0.0852},
}
"""Fitted to the 240 runs read off the Chinchilla paper."""


def in_decimals(c: dict[str, float], n: float, d: float) -> float:
    """The equation of the paper, term by term, to 40 digits."""
    with localcontext() as context:
        context.prec = 40
        x = {name: Decimal(value) for name, value in c.items()}
        size, tokens = Decimal(n), Decimal(d)
        floor = (x["a3"] * size ** x["gamma"] + x["b3"]).exp()
        exponent = (x["a1"] * size ** x["alpha"] + x["b1"]).exp()
        return float(floor + (x["a2"] * size ** x["beta"] + x["b2"]).exp() * tokens**-exponent)


@pytest.mark.parametrize("n", [5.7e7, 1.3e9, 1.6e10, 1e12])
@pytest.mark.parametrize("d", [8e8, 3e10, 3e11, 1e14])
def test_it_is_the_equation_of_the_paper(n: float, d: float) -> None:
    law = laws.custom("farseer", **COEFFICIENTS)
    assert law.loss(n, d) == pytest.approx(in_decimals(COEFFICIENTS, n, d), rel=1e-13)


@given(st.floats(7.0, 12.0), st.floats(9.0, 14.0))
def test_with_constant_data_term_and_a_slight_bend_of_the_floor_it_is_chinchillas_law(
    log_n: float, log_d: float
) -> None:
    """At a1 = a2 = 0 the data term is b/D^beta; exp(a3 N^gamma + b3) is e (1 + a3 N^gamma) for small a3."""
    n, d, small = 10.0**log_n, 10.0**log_d, 1e-7
    chinchilla = laws.custom("hoffmann", e=1.8, a=1.8 * small, b=2085.43, alpha=0.3478, beta=0.3658)
    data = {"a1": 0.0, "b1": log(0.3658), "alpha": 0.1, "a2": 0.0, "b2": log(2085.43), "beta": 0.1}
    law = laws.custom("farseer", **data, a3=small, b3=log(1.8), gamma=-0.3478)
    assert law.loss(n, d) == pytest.approx(chinchilla.loss(n, d), rel=1e-13)


def test_it_may_rise_with_size_outside_its_runs_which_its_gradient_shows() -> None:
    """The module warns of it: nine free numbers do not forbid it."""
    rising = laws.custom("farseer", **COEFFICIENTS | {"a3": -6.2874})
    assert rising.gradient(1e10, 1e14)[0] > 0
    assert rising.loss(2e10, 1e14) > rising.loss(1e10, 1e14)
