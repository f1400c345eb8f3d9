"""Laws by name: what there is, how mistakes are told, and laws of the user's own."""

import json

import pytest

from objectives import laws
from spaces.errors import BadInput


def fields(error: BadInput) -> dict[str, str]:
    return {mistake.field: mistake.expected for mistake in error.mistakes}


UNPUBLISHED = ("coupled", "farseer")


def test_every_family_of_the_plan_is_registered() -> None:
    assert laws.families() == (
        *("kaplan", "hoffmann", *UNPUBLISHED, "frantar", "abnar", "generalized", "joint-moe"),
        *("fine-grained-moe", "fine-grained-dense", "clark", "data-constrained"),
    )


@pytest.mark.parametrize(
    ("family", "sets"),
    [
        ("hoffmann", ("epoch", "epoch-full", "tex", "rounded")),
        ("frantar", ("t5", "vit")),
        ("generalized", ("moe", "dense", "frantar", "older")),
        ("clark", ("s-base", "rl-r", "hash")),
        ("abnar", ("published",)),
    ],
)
def test_coefficient_sets_are_named_with_the_default_first(family: str, sets: tuple[str, ...]) -> None:
    assert laws.coefficient_sets(family) == sets
    assert laws.get(family).name == laws.default_set(family) == sets[0]
    assert [laws.get(family, name).name for name in sets] == list(sets)


def test_an_unknown_family_is_answered_with_the_names_and_the_closest() -> None:
    with pytest.raises(BadInput, match=r"hoffmann.*did you mean hoffmann\?") as caught:
        laws.get("hofman")
    assert list(fields(caught.value)) == ["law"]


def test_an_unknown_set_is_answered_with_the_names_and_the_closest() -> None:
    with pytest.raises(BadInput, match=r"epoch.*tex.*rounded.*did you mean rounded\?") as caught:
        laws.get("hoffmann", "round")
    assert list(fields(caught.value)) == ["coefficients"]


def test_a_custom_law_takes_the_coefficients_of_any_published_one_back() -> None:
    for family in laws.FAMILIES:
        for law in family.published():
            own = laws.custom(law.family, **law.coefficients)
            assert own.coefficients == law.coefficients
            assert own.name == "custom"
            assert own.loss(1e9, 1e11) == law.loss(1e9, 1e11)


def test_abnars_lambda_keeps_its_name() -> None:
    law = laws.get("abnar")
    assert law.coefficients["lambda"] == -0.1666
    assert law.with_coefficients({"lambda": 0.1}).coefficients["lambda"] == 0.1


def test_every_mistake_in_custom_coefficients_is_reported() -> None:
    with pytest.raises(BadInput) as caught:
        laws.custom("hoffmann", e=1.7, a=float("nan"), aplha=0.3, beta=float("inf"))
    found = fields(caught.value)
    assert set(found) == {"a", "aplha", "b", "beta", "alpha"}
    assert "did you mean alpha" in found["aplha"]


@pytest.mark.parametrize("family", UNPUBLISHED)
@pytest.mark.parametrize("name", [None, "published"])
def test_a_family_without_published_coefficients_says_where_they_come_from(
    family: str, name: str | None
) -> None:
    assert laws.coefficient_sets(family) == ()
    assert laws.default_set(family) is None
    with pytest.raises(BadInput, match=f"`scalesearch fit`.*no coefficients of the {family} law") as caught:
        laws.get(family, name)
    assert list(fields(caught.value)) == ["coefficients"]


@pytest.mark.parametrize("value", ["400", None, True, [1.0]])
def test_a_custom_coefficient_must_be_a_number(value: object) -> None:
    with pytest.raises(BadInput, match=r"^a: expected a finite number"):
        laws.custom("hoffmann", e=1.7, a=value, b=1.0, alpha=0.3, beta=0.3)  # type: ignore[arg-type]


def test_coefficients_outside_the_domain_of_the_form_are_refused() -> None:
    kaplan = laws.get("kaplan").coefficients | {"N_c": -1.0, "D_c": 0.0}
    with pytest.raises(BadInput) as caught:
        laws.custom("kaplan", **kaplan)
    assert set(fields(caught.value)) == {"N_c", "D_c"}


@pytest.mark.parametrize("family", ["clark", "joint-moe"])
def test_the_saturated_expert_count_must_rise(family: str) -> None:
    swapped = laws.get(family).coefficients | {"e_start": 300.0, "e_max": 2.0}
    with pytest.raises(BadInput, match=r"e_start: expected a number below e_max"):
        laws.custom(family, **swapped)


def test_the_catalogue_is_strict_json_and_names_source_trust_and_count_of_every_set() -> None:
    records = laws.catalogue()
    assert json.loads(json.dumps(records, allow_nan=False)) is not None
    published = [record for record in records if record["set"]]
    assert len(published) == sum(len(laws.coefficient_sets(family)) for family in laws.families())
    for record in published:
        assert record["source"].startswith(("arXiv:", "an author's benchmark"))
        assert record["trust"] != laws.Trust.USER
        assert record["count"] in set(laws.Count)
    assert [record["default"] for record in published].count(True) == len(laws.families()) - len(UNPUBLISHED)


def test_the_catalogue_lists_families_that_are_only_fitted_with_the_names_of_their_coefficients() -> None:
    records = [record for record in laws.catalogue() if record["set"] is None]
    assert [record["family"] for record in records] == list(UNPUBLISHED)
    for record in records:
        assert list(record["coefficients"]) == list(laws.family_class(record["family"]).coefficient_names())
        assert set(record["coefficients"].values()) == {None}
        assert not record["default"]
        assert "scalesearch fit" in record["source"]
