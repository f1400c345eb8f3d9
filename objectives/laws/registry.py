"""Which laws there are, and how to get one by name.

A new family is one module with a `Law` and its class in `FAMILIES`. Formulas that predict a benchmark's score
and no loss are in `CAPABILITIES`: `get` knows them, and everything that plans with a loss does not.
"""

from dataclasses import asdict
from math import isfinite
from typing import Any, Literal, overload

from objectives.laws.abnar import Abnar
from objectives.laws.coupled import Coupled
from objectives.laws.data_constrained import DataConstrained
from objectives.laws.farseer import Farseer
from objectives.laws.fine_grained_moe import FineGrainedDense, FineGrainedMoE
from objectives.laws.frantar import Frantar
from objectives.laws.generalized import Generalized
from objectives.laws.hoffmann import Hoffmann
from objectives.laws.joint_moe import JointMoE
from objectives.laws.kaplan import Kaplan
from objectives.laws.law import Count, Extra, Law
from objectives.laws.performance import Performance
from objectives.laws.routed import Clark
from spaces.errors import BadInput, Mistake, one_of

UNPUBLISHED = "a fit of your own runs (`scalesearch fit`), for no coefficients of the {} law are published"
"""What `get` expects where it has nothing to give."""

FAMILIES: tuple[type[Law], ...] = (
    Kaplan,
    Hoffmann,
    Coupled,
    Farseer,
    Frantar,
    Abnar,
    Generalized,
    JointMoE,
    FineGrainedMoE,
    FineGrainedDense,
    Clark,
    DataConstrained,
)
CAPABILITIES: tuple[type[Performance], ...] = (Performance,)


def families() -> tuple[str, ...]:
    """Names of the families."""
    return tuple(law.family for law in FAMILIES)


def coefficient_sets(family: str) -> tuple[str, ...]:
    """Names of a family's published coefficient sets, the default first.

    Raises:
        BadInput: no such family.
    """
    return tuple(law.name for law in family_class(family).published())


def default_set(family: str) -> str | None:
    """Name of the coefficient set `get` takes when none is named; None where nothing is published."""
    return next(iter(coefficient_sets(family)), None)


@overload
def get(family: Literal["performance"], coefficients: str | None = None) -> Performance: ...  # type: ignore[overload-overlap]
@overload
def get(family: str, coefficients: str | None = None) -> Law: ...
def get(family: str, coefficients: str | None = None) -> Law | Performance:
    """A law with published coefficients; for a name known at run time see `objectives.law_choice`.

    >>> get("hoffmann", "rounded").loss(70e9, 1.4e12).round(5).item()
    1.93665

    Args:
        family: one of `families()`, or of `CAPABILITIES`.
        coefficients: one of `coefficient_sets(family)`; the default set if not given.

    Raises:
        BadInput: no such family or coefficient set; the message lists the names and suggests the closest.
            Or nothing is published of the family.
    """
    kinds: dict[str, type[Law] | type[Performance]] = {law.family: law for law in FAMILIES}
    kinds |= {capability.family: capability for capability in CAPABILITIES}
    if family not in kinds:
        raise BadInput.of("law", one_of(kinds, family), family)
    published: dict[str, Law | Performance] = {law.name: law for law in kinds[family].published()}
    if not published:
        raise BadInput.of("coefficients", UNPUBLISHED.format(family), coefficients or "nothing")
    if coefficients is None:
        return next(iter(published.values()))
    if coefficients not in published:
        raise BadInput.of("coefficients", one_of(published, coefficients), coefficients)
    return published[coefficients]


def custom(family: str, /, **coefficients: float) -> Law:
    """A law with coefficients of your own.

    Raises:
        BadInput: no such family; or one mistake for every coefficient that is missing, unknown, not a finite
            number, or outside the domain of the form.
    """
    law = family_class(family)
    mistakes = _coefficient_mistakes(law, coefficients) or law.coefficient_mistakes(coefficients)
    if mistakes:
        raise BadInput(mistakes)
    return law(*(float(coefficients[name]) for name in law.coefficient_names()))


def catalogue() -> list[dict[str, Any]]:
    """One record for each published coefficient set, fit for JSON: what `scalesearch laws` lists.

    A family of which none is published has one record, with the set None and without coefficients.
    """
    return [
        {**describe(law), "default": law.name == default_set(law.family)}
        for kind in FAMILIES
        for law in kind.published()
    ] + [_form_record(kind) for kind in FAMILIES if not kind.published()]


def _form_record(kind: type[Law]) -> dict[str, Any]:
    """What there is to say of a family without published coefficients."""
    names = kind.coefficient_names()
    form = kind(
        *(float("nan") for _ in names), source="no published coefficients; `scalesearch fit` finds yours"
    )
    return {**describe(form), "set": None, "coefficients": dict.fromkeys(names), "default": False}


def capability_catalogue() -> list[dict[str, Any]]:
    """One record for each published set of the laws of a score, with the fields of `catalogue`."""
    return [
        {**describe_capability(law), "default": law == kind.published()[0]}
        for kind in CAPABILITIES
        for law in kind.published()
    ]


def describe_capability(law: Performance) -> dict[str, Any]:
    """As `describe`; sizes are stored parameters, and it is for dense models."""
    return {
        "family": law.family,
        "set": law.name,
        "title": law.title,
        "equation": f"{law.equation}; {law.link.equation}",
        "count": Count.TOTAL.value,
        "unit": law.unit,
        "inherent_sparsity": 0.0,
        "coefficients": law.coefficients,
        "fitted": asdict(law.fitted),
        "extra": None,
        "fixed_tokens": None,
        "source": law.source,
        "trust": law.trust.value,
    }


def family_class(family: str) -> type[Law]:
    """The class behind the name of a family of loss laws.

    Raises:
        BadInput: no such family; the message lists the names and suggests the closest.
    """
    if any(kind.family == family for kind in CAPABILITIES):
        raise BadInput.of(
            "law", f"a law of the loss ({' | '.join(families())})", f"{family}, a law of a score"
        )
    by_name = {law.family: law for law in FAMILIES}
    if family not in by_name:
        raise BadInput.of("law", one_of(by_name, family), family)
    return by_name[family]


def describe(law: Law) -> dict[str, Any]:
    """One law as a plain record: names, equation, conventions, coefficients, range, source."""
    return {
        "family": law.family,
        "set": law.name,
        "title": law.title,
        "equation": law.equation,
        "count": law.count.value,
        "unit": law.unit,
        "inherent_sparsity": law.inherent_sparsity,
        "coefficients": law.coefficients,
        "fitted": asdict(law.fitted),
        "extra": _extra_record(law.extra) if law.extra else None,
        "fixed_tokens": law.fixed_tokens,
        "source": law.source,
        "trust": law.trust.value,
    }


def _extra_record(extra: Extra) -> dict[str, Any]:
    """As plain data; an infinite default (no limit) is None, which JSON can hold."""
    return asdict(extra) | {"default": extra.default if isfinite(extra.default) else None}


def _coefficient_mistakes(law: type[Law], given: dict[str, float]) -> list[Mistake]:
    names = law.coefficient_names()
    missing = [
        Mistake(name, f"a coefficient of the {law.family} law", "nothing")
        for name in names
        if name not in given
    ]
    unknown = [Mistake(name, one_of(names, name), repr(given[name])) for name in given if name not in names]
    malformed = [
        Mistake(name, "a finite number", repr(value))
        for name, value in given.items()
        if name in names and not _is_finite_number(value)
    ]
    return missing + unknown + malformed


def _is_finite_number(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and isfinite(value)
