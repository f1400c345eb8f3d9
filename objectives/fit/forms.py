"""How each family is fitted: which coefficients are positive, which enter linearly, where starts are drawn.

`form_of` has an entry for each family that can be fitted, and makes one for a law of the user's own: give it
an equation and a gradient, and its linear coefficients are found by looking at the gradient.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from objectives.fit.charts import BoxCox, Chart
from objectives.laws import FAMILIES, family_class
from objectives.laws.law import Array, Law
from spaces.errors import BadInput, one_of


class Linear(StrEnum):
    """What the linear coefficients add up to."""

    LOSS = "loss"
    """L = sum of c_k phi_k, with phi_k = dL/dc_k."""
    LOG_LOSS = "log loss"
    """ln L = sum of c_k phi_k."""
    BRACKET = "bracket"
    """(L - e)^(1/k) = a/N^alpha + b/D^beta, as in the laws of Kaplan and of Skaling."""
    NOTHING = "nothing"
    """No coefficient is linear: starts are drawn for all."""


@dataclass(frozen=True)
class Range:
    """Where starts of a coefficient are drawn, and the bounds its fitted value may not pass."""

    low: float
    high: float
    lower: float = -np.inf
    upper: float = np.inf
    harmless: bool = False
    """Whether at the upper bound an effect is simply absent, which says nothing against the law."""


EXPONENT = Range(0.05, 1.0, 1e-3, 4.0)
"""Of a power law in N or D: the published ones lie between 0.07 and 0.6."""


@dataclass(frozen=True)
class Form:
    """The recipe of one family.

    `positive` coefficients are fitted as logarithms. `linear` ones get their starts by least squares, given
    the others, whose starts are drawn from `ranges`. `powers` names linear coefficients that stand under an
    exponent: a_D -> b_D means that a_D^b_D is what enters linearly.
    """

    law: type[Law]
    positive: tuple[str, ...]
    linear: tuple[str, ...]
    ranges: Mapping[str, Range]
    kind: Linear = Linear.LOSS
    powers: Mapping[str, str] | None = None
    chart: Chart | None = None
    """Coordinates other than the coefficients and their logarithms; none may then be held or tied."""

    @property
    def nonlinear(self) -> tuple[str, ...]:
        """The coefficients whose starts are drawn."""
        return tuple(name for name in self.law.coefficient_names() if name not in self.linear)

    def bounds(self, name: str) -> tuple[float, float]:
        """The bounds of a coefficient itself (not of its logarithm)."""
        spec = self.ranges.get(name, Range(0.0, 0.0))
        return spec.lower, spec.upper


_TERMS = ("e", "a", "b")

FORMS: dict[str, Form] = {
    form.law.family: form
    for form in (
        Form(
            family_class("kaplan"),
            positive=("alpha_N", "alpha_D", "N_c", "D_c"),
            linear=("N_c", "D_c"),
            ranges={"alpha_N": Range(0.02, 0.6, 1e-3, 4.0), "alpha_D": Range(0.02, 0.6, 1e-3, 4.0)},
            kind=Linear.BRACKET,
        ),
        Form(
            family_class("hoffmann"),
            positive=_TERMS,
            linear=_TERMS,
            ranges={"alpha": EXPONENT, "beta": EXPONENT},
        ),
        Form(
            family_class("coupled"),
            positive=(*_TERMS, "k"),
            linear=("a", "b"),
            ranges={"alpha": EXPONENT, "beta": EXPONENT, "k": Range(0.2, 1.5, 0.05, 10.0)},
            kind=Linear.BRACKET,
        ),
        Form(
            family_class("farseer"),
            positive=(),
            linear=(),
            ranges={
                "alpha": Range(-0.4, 0.4, -1.0, 1.0),
                "beta": Range(-0.4, 0.4, -1.0, 1.0),
                "gamma": Range(-0.8, -0.05, -2.0, 1.0),
            },
            kind=Linear.NOTHING,
            chart=BoxCox(
                (
                    "exponent",
                    "exponent_slope",
                    "alpha",
                    "scale",
                    "scale_slope",
                    "beta",
                    "floor",
                    "floor_slope",
                    "gamma",
                )
            ),
        ),
        Form(
            family_class("frantar"),
            positive=("e", "a_S", "c_S", "a_D"),
            linear=("e", "a_S", "c_S", "a_D"),
            ranges={"b_S": Range(0.1, 2.5, 1e-2, 10.0), "b_N": EXPONENT, "b_D": EXPONENT},
            powers={"a_D": "b_D"},
        ),
        Form(
            family_class("abnar"),
            positive=("e", "a", "b", "c", "d"),
            linear=("e", "a", "b", "c", "d"),
            ranges={
                "alpha": EXPONENT,
                "beta": EXPONENT,
                "gamma": Range(0.02, 0.6, 1e-3, 4.0),
                "lambda": Range(-0.6, 0.1, -4.0, 2.0),
                "delta": Range(0.0, 0.6, -1.0, 4.0),
            },
        ),
        Form(
            family_class("generalized"),
            positive=_TERMS,
            linear=(*_TERMS, "c"),
            ranges={"alpha": EXPONENT, "beta": EXPONENT, "gamma": Range(0.0, 2.0, -2.0, 10.0)},
        ),
        Form(
            family_class("clark"),
            positive=("e_start", "e_max"),
            linear=("a", "b", "c", "d"),
            ranges={"e_start": Range(1.0, 8.0, 0.05, 40.0), "e_max": Range(60.0, 2000.0, 41.0, 1e6)},
            kind=Linear.LOG_LOSS,
        ),
        Form(
            family_class("data-constrained"),
            positive=(*_TERMS, "r_D", "r_N"),
            linear=_TERMS,
            ranges={
                "alpha": EXPONENT,
                "beta": EXPONENT,
                "r_D": Range(2.0, 40.0, 1e-2, 1e4, harmless=True),
                "r_N": Range(2.0, 40.0, 1e-2, 1e4, harmless=True),
            },
        ),
    )
}
"""Family -> recipe."""


def form_of(law: str | type[Law]) -> Form:
    """The recipe of a family, by its name or its class.

    Raises:
        BadInput: no such family, or one that is not fitted.
    """
    if isinstance(law, str):
        if law not in FORMS:
            known = {kind.family for kind in FAMILIES}
            expected = (
                one_of(FORMS, law) if law not in known else f"a family that is fitted ({one_of(FORMS, law)})"
            )
            raise BadInput.of("law", expected, law)
        return FORMS[law]
    return FORMS.get(law.family) or derived_form(law)


def derived_form(law: type[Law]) -> Form:
    """A recipe for a law without one: its `positive` coefficients, and those its gradient shows linear."""
    names = law.coefficient_names()
    linear = tuple(name for name in names if _is_linear(law, name))
    linear = linear if _adds_up(law, linear) else ()
    nonlinear = [name for name in names if name not in linear]
    kind = Linear.LOSS if linear else Linear.NOTHING
    return Form(law, law.positive, linear, dict.fromkeys(nonlinear, Range(0.05, 1.0)), kind)


def _probe(law: type[Law], values: Mapping[str, float]) -> tuple[float, Array]:
    """Loss and gradient at one run and these coefficients (others 0.3)."""
    law_there = law(*(values.get(name, 0.3) for name in law.coefficient_names()))
    s = 0.5 if law.max_sparsity else 0.0
    return float(law_there.loss(7.0, 11.0, s)), law_there.coefficient_gradient(7.0, 11.0, s)


def _is_linear(law: type[Law], name: str) -> bool:
    """Whether dL/dc does not change with c."""
    index = law.coefficient_names().index(name)
    slopes = [_probe(law, {name: value})[1][index] for value in (0.2, 0.9)]
    return bool(np.isclose(slopes[0], slopes[1], rtol=1e-12))


def _adds_up(law: type[Law], linear: tuple[str, ...]) -> bool:
    """Whether the loss is the sum of these coefficients times their gradients."""
    loss, slopes = _probe(law, {})
    names = law.coefficient_names()
    return bool(linear) and bool(np.isclose(loss, sum(0.3 * slopes[names.index(name)] for name in linear)))
