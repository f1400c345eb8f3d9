"""Restarts: a function of the trials told, in order of arrival."""

from search.restarts import PATIENCE, SETTLED, belongs, last_restart, restarting
from search.trial import Trial, TrialState


def told(values: list[float]) -> list[Trial]:
    return [Trial(number, {}, TrialState.DONE, value) for number, value in enumerate(values)]


DESIGN = [5.0, 1.0, 3.0, 2.0]


def test_a_search_that_improves_does_not_restart() -> None:
    falling = [0.9**k for k in range(40)]
    assert last_restart(told([*DESIGN, *falling]), 4, 2) is None


def test_after_its_patience_without_improvement_a_search_has_settled() -> None:
    flat = [1.0] * (PATIENCE + 2)
    assert last_restart(told([*DESIGN, *flat[:-1]]), 4, 2) is None
    assert last_restart(told([*DESIGN, *flat]), 4, 2) == len(DESIGN) + len(flat) - 1


def test_improvements_too_small_to_matter_are_none() -> None:
    creeping = [1.0 - 0.1 * SETTLED * k for k in range(PATIENCE + 2)]
    assert last_restart(told([*DESIGN, *creeping]), 4, 2) is not None


def test_a_restart_settles_by_its_own_trials_alone() -> None:
    first = [*DESIGN, *[1.0] * (PATIENCE + 2)]
    start = len(first) - 1
    # odd numbers, the restart's own, keep falling from far above; even ones stand still
    later = [50.0 * 0.9**k if restarting(start + 1 + k) else 1.0 for k in range(60)]
    assert last_restart(told([*first, *later]), 4, 2) == start
    settled = [9.0 if restarting(start + 1 + k) else 1.0 for k in range(60)]
    again = last_restart(told([*first, *settled]), 4, 2)
    assert again is not None
    assert again > start
    assert restarting(again)


def test_all_trials_belong_to_the_first_search_and_later_odd_ones_to_a_restart() -> None:
    trials = told([0.0] * 8)
    assert all(belongs(trial, None) for trial in trials)
    assert [trial.number for trial in trials if belongs(trial, 3)] == [5, 7]
