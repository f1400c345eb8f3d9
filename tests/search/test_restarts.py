"""Restarts: a fold of the outcomes, in order of arrival."""

from search.restarts import FLOOR, PATIENCE, SETTLED, Restarts, restarting
from search.trial import Trial, TrialState

DESIGN = [5.0, 1.0, 3.0, 2.0]
IDLE = [1.0] * (PATIENCE + 2)
"""So many trials without improvement settle a search in two dimensions."""


def settled(values: list[float], workers: int = 1) -> dict[int, int]:
    """The best trials of the searches that settle, by how many outcomes there were then.

    The values are those of trials 0, 1, ..., each asked while so many workers were busy.
    """
    restarts, found = Restarts(len(DESIGN), 2), {}
    for number, value in enumerate(values):
        trial = Trial(number, {}, TrialState.DONE, value)
        best = restarts.learn(trial, number + 1, number + workers)
        if best is not None:
            found[number + 1] = best.number
    assert [restarts.settled(outcomes) for outcomes in (0, len(values))] == [0, len(found)]
    assert all(restarts.settled(count) == place for place, count in enumerate(found, 1))
    return found


def with_restart(own: list[float], others: float = 1.0) -> list[float]:
    """A first search that settles at 1, and a restart with these values of its own between others."""
    values = [*DESIGN, *IDLE]
    for value in own:
        while not restarting(len(values)):
            values.append(others)
        values.append(value)
    return values


def test_a_search_that_improves_does_not_settle() -> None:
    assert settled([*DESIGN, *(0.9**k for k in range(40))]) == {}


def test_after_its_patience_without_improvement_a_search_has_settled_at_its_best() -> None:
    assert settled([*DESIGN, *IDLE[:-1]]) == {}
    assert settled([*DESIGN, *IDLE]) == {len(DESIGN) + len(IDLE): DESIGN.index(1.0)}


def test_a_search_that_asks_elsewhere_has_not_settled() -> None:
    off_the_floor = 1.0 + 1.1 * FLOOR * (max(DESIGN) - min(DESIGN))
    assert settled([*DESIGN, *[off_the_floor] * 40]) == {}


def test_improvements_too_small_to_matter_are_none() -> None:
    assert len(settled([*DESIGN, *(1.0 - 0.1 * SETTLED * k for k in range(len(IDLE)))])) == 1


def test_trials_that_did_not_know_the_best_say_nothing_about_settling() -> None:
    values = [*DESIGN, 0.99, *[1.0] * (len(IDLE) + 7)]  # 7 of them were asked before the .99 arrived
    assert settled(values[:-1], workers=8) == {}
    assert settled(values, workers=8) == {len(values): len(DESIGN)}


def test_a_restart_settles_by_its_own_trials_alone() -> None:
    first = {len(DESIGN) + len(IDLE): DESIGN.index(1.0)}
    assert settled(with_restart([50.0 * 0.9**k for k in range(40)])) == first
    values = with_restart([*DESIGN, *IDLE])
    own = [number for number in range(len(DESIGN) + len(IDLE), len(values)) if restarting(number)]
    assert settled(values) == first | {len(values): own[DESIGN.index(1.0)]}


def test_outcomes_known_before_the_search_are_none_of_its_own() -> None:
    restarts = Restarts(2, 2)
    for number in range(-1, -20, -1):
        assert restarts.learn(Trial(number, {}, TrialState.DONE, 1.0, source="given"), -number, 0) is None
