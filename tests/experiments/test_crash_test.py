"""Drivers killed with SIGKILL: the bounded form of `python -m experiments.crash_test`."""

import pytest

from experiments.crash_test import EVALUATIONS, campaign


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["local", "process", pytest.param("ray", marks=pytest.mark.ray)])
def test_nothing_finished_is_lost_or_evaluated_again(runner: str) -> None:
    tally = campaign(runner, kills=3, seed=11)
    assert tally.kills == 3
    assert tally.finished == tally.searches * EVALUATIONS
    assert (tally.lost, tally.repeated, tally.other_asks) == (0, 0, 0)
