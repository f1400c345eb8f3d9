"""What the checks find in tables made to hold it, in tables that do not, and in real ones."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives import laws
from objectives.fit.checks import Finding, Severity, check, finished, seed_noise, unfit
from objectives.laws import family_class
from objectives.laws.law import Array, Count
from objectives.runs import Runs, read_runs

HOFFMANN = laws.get("hoffmann", "epoch")


def grid(noise: float = 0.0, seed: int = 0) -> Runs:
    """A clean table: 6 sizes by 6 amounts of tokens over two decades each."""
    n, tokens = (10 ** axis.ravel() for axis in np.meshgrid(np.linspace(7, 9, 6), np.linspace(9, 11, 6)))
    loss = HOFFMANN.loss(n, tokens) * np.exp(np.random.default_rng(seed).normal(0, noise, n.size))
    return Runs(n, tokens, np.zeros(n.size), loss)


def log_of_one_run(size: float = 1e8, points: int = 40) -> Runs:
    tokens: Array = np.arange(1, points + 1, dtype=np.float64) * 5e8
    n = np.full(points, size)
    return Runs(n, tokens, np.zeros(points), HOFFMANN.loss(n, tokens))


def joined(*parts: Runs) -> Runs:
    n, tokens, sparsity, loss = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("n", "tokens", "sparsity", "loss")
    )
    return Runs(n, tokens, sparsity, loss)


def named(findings: Sequence[Finding], name: str) -> Finding:
    """The one finding of a name."""
    (found,) = [finding for finding in findings if finding.name == name]
    return found


def names(findings: Sequence[Finding]) -> set[str]:
    return {finding.name for finding in findings}


def test_a_clean_table_has_no_findings() -> None:
    assert check(grid()) == ()
    assert names(check(grid(noise=0.003), HOFFMANN)) == {"isoflop-law"}


def test_a_finding_is_plain_json() -> None:
    finding = Finding.of("undecayed", Severity.WARNING, np.array([3, 1]), "said")
    assert finding.to_dict() == {"name": "undecayed", "severity": "warning", "rows": [1, 3], "text": "said"}


# duplicates, replicates, sweeps


@given(st.sets(st.integers(0, 35), min_size=1))
def test_copied_rows_are_found_and_nothing_else(which: set[int]) -> None:
    clean = grid(noise=0.01)
    copied = sorted(which)
    found = named(check(joined(clean, clean.take(np.array(copied)))), "duplicates")
    assert set(found.rows) == {row + 1 for row in copied} | set(range(37, 37 + len(copied)))
    assert found.severity is Severity.WARNING


@given(st.permutations(range(48)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    runs = joined(grid(noise=0.05), grid(noise=0.05, seed=1).take(np.arange(12)))
    shuffled = runs.take(np.array(order))
    plain = [(f.name, f.severity, f.rows) for f in check(runs, HOFFMANN)]
    assert [(f.name, f.severity, f.rows) for f in check(shuffled, HOFFMANN)] == plain
    assert seed_noise(shuffled) == pytest.approx(seed_noise(runs), rel=1e-9)
    assert {"replicates", "outliers"} & {name for name, _, _ in plain} == {"replicates"}


def test_replicates_show_the_noise_of_seeds() -> None:
    runs = joined(*(grid(noise=0.004, seed=seed) for seed in range(6)))
    assert seed_noise(runs) == pytest.approx(0.004, rel=0.15)
    assert named(check(runs), "replicates").severity is Severity.NOTE
    assert seed_noise(grid()) is None


def test_a_copied_replicate_counts_once() -> None:
    pair = joined(grid(), grid(noise=0.01))
    assert seed_noise(joined(pair, pair)) == pytest.approx(seed_noise(pair))


def test_replicates_too_far_apart_for_seeds_are_a_warning() -> None:
    found = named(check(joined(grid(), grid(noise=0.1))), "replicates")
    assert found.severity is Severity.WARNING
    assert "a setting that is no column" in found.text


def test_learning_rates_at_one_configuration_are_a_sweep_and_no_replicates() -> None:
    clean = grid()
    swept = joined(clean, replace(clean, loss=clean.loss * 1.03))
    rate = np.repeat([1e-3, 5e-4], 36)
    found = check(replace(swept, about={"learning_rate": rate}))
    assert "replicates" not in names(found)
    assert named(found, "sweep").rows == tuple(range(37, 73))


# outliers


def test_outliers_of_the_highest_losses_are_said_to_be_the_corner_chinchilla_lost(shared: Path) -> None:
    path = shared / "data/epoch-chinchilla/svg_extracted_data.csv"
    runs = read_runs(path, {"n_total": "Model Size", "flops": "Training FLOP"})
    found = named(check(runs, HOFFMANN), "outliers")
    assert set(runs.rows[np.argsort(-runs.loss)[:5]]) <= set(found.rows)
    assert len(found.rows) == 10
    assert "8 of them are among the 12 runs of highest loss, the corner" in found.text


def test_an_outlier_elsewhere_is_not_said_to_be_in_the_corner() -> None:
    runs = grid(noise=0.002)
    lowest = int(np.argmin(runs.loss))
    runs = replace(runs, loss=np.where(np.arange(36) == lowest, 0.9 * runs.loss, runs.loss))
    found = named(check(runs, HOFFMANN), "outliers")
    assert lowest + 1 in found.rows
    assert "corner" not in found.text


# undecayed checkpoints


def test_a_training_log_is_known_by_its_even_spacing() -> None:
    runs = joined(grid(), log_of_one_run())
    assert named(check(runs), "undecayed").rows == tuple(range(37, 76))
    assert finished(runs).tolist() == [True] * 36 + [False] * 39 + [True]


@given(st.floats(1.2, 4.0))
def test_tokens_that_grow_by_factors_are_a_design(factor: float) -> None:
    tokens = np.array([1e9 * factor**step for step in range(14)])
    n = np.full(14, 1e8)
    assert finished(Runs(n, tokens, np.zeros(14), HOFFMANN.loss(n, tokens))).all()


def test_a_run_named_twice_has_an_end_and_checkpoints() -> None:
    runs = replace(grid(), labels={"run": np.array([f"run {row % 6}" for row in range(36)])})
    assert named(check(runs), "undecayed").rows == tuple(range(1, 31))


def test_a_constant_schedule_never_decays() -> None:
    schedule = np.array(["constant_24000", "cosine"] * 18)
    assert named(check(replace(grid(), labels={"schedule": schedule})), "undecayed").rows == tuple(
        range(1, 37, 2)
    )


def test_checkpoints_of_the_real_logs_are_found(shared: Path) -> None:
    data = shared / "data"
    olmo = read_runs(data / "olmo-ladder/ladder_final.csv", {"n_non_embedding": "N", "loss": "ce_c4_en"})
    assert finished(olmo).all()
    contour = read_runs(
        data / "datablations/contour_final.csv",
        {"n": "num_params", "tokens": "token_num", "loss": "openLM_loss"},
    )
    assert finished(contour).all()


def test_the_routed_checkpoints_are_found_with_and_without_names(shared: Path, tmp_path: Path) -> None:
    table = pd.read_csv(shared / "data/clark-routed/curves.csv.gz")
    table = table[(table.step > 0) & table.loss_validation.notna()].assign(
        tokens=table.step * 130e9 / 250_000
    )
    table.to_csv(tmp_path / "clark.csv", index=False)
    columns = {"n_active": "dense_parameter_count", "experts": "num_experts", "loss": "loss_validation"}
    with_names = read_runs(tmp_path / "clark.csv", {**columns, "run": "hyper_id"})
    assert finished(with_names).sum() == table.hyper_id.nunique() == 223
    without = read_runs(tmp_path / "clark.csv", columns)
    assert finished(without).sum() == 221  # two runs of a configuration that ended together, and early


# learning rates


def test_learning_rates_far_from_step_law_are_named_with_their_excess() -> None:
    runs = replace(grid(), count=Count.NON_EMBEDDING)
    best = 1.79 * runs.n**-0.713 * runs.tokens**0.307
    factor = np.where(np.arange(36) == 7, 9.0, np.where(np.arange(36) == 8, 3.9, 1.0))
    batch = 0.58 * runs.tokens**0.571
    about = {"learning_rate": best * factor, "batch_tokens": np.where(np.arange(36) == 3, batch / 5, np.nan)}
    found = check(replace(runs, about=about))
    assert named(found, "learning-rate").rows == (8,)
    assert "row 8, 9 times it" in named(found, "learning-rate").text
    assert named(found, "batch-tokens").rows == (4,)


def test_step_law_names_the_published_learning_rate() -> None:
    # the worked example of the paper's own tool, rounded coefficients: 7e9 parameters, 1.4e12 tokens
    runs = Runs(np.array([7e9, 1e8]), np.array([1.4e12, 1e9]), np.zeros(2), np.array([2.0, 3.0]))
    about = {
        "learning_rate": np.array([9.166e-4 * 4.01, np.nan]),
        "batch_tokens": np.array([4.999e6 / 4.01, np.nan]),
    }
    found = check(replace(runs, about=about, count=Count.NON_EMBEDDING))
    assert named(found, "learning-rate").rows == named(found, "batch-tokens").rows == (1,)
    about = {
        "learning_rate": np.array([9.166e-4 * 3.99, np.nan]),
        "batch_tokens": np.array([4.999e6 / 3.99, np.nan]),
    }
    assert not {"learning-rate", "batch-tokens"} & names(
        check(replace(runs, about=about, count=Count.NON_EMBEDDING))
    )


def test_the_step_law_runs_far_from_it_cost_loss(shared: Path) -> None:
    path = shared / "data/steplaw/dense_lr_bs_loss.csv"
    runs = read_runs(path, {"n_non_embedding": "N", "tokens": "D", "learning_rate": "lr"})
    found = check(runs)
    assert len(named(found, "learning-rate").rows) == 611
    assert len(named(found, "sweep").rows) == 1604
    assert "17 configurations" in named(found, "sweep").text


# the design of the table


@pytest.mark.parametrize(("column", "letter"), [("n", "N"), ("tokens", "D")])
def test_less_than_a_decade_is_narrow(column: str, letter: str) -> None:
    runs = grid()
    narrow = runs.take(getattr(runs, column) < 6 * getattr(runs, column).min())
    assert f"{letter} spans a factor of" in named(check(narrow), "narrow-range").text


def test_tokens_in_proportion_to_size_are_collinear() -> None:
    n = np.geomspace(1e7, 1e10, 12)
    tokens = 20 * n * np.geomspace(1, 1.2, 12)
    text = named(check(Runs(n, tokens, np.zeros(12), HOFFMANN.loss(n, tokens))), "collinear").text
    assert "correlate by 1.000 (D grows with N alone)" in text


def test_a_law_without_tokens_is_not_told_about_them() -> None:
    clark = laws.get("clark")
    n = np.geomspace(1e7, 1e9, 12)
    s = np.tile([0.0, 0.5, 0.75], 4)
    runs = Runs(n, np.full(12, 130e9), s, clark.loss(n, 130e9, s))
    assert names(check(runs)) == {"narrow-range"}
    assert names(check(runs, clark)) == set()


def test_a_sparse_law_needs_levels_of_sparsity() -> None:
    abnar = laws.get("abnar")
    runs = grid()
    assert "1 level(s) of it (0)" in named(check(runs, abnar), "sparsity-levels").text
    three = replace(runs, sparsity=np.tile([0.0, 0.5, 0.75], 12))
    assert "sparsity-levels" not in names(check(three, abnar))


def test_repeated_data_matters_to_laws_that_do_not_know_it() -> None:
    runs = replace(grid(), extra={"unique_tokens": np.full(36, 3e9)})
    found = named(check(runs, HOFFMANN), "repeated-data")
    assert found.rows == tuple(int(row) + 1 for row in np.flatnonzero(runs.tokens > 3e9))
    assert "up to 33.3 epochs" in found.text
    assert "repeated-data" not in names(check(runs, laws.get("data-constrained")))


def test_counts_in_billions_are_noticed() -> None:
    runs = grid()
    found = [
        f for f in check(replace(runs, n=runs.n / 1e9, tokens=runs.tokens / 1e9)) if f.name == "scaled-counts"
    ]
    assert [f.text.split()[0] for f in found] == ["N", "D"]


def test_flops_that_are_not_six_n_d_are_kept_and_said() -> None:
    runs = grid()
    found = named(check(replace(runs, about={"flops": 7.2 * runs.n * runs.tokens})), "flops-factor")
    assert (found.severity, "1.2 times 6 N D" in found.text) == (Severity.NOTE, True)


def test_one_size_and_sparse_runs_under_a_dense_law_are_refused() -> None:
    runs = grid()
    one = runs.take(runs.n == runs.n[0])
    assert [str(mistake) for mistake in unfit(one)] == [
        "runs.n: expected runs of at least two sizes, got one size, 1e+07, in all 6 rows"
    ]
    assert check(one)[0].severity is Severity.REFUSED
    sparse = replace(runs, sparsity=np.where(np.arange(36) < 2, 0.5, 0.0))
    assert [str(mistake) for mistake in unfit(sparse, family_class("hoffmann"))] == [
        "runs.sparsity: expected at most 0, which the hoffmann law is defined for, got up to 0.5 in rows 1, 2"
    ]
    assert check(sparse, HOFFMANN)[0].severity is Severity.REFUSED
    assert unfit(runs, HOFFMANN) == []


def test_rows_keep_the_numbers_of_the_file_after_some_are_dropped() -> None:
    runs = joined(grid(), grid())
    kept = runs.take(np.arange(10, 72))
    rows: Array = np.array(named(check(kept), "duplicates").rows)
    assert rows.min() == 11
    assert rows.max() == 72
