"""Which runs to buy next: known optimal designs, what may never happen, and promises held against refits."""

import json
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from objectives.budget import Budget
from objectives.exact import optimum
from objectives.fit import fit
from objectives.fit.bootstrap import resampled
from objectives.fit.calibration import Calibration
from objectives.fit.ensemble import Ensemble
from objectives.fit.estimation import Estimation
from objectives.fit.fitting import Solution, polish, solve
from objectives.fit.forms import form_of
from objectives.fit.losses import Huber, LeastSquares, Loss
from objectives.fit.next_runs import NextRuns, evidence_of, next_runs
from objectives.fit.next_runs_belief import BINS, Evidence, drift
from objectives.fit.next_runs_candidates import candidates
from objectives.fit.next_runs_design import Belief, Worth, best_batch, buy, worth_for
from objectives.fit.next_runs_saved import load_evidence
from objectives.fit.next_runs_slopes import linearised, size_slopes
from objectives.fit.pipeline import Fit
from objectives.fit.record import to_record
from objectives.laws import get
from objectives.laws.law import Array, Law
from objectives.runs import Runs
from spaces.errors import BadInput, Infeasible

LAW = get("hoffmann", "epoch-full")
NOISE = 0.005
TARGET = 1e23


def line(x: Array, *goals: list[float], noise: float = 1e-3) -> Belief:
    """A straight line z0 + z1 x that next to nothing is known of, and no drift."""
    nothing = np.zeros((len(x), 1))
    features = np.stack([np.ones_like(x), x], axis=1)
    return Belief.of(
        np.zeros((1, 2)),
        np.zeros((1, 1)),
        noise=noise,
        candidates=features,
        drifts=nothing,
        goals=np.array(goals),
    )


def share_at(belief: Belief, x: Array, worth: Worth, where: float) -> float:
    """Share of a large batch bought at a place."""
    picks = buy(belief, np.ones(len(x)), 200.0, worth, 0.0).picks
    return float(np.mean(x[list(picks)] == where))


def test_a_slope_is_measured_at_both_ends_alike() -> None:
    x = np.linspace(-1, 1, 21)
    ends = [share_at(line(x, [0.0, 1.0]), x, worth_for(0), end) for end in (-1.0, 1.0)]
    np.testing.assert_allclose(ends, 0.5, atol=0.01)


@pytest.mark.parametrize("at", [1.5, 2.0, 5.0])
def test_an_extrapolated_line_has_the_weights_of_hoel_and_levine(at: float) -> None:
    """Hoel & Levine 1964: the share at the near end of [-1, 1] is (1 + x) / 2x, the rest at the far end."""
    x = np.linspace(-1, 1, 21)
    near, far = (share_at(line(x, [1.0, at]), x, worth_for(0), end) for end in (1.0, -1.0))
    assert near == pytest.approx((1 + at) / (2 * at), abs=0.02)
    assert near + far == pytest.approx(1.0, abs=0.02)


def test_the_determinant_is_greatest_with_all_runs_at_the_ends() -> None:
    x = np.linspace(-1, 1, 21)
    ends = [share_at(line(x, [0.0, 1.0]), x, lambda belief: belief.information, end) for end in (-1.0, 1.0)]
    np.testing.assert_allclose(ends, 0.5, atol=0.02)


def test_per_flop_the_cheap_twin_is_bought() -> None:
    belief = line(np.array([1.0, 1.0]), [0.0, 1.0])
    assert set(buy(belief, np.array([3.0, 1.0]), 6.0, worth_for(0), 1.0).picks) == {1}


def random_belief(seed: int) -> tuple[Belief, Array, float]:
    """A belief, costs and an allowance."""
    random = np.random.default_rng(seed)
    p, count, bins = int(random.integers(1, 6)), int(random.integers(2, 12)), 3
    runs, choices = random.normal(size=(p + 2, p)), random.normal(size=(count, p))
    belief = Belief.of(
        runs,
        random.normal(size=(p + 2, bins)),
        noise=float(random.uniform(0.1, 2.0)),
        candidates=choices,
        drifts=random.normal(size=(count, bins)),
        goals=random.normal(size=(2, p)),
    )
    return belief, random.uniform(0.1, 2.0, count), float(random.uniform(0.1, 10.0))


@given(st.integers(0, 10**6))
@settings(max_examples=50)
def test_errors_after_each_candidate_are_those_of_the_belief_after_it(seed: int) -> None:
    belief, _, _ = random_belief(seed)
    each = [belief.after(candidate).error for candidate in range(len(belief.candidates))]
    np.testing.assert_allclose(belief.errors_after(), np.transpose(each), rtol=1e-8)


@given(st.integers(0, 10**6))
@settings(max_examples=50)
def test_no_purchase_widens_an_interval_or_exceeds_the_allowance(seed: int) -> None:
    belief, cost, allowance = random_belief(seed)
    batch = best_batch(belief, cost, allowance, worth_for(0), most=20)
    assert cost[list(batch.picks)].sum() <= allowance * (1 + 1e-12)
    assert len(batch.picks) <= 20
    beliefs = list(accumulate(batch.picks, Belief.after, initial=belief))
    variance = np.array([each.variance for each in beliefs])
    assert np.all(np.diff(variance, axis=0) <= 1e-12)
    assert batch.worth == pytest.approx(belief.error[0] - beliefs[-1].error[0], rel=1e-6, abs=1e-12)


@given(st.integers(0, 10**6))
@settings(max_examples=30)
def test_without_copies_no_candidate_is_bought_twice(seed: int) -> None:
    belief, cost, _ = random_belief(seed)
    picks = best_batch(belief, cost, 100.0, worth_for(0), copies=1).picks
    assert len(set(picks)) == len(picks)


def test_the_law_drifts_with_the_distance_from_the_target() -> None:
    flops = TARGET * 10.0 ** np.array([-4.0, -2.0, -1.0, 0.0, 1.0])
    root = drift(flops, TARGET, 0.03)
    assert root.shape == (5, BINS)
    covariance = root @ root.T
    np.testing.assert_allclose(
        np.sqrt(np.diag(covariance)), [0.12, 0.06, 0.03, 0.0, 0.03], rtol=0.05, atol=1e-4
    )
    assert abs(covariance[2, 4]) < 1e-5  # the two sides know nothing of each other


def test_a_run_whose_drift_outweighs_what_it_tells_is_worth_nothing() -> None:
    belief = line(np.array([1.0]), [1.0, 3.0], noise=1.0)
    assert worth_for(0)(belief)[0] > 0
    assert worth_for(0)(replace(belief, drifts=np.array([[10.0]])))[0] < 0


def synthetic(count: int = 60, seed: int = 0) -> Runs:
    """Runs of the published law with noise."""
    random = np.random.default_rng(seed)
    n = 10 ** random.uniform(7.5, 9.5, count)
    d = n * 10 ** random.uniform(0.5, 2.3, count)
    loss = LAW.loss(n, d) * np.exp(random.normal(0, NOISE, count))
    return Runs(n, d, np.zeros(count), loss)


@pytest.fixture(scope="module")
def fitted() -> Fit:
    return fit(synthetic(), law="hoffmann", draws=200, compare=())


@pytest.fixture(scope="module")
def plan(fitted: Fit) -> NextRuns:
    return next_runs(evidence_of(fitted), target=TARGET, allowance=2e21, most=8)


def test_a_plan_spends_no_more_than_it_may_and_shrinks_step_by_step(plan: NextRuns) -> None:
    assert 1 <= len(plan.picks) <= 8
    assert plan.picks[-1].cumulative_cost == pytest.approx(sum(pick.cost for pick in plan.picks))
    assert plan.cost <= 2e21
    shrinkage = [pick.shrinkage for pick in plan.picks]
    assert shrinkage[0] > 0
    assert shrinkage == sorted(shrinkage)
    ends = np.array([plan.now.n, *(pick.expected.n for pick in plan.picks)])
    assert np.all(np.diff(ends[:, 0]) >= 0)
    assert np.all(np.diff(ends[:, 1]) <= 0)
    losses = np.array([plan.now.loss, *(pick.expected.loss for pick in plan.picks)])
    assert np.all(np.diff(np.ptp(losses, axis=1)) <= 0)


def test_a_plan_starts_from_the_interval_the_fit_states(fitted: Fit, plan: NextRuns) -> None:
    stated = fitted.ensemble.uncertainty(plan.optimum, Budget(TARGET))
    np.testing.assert_allclose(plan.now.n, stated.n, rtol=1e-9)
    np.testing.assert_allclose(plan.now.loss, stated.loss, rtol=2e-3)


def test_a_plan_costs_what_the_law_says(plan: NextRuns) -> None:
    for pick in plan.picks:
        assert pick.cost == pytest.approx(6 * pick.n * pick.tokens)


def test_one_large_run_takes_at_least_half_of_the_allowance(plan: NextRuns) -> None:
    assert plan.one_large is not None
    assert 1e21 <= plan.one_large.cost <= 2e21
    assert plan.one_large.shrinkage <= plan.shrinkage


def test_the_order_of_the_rows_does_not_matter(fitted: Fit, plan: NextRuns) -> None:
    evidence = evidence_of(fitted)
    order = np.random.default_rng(3).permutation(len(evidence.runs))
    shuffled = replace(evidence, runs=evidence.runs.take(order))
    again = next_runs(shuffled, target=TARGET, allowance=2e21, most=8)
    assert [(pick.n, pick.tokens) for pick in again.picks] == [(pick.n, pick.tokens) for pick in plan.picks]
    assert again.shrinkage == pytest.approx(plan.shrinkage, rel=1e-9)


def test_a_plan_needs_only_the_file(fitted: Fit, plan: NextRuns, tmp_path: Path) -> None:
    path = tmp_path / "fit.json"
    path.write_text(json.dumps(to_record(fitted)))
    again = next_runs(load_evidence(path), target=TARGET, allowance=2e21, most=8)
    assert json.dumps(again.to_dict(), allow_nan=False) == json.dumps(plan.to_dict(), allow_nan=False)


def test_what_is_bought_for_the_loss_makes_the_loss_better_known(fitted: Fit, plan: NextRuns) -> None:
    other = next_runs(evidence_of(fitted), target=TARGET, allowance=2e21, most=8, goal="loss")
    assert np.ptp(other.picks[-1].expected.loss) <= np.ptp(plan.picks[-1].expected.loss)
    assert other.shrinkage <= plan.shrinkage


def test_a_configuration_comes_twice_only_where_that_is_allowed(fitted: Fit, plan: NextRuns) -> None:
    repeated = next_runs(evidence_of(fitted), target=TARGET, allowance=2e21, most=8, copies=8)
    kinds = [{(pick.n, pick.tokens) for pick in each.picks} for each in (plan, repeated)]
    assert len(kinds[0]) == len(plan.picks)
    assert len(kinds[1]) < len(repeated.picks)
    assert repeated.shrinkage >= plan.shrinkage


def test_sizes_and_tokens_may_be_given(fitted: Fit) -> None:
    chosen = next_runs(
        evidence_of(fitted), target=TARGET, allowance=1e21, sizes=[1e8, 3e9], tokens=[1e10, 2e10]
    )
    assert {pick.n for pick in chosen.picks} <= {1e8, 3e9}
    assert {pick.tokens for pick in chosen.picks} <= {1e10, 2e10}
    assert chosen.candidates == 4


def test_the_usual_candidates_lie_where_runs_like_them_were_trained() -> None:
    runs = synthetic()
    found = candidates(LAW, runs, 1e21)
    ratio = runs.tokens / runs.n
    assert found.cost.max() <= 1e21
    assert runs.n.min() <= found.n.min() * (1 + 1e-9)
    assert runs.n.max() < found.n.max() <= 2 * runs.n.max() * (1 + 1e-9)
    assert np.all((found.tokens / found.n <= 2 * ratio.max()) & (found.tokens / found.n >= ratio.min() / 2))


def test_sparse_candidates_have_the_sparsities_of_the_runs() -> None:
    runs = synthetic(6)
    sparse = replace(runs, sparsity=np.array([0.0, 0.5, 0.75, 0.0, 0.5, 0.75]))
    assert set(candidates(get("generalized"), sparse, 1e22).sparsity) == {0.0, 0.5, 0.75}


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no allowance": ({"allowance": 0.0}, "allowance"),
    "an infinite target": ({"target": np.inf}, "target"),
    "no runs": ({"most": 0}, "max"),
    "no copies": ({"copies": 0}, "copies"),
    "a negative size": ({"sizes": [-1.0]}, "sizes"),
    "tokens that are no number": ({"tokens": [np.nan]}, "tokens"),
    "sparsity for a dense law": ({"sparsities": [0.5]}, "sparsities"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(mistake: str, fitted: Fit) -> None:
    given_, field = MISTAKES[mistake]
    with pytest.raises(BadInput) as caught:
        next_runs(evidence_of(fitted), **{"target": TARGET, "allowance": 1e21, **given_})
    assert [each.field for each in caught.value.mistakes] == [field]


def test_an_allowance_below_every_run_is_infeasible(fitted: Fit) -> None:
    with pytest.raises(Infeasible, match="the cheapest candidate costs"):
        next_runs(evidence_of(fitted), target=TARGET, allowance=1e10)


def test_a_law_whose_best_size_is_certain_has_nothing_to_buy() -> None:
    law = get("clark")
    draws = np.tile(list(law.coefficients.values()), (50, 1))
    draws *= np.random.default_rng(0).normal(1, 1e-3, draws.shape)
    ensemble = Ensemble(law, draws, Calibration(0.01, 0.01, 1.0, 1.0, 1e21, 10))
    runs = Runs(np.geomspace(1e7, 1e9, 20), np.full(20, 1.3e11), np.tile([0.5, 0.75], 10), np.full(20, 3.0))
    with pytest.raises(BadInput, match="best size"):
        next_runs(Evidence(ensemble, runs), target=1e22, allowance=1e21, sparsities=[0.5])


def known(law: Law = LAW, **options: Any) -> Evidence:
    """Evidence around a published law."""
    point = np.array(list(law.coefficients.values()))
    draws = point * np.random.default_rng(0).normal(1.0, 1e-3, (50, len(point)))
    return Evidence(
        Ensemble(law, draws, Calibration(NOISE, 0.01, 1.0, 1.0, 1e21, 10)), synthetic(), **options
    )


def test_derivatives_of_the_best_size_are_those_of_the_closed_form() -> None:
    """Log N* = (log(alpha A / beta B) + beta log(C/6)) / (alpha + beta), Hoffmann et al. 2022, Eq. 4."""
    best, c = optimum(LAW, TARGET), LAW.coefficients
    total, log_n = c["alpha"] + c["beta"], np.log(best.n)
    expected = {
        "e": 0.0,
        "a": 1 / (c["a"] * total),
        "b": -1 / (c["b"] * total),
        "alpha": (1 / c["alpha"] - log_n) / total,
        "beta": (np.log(TARGET / 6) - 1 / c["beta"] - log_n) / total,
    }
    found = dict(zip(c, size_slopes(known(), best), strict=True))
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-5, abs=1e-9)


def test_the_variance_by_derivatives_is_the_textbooks() -> None:
    evidence, best = known(), optimum(LAW, TARGET)
    runs, choices = evidence.runs, candidates(LAW, evidence.runs, 1e21)
    belief = linearised(evidence, best, choices, NOISE)
    jacobian = LAW.coefficient_gradient(runs.n, runs.tokens) / LAW.loss(runs.n, runs.tokens)[:, None]
    scale = np.linalg.norm(jacobian, axis=0)
    slopes = size_slopes(evidence, best) / scale
    gram = (jacobian / scale).T @ (jacobian / scale)
    assert belief.variance[0] == pytest.approx(NOISE**2 * slopes @ np.linalg.solve(gram, slopes), rel=1e-6)


def test_held_and_tied_coefficients_leave_the_others_free() -> None:
    chain = known(held=["e"], tied={"beta": "alpha"}).chain
    assert chain.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]


def test_a_fit_with_held_and_tied_coefficients_is_read_back(tmp_path: Path) -> None:
    options: dict[str, Any] = {"held": {"e": LAW.coefficients["e"]}, "tied": {"beta": "alpha"}}
    fitted = fit(synthetic(), law="hoffmann", draws=100, compare=(), **options)
    path = tmp_path / "fit.json"
    path.write_text(json.dumps(to_record(fitted)))
    plans = [
        next_runs(evidence, target=TARGET, allowance=1e21, most=3)
        for evidence in (evidence_of(fitted), load_evidence(path))
    ]
    assert plans[0].to_dict() == plans[1].to_dict()
    assert plans[0].shrinkage > 0


def ensemble_from(solution: Solution, seed: int) -> Ensemble:
    """Replicates, with a calibration that changes nothing."""
    estimation = solution.estimation
    theta = resampled(estimation, solution.theta[None], 400, [seed])[0]
    draws = np.stack(list(estimation.coefficients(theta).values()), axis=-1)
    return Ensemble(
        solution.law(), draws, Calibration(NOISE, 0.0, 1.0, 1.0, float(estimation.runs.flops.max()), 1)
    )


def joined(one: Runs, other: Runs) -> Runs:
    """The runs of both tables."""
    names = ("n", "tokens", "sparsity", "loss")
    n, tokens, sparsity, loss = (np.concatenate([getattr(one, name), getattr(other, name)]) for name in names)
    return Runs(n, tokens, sparsity, loss)


def spread(ensemble: Ensemble) -> float:
    """Standard deviation of log N*."""
    return float(np.log(ensemble.optima(Budget(TARGET)).n).std())


@pytest.mark.parametrize("loss", [LeastSquares(), Huber()], ids=["least squares", "Huber"])
def test_promised_shrinkage_is_what_refits_find(loss: Loss) -> None:
    """The batch is trained, that is, drawn from the true law, several times, and the law fitted again."""
    runs, found = synthetic(seed=1), []
    solution = solve(Estimation(form_of("hoffmann"), runs, loss), count=8)
    before = ensemble_from(solution, 0)
    plan = next_runs(Evidence(before, runs), target=TARGET, allowance=5e21)
    n, d = (np.array([getattr(pick, name) for pick in plan.picks]) for name in ("n", "tokens"))
    for seed in range(5):
        bought = LAW.loss(n, d) * np.exp(np.random.default_rng([seed, 1]).normal(0, NOISE, len(n)))
        more = joined(runs, Runs(n, d, np.zeros(len(n)), bought))
        found.append(spread(ensemble_from(polish(solution.estimation.on(more), solution.theta[None]), seed)))
    realised = np.mean(found) / spread(before)
    assert 0.4 < 1 - plan.shrinkage < 0.9
    assert realised == pytest.approx(1 - plan.shrinkage, rel=0.2)
