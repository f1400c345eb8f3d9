"""The comparison with other programs: its statistics, its protocol, its store."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import wilcoxon

from experiments.benchmarks.peers.campaign import version
from experiments.benchmarks.peers.cases import MARKS, every_case
from experiments.benchmarks.peers.contestants import NATIVE, contestant
from experiments.benchmarks.peers.players import HOST, OwnPlayer, PeerFailed, PeerPlayer, PeerProcess
from experiments.benchmarks.peers.records import Record, Store
from experiments.benchmarks.peers.searching import Search
from experiments.benchmarks.peers.standings import Standings
from experiments.benchmarks.peers.statistics import Verdict, holm, p_value, verdicts
from experiments.benchmarks.peers.summary import sections
from experiments.benchmarks.problems import Problem, branin, dense_or_moe, hartmann
from experiments.benchmarks.problems_architecture import architecture_loss
from experiments.benchmarks.problems_continuous import failing_branin, rosenbrock
from runners.documents.rendering import to_markdown

CASES = {case.name: case for case in every_case()}


def test_the_paired_test_is_wilcoxon_of_log_regrets_over_common_seeds() -> None:
    rng = np.random.default_rng(0)
    ours = dict(enumerate(10 ** rng.normal(-3, 1, 20)))
    theirs = dict(enumerate(10 ** rng.normal(-2, 1, 15)))
    logs = [np.log10([each[seed] for seed in range(15)]) for each in (ours, theirs)]
    assert p_value(ours, theirs) == pytest.approx(wilcoxon(logs[0] - logs[1]).pvalue)
    assert p_value(ours, ours) == 1.0


def test_holm_adjusts_the_published_example() -> None:
    # Aickin and Gensler 1996, table 1: adjusted by 5, 4, 3, 2, 1 and made monotone.
    assert holm([0.005, 0.011, 0.02, 0.04, 0.13]) == pytest.approx([0.025, 0.044, 0.06, 0.08, 0.13])


def test_verdicts_say_who_won_and_who_cannot_be_told_apart() -> None:
    rng = np.random.default_rng(1)
    middle = {seed: 10 ** float(x) for seed, x in enumerate(rng.normal(-3, 0.5, 20))}
    others = {
        "better": {seed: value / 100 for seed, value in middle.items()},
        "worse": {seed: value * 100 for seed, value in list(middle.items())[:4]},
        "alike": {seed: 10 ** float(x) for seed, x in enumerate(rng.normal(-3, 0.5, 20))},
    }
    assert verdicts(middle, others) == {
        "better": Verdict.LOSS,
        "worse": Verdict.WIN,
        "alike": Verdict.TIE,
    }


def test_regret_is_the_true_value_of_the_best_observation() -> None:
    observed, true = [None, 3.0, 1.0, 2.0], [None, 2.0, 2.5, 0.5]
    record = Record("p", "1", "c", 0, 0.5, observed, true, [0.0] * 4)
    assert record.regret().tolist() == [float("inf"), 1.5, 2.0, 2.0]
    assert record.regret_at(100) == 2.0


def test_a_store_forgets_a_torn_line_only(tmp_path: Path) -> None:
    store = Store(tmp_path)
    records = [Record("Some Program", "1.0", "f(x), 2-d", seed, 0.0, [1.0], [1.0], [0.1]) for seed in (0, 1)]
    for record in records:
        store.append(record)
    path = store.path("Some Program", "1.0", "f(x), 2-d")
    path.write_text(path.read_text()[:-5])
    assert store.read("Some Program", "1.0", "f(x), 2-d") == {0: records[0]}


@pytest.fixture(scope="module")
def peer() -> Iterator[PeerProcess]:
    with closing(random_peer(knows_constraint=True)) as process:
        yield process


def random_peer(*, knows_constraint: bool) -> PeerProcess:
    options = json.dumps({"knows_constraint": knows_constraint})
    return PeerProcess([sys.executable, "-m", HOST, "random_peer", options], {})


@pytest.mark.parametrize("make", [branin, dense_or_moe, failing_branin, rosenbrock, architecture_loss])
def test_a_peer_over_the_pipe_searches_every_kind_of_problem(
    peer: PeerProcess, make: Callable[[], Problem]
) -> None:
    problem = make()
    search = Search(PeerPlayer(peer, problem, 0, 12), problem, 0)
    search.run(12, workers=3)
    assert search.infeasible == 0
    assert len(search.cpu) == 12
    values = [value for value in search.true if value is not None]
    assert len(values) >= 6
    assert min(values) > problem.optimum


def test_a_peer_that_knows_no_constraint_is_asked_again_and_then_pays() -> None:
    problem = replace(branin(), constraint=lambda rows: rows["x"] > 9.0, excess="9 - x")
    with closing(random_peer(knows_constraint=False)) as process:
        search = Search(PeerPlayer(process, problem, 0, 20), problem, 0)
        search.run(20, workers=1)
        record = search.record("random", "1", CASES["Branin"])
        assert 0 < record.infeasible < 20
        assert record.redrawn >= 5 * record.infeasible
        process.kill()
        with pytest.raises(PeerFailed):
            Search(PeerPlayer(process, problem, 0, 20), problem, 0).run(1, workers=1)


def test_the_tables_say_who_won_and_what_was_lost(tmp_path: Path) -> None:
    store, cases = Store(tmp_path), [CASES["Branin"], CASES["Hartmann-6"]]
    regrets = {(NATIVE, "Branin"): 1e-6, ("Optuna TPE", "Branin"): 1e-2}
    regrets |= {(NATIVE, "Hartmann-6"): 1e-1, ("Optuna TPE", "Hartmann-6"): 1e-4}
    rng = np.random.default_rng(0)
    for (name, case), regret in regrets.items():
        for seed in range(8):
            values: list[float | None] = [regret * 10 ** float(rng.normal(0, 0.1))] * 100
            used = version(contestant(name))
            store.append(Record(name, used, case, seed, 0.0, values, values, [0.01] * 100))
    written = to_markdown(sections(Standings(store, cases)))
    row = next(line for line in written.splitlines() if line.startswith("| named problems | 2       | 100 "))
    shares = ["50 %", "50 %", "100 %", "50 %", "0 %", "50 %"]
    assert [cell.strip() for cell in row.split("|")[4:-1]] == shares
    assert "| Hartmann-6 | 100   | Optuna TPE |" in written
    assert "| Hartmann-6, CPU ms of ask and tell at 100 | 15      | 10       | yes |" in written


def test_workers_are_served_in_the_order_their_evaluations_end() -> None:
    alone, crowd = (Search(OwnPlayer("sobol", hartmann(), 0), hartmann(), 0) for _ in range(2))
    alone.run(32, workers=1)
    crowd.run(32, workers=8)
    assert sorted(map(str, alone.true)) == sorted(map(str, crowd.true))
    assert alone.true != crowd.true


def test_there_are_twenty_functions_of_bbob_in_each_dimension_and_every_named_problem() -> None:
    groups = [case.group for case in CASES.values()]
    assert groups.count("bbob-5") == groups.count("bbob-10") == 24
    assert groups.count("named") == 12
    assert {case.evaluations for case in CASES.values() if case.group == "named"} == {MARKS[-1]}
