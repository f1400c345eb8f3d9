"""The benchmark of designs, in its quick form: fair play, and numbers that can be."""

import numpy as np
import pytest

from experiments.benchmarks.next_runs import play, sections
from experiments.benchmarks.next_runs_replay import DESIGNS, Replay, Whole, at_random
from experiments.real_runs import RealTable
from objectives.laws import get
from objectives.runs import Runs


@pytest.fixture(scope="module")
def table() -> RealTable:
    """A synthetic table, so that the benchmark itself is tested without the real ones."""
    random = np.random.default_rng(0)
    n = 10 ** random.uniform(7.5, 9.5, 50)
    d = n * 10 ** random.uniform(0.5, 2.3, 50)
    loss = get("hoffmann", "epoch-full").loss(n, d) * np.exp(random.normal(0, 0.005, 50))
    return RealTable("synthetic", "hoffmann", Runs(n, d, np.zeros(50), loss), "synthetic")


@pytest.fixture(scope="module")
def replay(table: RealTable) -> Replay:
    return Replay.of(Whole.of(table), 0, 1.0)


def test_a_replay_keeps_known_for_sale_and_held_out_apart(replay: Replay) -> None:
    rows = np.concatenate([replay.known, replay.sale, replay.held])
    flops = replay.whole.table.runs.flops
    assert sorted(rows.tolist()) == list(range(50))
    assert flops[replay.held].min() >= flops[np.concatenate([replay.known, replay.sale])].max()


@pytest.mark.parametrize("name", [*DESIGNS, "random"])
def test_a_design_buys_each_run_once_and_within_the_allowance(name: str, replay: Replay) -> None:
    picks = (DESIGNS | {"random": at_random})[name](replay, np.random.default_rng(0))
    assert len(picks) >= 1
    assert len(set(picks.tolist())) == len(picks)
    assert replay.cost[picks].sum() <= replay.allowance * (1 + 1e-12)


def test_the_tables_are_written(table: RealTable) -> None:
    summary, by_group, promises = sections([table], repetitions=1, random_seeds=1)
    for section, rows in ((summary, len(DESIGNS) + 2), (by_group, 1), (promises, len(DESIGNS))):
        assert section.table is not None
        assert len(section.table.rows) == rows
        assert not any("nan" in cell.replace("(x nan)", "") for row in section.table.rows for cell in row)


def test_runs_that_are_bought_bring_the_law_nearer(table: RealTable) -> None:
    (played,) = play(table, 1, 1)
    ours, nothing = (played.by_design[name][0] for name in ("ours, for the size", "nothing"))
    assert nothing.bought == 0
    assert ours.promised < nothing.promised
    assert ours.loss_error < nothing.loss_error
    assert ours.size_error < nothing.size_error
