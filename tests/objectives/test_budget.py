"""Budgets from FLOPs, GPU time and dollars, and every way to state them wrongly."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives.budget import Budget, make_budget
from spaces.errors import BadInput

shares = st.floats(0.01, 1.0)
amounts = st.floats(1e-3, 1e9)


def test_the_defaults_of_a_published_planner() -> None:
    budget = make_budget(gpus=1024, days=30, peak_tflops=376, mfu=0.4)
    assert budget.flops == pytest.approx(3.991928832e23, rel=1e-12)


@given(gpus=amounts, days=amounts, mfu=shares, goodput=shares)
def test_gpu_time_there_and_back(gpus: float, days: float, mfu: float, goodput: float) -> None:
    budget = make_budget(gpus=gpus, days=days, gpu="h100-sxm", mfu=mfu, goodput=goodput)
    assert budget.flops == pytest.approx(gpus * days * 86_400 * 989.4e12 * mfu * goodput)
    cost = budget.cost(budget.flops)
    assert cost.days == pytest.approx(days)
    assert cost.gpu_hours == pytest.approx(gpus * days * 24)
    assert cost.dollars is None, "no price was given"


@given(dollars=amounts, price=shares, mfu=shares)
def test_dollars_there_and_back(dollars: float, price: float, mfu: float) -> None:
    budget = make_budget(dollars=dollars, price=price, gpu="b200", mfu=mfu)
    cost = budget.cost(budget.flops)
    assert cost.dollars == pytest.approx(dollars)
    assert cost.gpu_hours == pytest.approx(dollars / price)
    assert cost.days is None, "how many GPUs was not said"


def test_goodput_and_mfu_are_two_numbers() -> None:
    whole = make_budget(gpus=8, days=1, gpu="h100-sxm", mfu=0.4)
    half = make_budget(gpus=8, days=1, gpu="h100-sxm", mfu=0.4, goodput=0.5)
    assert half.flops == whole.flops / 2
    assert "MFU 0.4 and goodput 0.5" in half.describe()


MISTAKES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["budget"]),
    ({"flops": 1e21, "dollars": 1e6, "price": 2, "mfu": 0.4, "gpu": "b200"}, ["budget"]),
    ({"gpus": 8, "gpu": "b200", "mfu": 0.4}, ["budget"]),
    ({"flops": -1e21}, ["flops"]),
    ({"flops": float("inf")}, ["flops"]),
    ({"flops": float("nan")}, ["flops"]),
    ({"flops": 10**400}, ["flops"]),
    ({"flops": True}, ["flops"]),
    ({"flops": "1e21"}, ["flops"]),
    ({"flops": 1e21, "sparsity": 1.0}, ["sparsity"]),
    ({"flops": 1e21, "max_sparsity": -0.1}, ["max_sparsity"]),
    ({"flops": 1e21, "sparsity": 0.5, "max_sparsity": 0.9}, ["max_sparsity"]),
    ({"flops": 1e21, "max_total_params": 0, "max_tokens": -1}, ["max_tokens", "max_total_params"]),
    ({"flops": 1e21, "gpus": 8}, ["gpu", "mfu"]),
    ({"flops": 1e21, "gpu": "h1000"}, ["gpu"]),
    ({"days": 30, "gpu": "h100-sxm"}, ["gpus", "mfu"]),
    ({"days": 30, "gpus": 8, "mfu": 0.4}, ["gpu"]),
    ({"days": 30, "gpus": 8, "mfu": 1.4, "goodput": 0, "gpu": "b200"}, ["goodput", "mfu"]),
    ({"days": 30, "gpus": 8, "mfu": 0.4, "peak_tflops": 1979}, ["peak_tflops"]),
    ({"days": 30, "gpus": 8, "mfu": 0.4, "peak_tflops": -5, "gpu": "no such"}, ["gpu", "peak_tflops"]),
    ({"dollars": 2e6, "gpu": "h100-sxm", "mfu": 0.4}, ["price"]),
    ({"dollars": 1e300, "price": 1e-300, "gpu": "h100-sxm", "mfu": 0.4}, ["flops"]),
]


@pytest.mark.parametrize(("options", "fields"), MISTAKES)
def test_every_mistake_is_reported_once_by_its_field(options: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(BadInput) as error:
        make_budget(**options)
    assert sorted(mistake.field for mistake in error.value.mistakes) == fields


def test_an_mfu_above_the_best_measured_multiplication_is_doubted_aloud() -> None:
    sure = make_budget(gpus=8, days=1, gpu="h100-sxm", mfu=0.5)
    bold = make_budget(gpus=8, days=1, gpu="h100-sxm", mfu=0.85)
    assert sure.machine is not None
    assert bold.machine is not None
    assert sure.machine.warnings == ()
    assert "0.803" in bold.machine.warnings[0]


def test_a_machine_may_be_named_beside_flops_without_rates() -> None:
    budget = make_budget(flops=1e21, gpu="mi300x")
    assert budget.machine is not None
    assert budget.machine.gpu is not None
    assert budget.cost(1e21).gpu_hours is None
    assert make_budget(flops=1e21).machine is None


def test_numbers_become_plain_floats_and_records_plain_json() -> None:
    budget = make_budget(flops=np.float64(1e21), max_tokens=10**12, gpu="b200", gpus=8, mfu=0.4, price=4)
    assert type(budget.flops) is float
    assert type(budget.max_tokens) is float
    record = json.loads(json.dumps(budget.to_dict()))
    assert record["machine"]["gpu"] == "b200"
    assert budget.caps == {"max_tokens": 1e12}


def test_the_same_caps_at_many_flops() -> None:
    many = Budget(1e20, max_tokens=1e12, origin="$5").with_flops(np.geomspace(1e20, 1e22, 3))
    assert [budget.flops for budget in many] == pytest.approx([1e20, 1e21, 1e22])
    assert {budget.max_tokens for budget in many} == {1e12}
    assert {budget.origin for budget in many} == {"given as FLOPs"}
