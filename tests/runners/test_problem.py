"""The problem a search is measured against is the search's own, or says that it is only a bound."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from objectives import laws
from objectives.budget import Budget
from objectives.exact import Box
from objectives.law_objectives import LawObjective
from runners.api import run
from runners.documents.illustration import _feasible
from runners.documents.pictures import _sizes, _sparsities
from runners.jobs.job import Job, parse_batch
from runners.jobs.problem import Problem
from spaces.configs import Configs
from spaces.errors import BadInput

MOE = """
evaluations: 8
engine: sobol
budget: {flops: 1e21}
objective: {law: fine-grained-moe}
"""
SPACE = "space: {kind: law, n: [1e7, 1e12], tokens: [1e8, 1e13]"
GENERALIZED = MOE.replace("fine-grained-moe", "generalized")
FREE = """
space:
  parameters:
    n_active: {type: %s, %s}
    tokens: {type: float, lower: 1e8, upper: 1e13, log: true}
    sparsity: {type: float, lower: 0, upper: 0.9}
"""


def job(text: str) -> Job:
    (only,) = parse_batch(text, "job", Path()).jobs
    return only


def problem(text: str) -> Problem:
    found = job(text).problem
    assert found is not None
    return found


def test_the_values_of_the_space_are_those_of_the_certificate() -> None:
    few = problem(MOE + SPACE + ", choices: {granularity: [1, 2]}}")
    every = problem(MOE + SPACE + "}")
    assert few.exact
    assert few.solve().extra == {"granularity": 2.0}
    assert every.solve().extra["granularity"] > 2.0


def test_an_extra_input_the_space_leaves_out_is_the_laws_default() -> None:
    text = MOE + FREE.replace("n_active", "n_non_embedding") % ("float", "lower: 1e7, upper: 1e12, log: true")
    assert problem(text.replace("upper: 0.9", "upper: 1e-9").split("    sparsity")[0]).box.extra == (1.0,)


def test_a_value_the_law_is_not_defined_for_is_named() -> None:
    with pytest.raises(BadInput, match=r"space\.granularity: expected at least 1"):
        job(MOE + SPACE + ", choices: {granularity: [0.5, 2]}}")


def test_text_among_the_sizes_is_named() -> None:
    with pytest.raises(BadInput, match=r"space\.n_active: expected numbers"):
        job(GENERALIZED + FREE % ("ordinal", "values: [1e8, 1e9]"))


def test_an_extra_input_that_varies_over_a_range_has_no_certificate(tmp_path: Path) -> None:
    text = MOE.replace("fine-grained-moe", "data-constrained") + (
        "space: {parameters: {COUNT: {type: float, lower: 1e7, upper: 1e12, log: true}, "
        "unique_tokens: {type: float, lower: 1e9, upper: 1e12, log: true}}}"
    ).replace("COUNT", laws.get("data-constrained").count.value)
    assert job(text).problem is None
    (search,) = run(parse_batch(text, "job", tmp_path), tmp_path / "out")["searches"]
    assert search["certified"] is None
    assert search["best"] is not None


@pytest.mark.parametrize(
    ("kind", "values", "exact"),
    [
        ("float", "lower: 1e7, upper: 1e12, log: true", True),
        ("constant", "value: 1.0e+9", True),
        ("integer", "lower: 10000000, upper: 100000000000, log: true", False),
        ("ordinal", "values: [1.0e+8, 1.0e+9, 1.0e+10]", False),
    ],
)
def test_gaps_in_the_space_make_the_optimum_a_bound(kind: str, values: str, exact: bool) -> None:
    assert problem(GENERALIZED + FREE % (kind, values)).exact is exact


def test_the_report_says_that_an_optimum_is_a_bound(tmp_path: Path) -> None:
    listed = GENERALIZED + FREE % ("ordinal", "values: [1.0e+8, 1.0e+9, 1.0e+10]")
    (search,) = run(parse_batch(listed, "job", tmp_path), tmp_path / "listed")["searches"]
    assert search["certified"]["bound"] is True
    assert "(to a bound)" in (tmp_path / "listed/report.md").read_text()
    whole = GENERALIZED + SPACE + "}"
    (search,) = run(parse_batch(whole, "job", tmp_path), tmp_path / "whole")["searches"]
    assert search["certified"]["bound"] is False
    assert "bound," not in (tmp_path / "whole/report.md").read_text()


def test_a_space_may_hold_the_fixed_sparsity_and_no_other() -> None:
    fixed = GENERALIZED.replace("1e21}", "1e21, sparsity: 0.2}")
    assert problem(fixed + SPACE + ", sparsity: 0.2}").solve().sparsity == 0.2
    with pytest.raises(BadInput, match=r"space\.sparsity: expected no parameter"):
        job(fixed + SPACE + ", sparsity: [0, 0.9]}")


def test_a_configuration_of_another_sparsity_breaks_the_budget() -> None:
    objective = LawObjective(laws.get("generalized"), Budget(1e21, sparsity=0.2))
    configs = Configs({"n_active": np.full(2, 1e9), "sparsity": np.array([0.2, 0.9])})
    assert objective.feasible(configs).tolist() == [True, False]


def test_budgets_too_small_for_the_space_have_no_curve(tmp_path: Path) -> None:
    text = GENERALIZED + "space: {kind: law, n: [1e9, 1e12], tokens: [1e10, 1e13], sparsity: [0, 0.9]}"
    cheap = text.replace("1e21", "1e20")
    curves = [best.flops for best in _feasible(problem(cheap))]
    assert curves == pytest.approx([1e20, 1e21, 1e22])
    run(parse_batch(cheap, "job", tmp_path), tmp_path / "out")
    assert (tmp_path / "out/report.html").read_text().count("<svg") == 3


@pytest.mark.parametrize(
    ("budget", "box", "ends"),
    [
        (Budget(1e21, max_sparsity=0.0), Box(), (0.0, 0.0)),
        (Budget(1e21), Box(sparsity=(0.1, 0.4)), (0.1, 0.4)),
        (Budget(1e21), Box(sparsity=(0.3, 0.3)), (0.3, 0.3)),
        (Budget(1e21, sparsity=0.2), Box(), (0.2, 0.2)),
    ],
)
def test_pictures_stay_within_the_sparsities_allowed(budget: Budget, box: Box, ends: Any) -> None:
    assert _sparsities(laws.get("generalized"), budget, box, {"sparsity": 0.3}) == ends


def test_pictures_stay_within_the_sizes_of_the_space() -> None:
    sizes = _sizes(1e9, 100, Box(n=(5e8, 1e12)))
    assert (sizes[0], sizes[-1]) == pytest.approx((5e8, 1e11))
