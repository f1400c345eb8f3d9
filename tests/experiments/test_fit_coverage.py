"""The coverage benchmark tells intervals that hold from intervals that do not."""

from collections.abc import Callable

import numpy as np
import pytest

from experiments.benchmarks.fit_coverage import METHODS, of_table, sections
from experiments.real_runs import RealTable
from objectives.runs import Runs
from runners.documents.rendering import to_markdown


@pytest.fixture(scope="module")
def table(make_runs: Callable[..., Runs]) -> RealTable:
    return RealTable("synthetic", "hoffmann", make_runs(noise=0.01, sides=9, seed=2), "synthetic")


def test_only_runs_above_the_cut_are_held_out(table: RealTable) -> None:
    sizes = [len(held.error) for held in of_table(table)]
    assert sizes == sorted(sizes, reverse=True)
    assert all(0 < size < len(table.runs) for size in sizes)
    for held in of_table(table):
        assert np.all(held.widths["bootstrap"] < held.widths["bootstrap + noise"])
        assert np.all(held.widths["bootstrap + noise"] <= held.widths["calibrated"] * (1 + 1e-9))


def test_the_summary_has_a_row_for_each_method_with_coverage_in_order(table: RealTable) -> None:
    summary, by_table = sections(iter([table]))
    assert to_markdown([summary, by_table]).startswith("## Coverage of intervals")
    assert summary.table is not None
    assert [row[0] for row in summary.table.rows] == list(METHODS)
    covered = [float(row[1].rstrip("%")) for row in summary.table.rows]
    assert covered == sorted(covered)
    assert covered[-1] > 85
    assert by_table.table is not None
    assert len(by_table.table.rows) == 1
