"""Nodes and heads of a Ray cluster that go away in the middle of a search."""

from pathlib import Path

import pytest

from experiments.node_test import EVALUATIONS, head_lost, head_restarted, node_replaced

pytestmark = [pytest.mark.ray, pytest.mark.slow]


def test_a_search_survives_the_loss_of_a_node_and_uses_one_that_joins(
    disconnected: None, tmp_path: Path
) -> None:
    found = node_replaced(tmp_path)
    assert (found.done, found.failed, found.twice) == (EVALUATIONS, 0, 0)
    assert 1 <= found.retried <= 2, "what ran on the lost node"
    assert found.most_slots >= 4


def test_a_driver_connects_again_to_a_head_that_comes_back(disconnected: None, tmp_path: Path) -> None:
    found = head_restarted(tmp_path)
    assert (found.done, found.failed, found.twice) == (EVALUATIONS, 0, 0)
    assert 1 <= found.retried <= 2


def test_a_search_whose_head_is_lost_for_good_is_resumed_on_another(
    disconnected: None, tmp_path: Path
) -> None:
    found = head_lost(tmp_path)
    assert (found.done, found.failed, found.twice) == (EVALUATIONS, 0, 0)
