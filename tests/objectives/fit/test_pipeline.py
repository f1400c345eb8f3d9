"""The whole fit, what it writes and what reads it back."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from objectives import laws
from objectives.fit import fit, load
from objectives.fit.losses import Asymmetric, LeastSquares
from objectives.fit.pipeline import Fit, fit_runs
from objectives.fit.record import to_record
from objectives.law_choice import choose_law
from objectives.laws.law import Array, Count, Law
from objectives.runs import Runs
from spaces.errors import BadInput

MakeRuns = Callable[..., Runs]
TRUTH = laws.get("hoffmann", "epoch")


@pytest.fixture(scope="module")
def fitted(make_runs: MakeRuns) -> Fit:
    return fit_runs(make_runs(), draws=200)


@pytest.fixture(scope="module")
def saved(fitted: Fit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fit") / "fit.json"
    path.write_text(json.dumps(to_record(fitted), allow_nan=False))
    return path


def test_the_truth_lies_inside_the_intervals(fitted: Fit) -> None:
    assert fitted.law.family == "hoffmann"
    for name, value in TRUTH.coefficients.items():
        low, high = fitted.intervals[name]
        assert low < value < high
        assert low <= fitted.coefficients[name] <= high
    for decision in fitted.decisions:
        low, high = decision.uncertainty.n
        from objectives.exact import optimum

        assert low < optimum(TRUTH, decision.budget).n < high
        assert decision.uncertainty.loss[0] < TRUTH.loss(decision.optimum.n, decision.optimum.tokens)


def test_the_same_seed_gives_the_same_fit_and_another_other_draws(make_runs: MakeRuns) -> None:
    """To nine digits: with NumPy 1 the last bits depend on where arrays lie in memory."""
    runs = make_runs()
    first, again, other = (fit_runs(runs, "hoffmann", draws=30, compare=(), seed=seed) for seed in (1, 1, 2))
    np.testing.assert_allclose(again.ensemble.draws, first.ensemble.draws, rtol=1e-9)
    np.testing.assert_allclose(list(again.intervals.values()), list(first.intervals.values()), rtol=1e-9)
    assert not np.allclose(other.ensemble.draws, first.ensemble.draws, rtol=1e-6)


def test_the_order_of_the_runs_does_not_matter_to_the_law(make_runs: MakeRuns) -> None:
    runs = make_runs()
    turned = runs.take(np.arange(len(runs))[::-1])
    one, two = (fit_runs(table, "hoffmann", draws=20, compare=()) for table in (runs, turned))
    assert one.objective == pytest.approx(two.objective, rel=1e-12)
    assert one.coefficients == pytest.approx(two.coefficients, rel=1e-6)


def test_a_saved_fit_says_what_the_fit_said(fitted: Fit, saved: Path) -> None:
    ensemble = load(saved)
    assert ensemble.law == fitted.law
    assert np.array_equal(ensemble.draws, fitted.ensemble.draws)
    assert ensemble.calibration == fitted.calibration
    assert [law.family for law in ensemble.alternatives] == [
        law.family for law in fitted.ensemble.alternatives
    ]
    ours, theirs = (each.predict(1e10, 1e12) for each in (ensemble, fitted.ensemble))
    assert (float(ours.low), float(ours.high)) == (float(theirs.low), float(theirs.high))


def test_the_record_holds_what_was_promised(fitted: Fit) -> None:
    record = to_record(fitted)
    assert record["objective"] == fitted.objective
    assert set(record["coefficients"]) == set(record["intervals"]) == {"e", "a", "b", "alpha", "beta"}
    assert record["certificate"]["holds"]
    names = {each["law"] for each in record["selection"]["candidates"]}
    assert names == {"hoffmann", "coupled", "kaplan", "farseer"}
    assert isinstance(record["checks"], list)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "No such file"),
        ("{", "Expecting"),
        ("[]", "another kind of file"),
        ('{"kind": "fit", "format": 99}', "another format"),
        ('{"kind": "fit", "format": 1}', "KeyError"),
    ],
)
def test_what_is_no_fit_is_refused_in_one_line(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "some.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadInput, match=words) as caught:
        load(path)
    (mistake,) = caught.value.mistakes
    assert mistake.field == "coefficients"
    assert "scalesearch fit" in mistake.expected


def test_a_fit_is_accepted_where_a_set_is(saved: Path) -> None:
    choice = choose_law(None, saved.name, saved.parent)
    assert choice.ensemble is not None
    assert choice.law.family == "hoffmann"
    assert choose_law("hoffmann", str(saved)).digest == choice.digest
    with pytest.raises(BadInput, match=r"hoffmann, the law of fit\.json"):
        choose_law("kaplan", str(saved))


def test_held_and_tied_coefficients_are_kept(make_runs: MakeRuns) -> None:
    runs = make_runs()
    held = fit_runs(runs, "hoffmann", draws=20, compare=(), held={"e": 1.8})
    assert held.coefficients["e"] == 1.8
    assert held.intervals["e"] == (1.8, 1.8)
    tied = fit_runs(runs, "hoffmann", draws=20, compare=(), tied={"beta": "alpha"})
    assert tied.coefficients["alpha"] == tied.coefficients["beta"]


def test_under_tuned_runs_bend_the_plain_fit_and_not_the_forgiving_one(make_runs: MakeRuns) -> None:
    """A third of the runs is worse than it could be by up to 10 %."""
    runs = make_runs(noise=0.002)
    rng = np.random.default_rng(1)
    worse = np.where(rng.random(len(runs)) < 0.33, 1 + 0.1 * rng.random(len(runs)), 1.0)
    spoiled = replace(runs, loss=runs.loss * worse)
    errors = {}
    for name, loss in (("squares", LeastSquares()), ("forgiving", Asymmetric(share=0.1))):
        law = fit_runs(spoiled, "hoffmann", loss=loss, draws=20, compare=()).law
        errors[name] = np.abs(np.log(law.loss(runs.n, runs.tokens) / TRUTH.loss(runs.n, runs.tokens))).mean()
    assert errors["forgiving"] < 0.3 * errors["squares"]


def test_sizes_are_restated_in_the_laws_own_count() -> None:
    law = laws.get("generalized", "moe")
    n, d, s = (
        grid.ravel()
        for grid in np.meshgrid(np.geomspace(1e8, 1e10, 5), np.geomspace(1e10, 1e12, 5), [0.0, 0.5, 0.9])
    )
    noise = np.exp(0.002 * np.random.default_rng(0).standard_normal(n.size))
    active = Runs(n, d, s, law.loss(n, d, s) * noise, count=Count.ACTIVE)
    total = replace(active, n=n / (1 - s), count=Count.TOTAL)
    one, two = (fit_runs(runs, "generalized", draws=20, compare=()) for runs in (active, total))
    assert one.law.count is two.law.count is Count.ACTIVE
    assert two.coefficients == pytest.approx(one.coefficients, rel=1e-6)
    assert np.array_equal(two.runs.flops, one.runs.flops)


@dataclass(frozen=True)
class OwnLaw(Law):
    """Chinchilla's with the data exponent known."""

    family: ClassVar[str] = "own"
    title: ClassVar[str] = "a test"
    equation: ClassVar[str] = "L = e + a/N^alpha + b/D^0.3658"
    positive: ClassVar[tuple[str, ...]] = ("e", "a", "b")

    e: float
    a: float
    b: float
    alpha: float

    def _loss(self, n: Array, d: Array, s: Array, x: Array) -> Array:
        return np.asarray(self.e + self.a * n**-self.alpha + self.b * d**-0.3658)

    def _gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        by_n = -self.alpha * self.a * n ** (-self.alpha - 1.0)
        return by_n, -0.3658 * self.b * d**-1.3658, 0.0

    def _coefficient_gradient(self, n: Array, d: Array, s: Array, x: Array) -> tuple[Array | float, ...]:
        size = n**-self.alpha
        return 1.0, size, d**-0.3658, -self.a * size * np.log(n)


def test_a_law_of_the_users_own_needs_only_its_equation_and_gradient(make_runs: MakeRuns) -> None:
    runs = make_runs(noise=0.001)
    own = fit(runs, OwnLaw, draws=20, compare=())
    plain = fit(runs, "hoffmann", draws=20, compare=(), held={"beta": 0.3658})
    assert own.objective == pytest.approx(plain.objective, rel=1e-6)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"law": "hofman"}, "law"),
        ({"law": "joint-moe"}, "law"),
        ({"law": "hoffmann", "held": {"gamma": 1.0}}, "hold.gamma"),
        ({"law": "hoffmann", "tied": {"beta": "gamma"}}, "tie.gamma"),
        ({"law": "farseer", "held": {"a1": 1.0}}, "hold"),
    ],
)
def test_wrong_names_are_told_by_field(make_runs: MakeRuns, options: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        fit_runs(make_runs(), **options)  # type: ignore[arg-type]
    assert [mistake.field for mistake in caught.value.mistakes] == [field]


def test_fewer_runs_than_coefficients_are_refused(make_runs: MakeRuns) -> None:
    with pytest.raises(
        BadInput, match="at least as many as the 5 free coefficients of the hoffmann law, got 4 runs"
    ):
        fit_runs(make_runs().take(np.array([0, 9, 20, 50])), "hoffmann")
