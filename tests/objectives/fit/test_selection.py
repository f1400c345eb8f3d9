"""Families ranked by extrapolation, and turned away by name."""

from collections.abc import Callable

import numpy as np
import pytest

from objectives import laws
from objectives.budget import Budget
from objectives.fit.cut import Cut
from objectives.fit.estimation import Estimation
from objectives.fit.fitting import solve
from objectives.fit.forms import form_of
from objectives.fit.selection import Candidate, choose, examine, families_for, why_not
from objectives.runs import Runs
from spaces.errors import BadInput

MakeRuns = Callable[..., Runs]
BUDGET = Budget(1e22)


def candidate(family: str, coefficients: int, errors: list[float]) -> Candidate:
    cuts = tuple(Cut(1e20, 20, np.array([error]), np.zeros(1), 0.01, np.ones(1)) for error in errors)
    return Candidate(family, coefficients, cuts=cuts, error=float(np.mean(errors)))


def test_the_law_behind_the_runs_is_chosen_over_a_richer_and_a_poorer_one(make_runs: MakeRuns) -> None:
    runs = make_runs(noise=0.003)
    found = examine([Estimation(form_of(law), runs) for law in ("kaplan", "hoffmann", "coupled")], BUDGET)
    assert choose(found).family == "hoffmann"
    kaplan = next(each for each in found if each.family == "kaplan")
    assert kaplan.rejected is not None
    assert "times that of the best" in kaplan.rejected
    assert [each.family for each in found][-1] == "kaplan"


def test_among_equals_the_fewest_coefficients_win() -> None:
    rich, poor = candidate("rich", 9, [0.010, 0.012, 0.011]), candidate("poor", 4, [0.012, 0.011, 0.011])
    assert choose([rich, poor]) is poor


def test_a_clearly_better_law_wins_however_many_coefficients() -> None:
    rich, poor = candidate("rich", 9, [0.010, 0.011, 0.010]), candidate("poor", 4, [0.015, 0.016, 0.015])
    assert choose([rich, poor]) is rich


def test_where_nothing_is_acceptable_every_reason_is_given(make_runs: MakeRuns) -> None:
    runs = make_runs()
    rising = Runs(runs.n, runs.tokens, runs.sparsity, 3.0 + 1e-12 * runs.n)
    with pytest.raises(BadInput, match=r"hoffmann: .*kaplan: "):
        choose(examine([Estimation(form_of(law), rising) for law in ("hoffmann", "kaplan")], BUDGET))


def test_a_law_that_rises_with_size_is_named() -> None:
    """Farseer's form can bend back up; this one does beyond 1e10 parameters."""
    law = laws.custom(
        "farseer",
        **{"a1": 0.0, "b1": -1.0, "alpha": 0.1, "a2": 1e-3, "b2": 3.0, "beta": 0.3},
        **{"a3": 3.0, "b3": 0.0, "gamma": -0.1},
    )
    n, d = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e7, 1e10, 8), np.geomspace(1e9, 1e11, 8)))
    solution = solve(Estimation(form_of("farseer"), Runs(n, d, np.zeros(n.size), law.loss(n, d))))
    reason = why_not(solution, solution.law(), BUDGET)
    assert reason is not None
    assert "rises with N, as at N = " in reason


def test_too_few_runs_for_a_family_reject_it_alone(make_runs: MakeRuns) -> None:
    few = make_runs().take(np.arange(0, 64, 9))
    found = examine([Estimation(form_of(law), few) for law in ("kaplan", "farseer")], BUDGET)
    reasons = {each.family: each.rejected for each in found}
    assert "at least as many as the 9 free coefficients" in (reasons["farseer"] or "")
    assert "fewer" not in (reasons["kaplan"] or "")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "hoffmann"),
        ({"sparsity": 0.5}, "generalized"),
        ({"unique_tokens": 1e9}, "data-constrained"),
        ({"tokens": 1e11}, "clark"),
    ],
)
def test_the_families_follow_from_what_the_table_holds(
    make_runs: MakeRuns, change: dict[str, float], expected: str
) -> None:
    runs = make_runs()
    columns = {name: np.full(len(runs), value) for name, value in change.items()}
    extra = {name: columns[name] for name in ("unique_tokens",) if name in columns}
    tokens, sparsity = columns.get("tokens", runs.tokens), columns.get("sparsity", runs.sparsity)
    assert families_for(Runs(runs.n, tokens, sparsity, runs.loss, extra=extra))[0] == expected
