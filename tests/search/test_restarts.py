"""Restarts: a fold of the outcomes, in order of arrival."""

from search.restarts import PATIENCE, SETTLED, Restarts, belongs, restarting
from search.trial import Trial, TrialState

DESIGN = [5.0, 1.0, 3.0, 2.0]
IDLE = [1.0] * (PATIENCE + 2)
"""So many trials without improvement settle a search in two dimensions."""


def distance(one: Trial, other: Trial) -> float:
    return abs(float(one.config["x"] or 0) - float(other.config["x"] or 0))


def told(values: list[float], places: list[float] | None = None, workers: int = 1) -> Restarts:
    """Restarts after these outcomes of trials 0, 1, ..., each asked while so many workers were busy."""
    restarts = Restarts(len(DESIGN), 2, distance)
    for number, value in enumerate(values):
        place = places[number] if places else float(number)
        trial = Trial(number, {"x": place}, TrialState.DONE, value)
        restarts.learn(trial, number + 1, number + workers)
    return restarts


def after_settling(own: list[float], others: float = 1.0) -> list[float]:
    """A first search that settles at 1, and a restart with these values of its own between others."""
    values = [*DESIGN, *IDLE]
    for value in own:
        while not restarting(len(values)):
            values.append(others)
        values.append(value)
    return values


def test_a_search_that_improves_does_not_restart() -> None:
    falling = [*DESIGN, *(0.9**k for k in range(40))]
    assert told(falling).start(len(falling)) is None


def test_after_its_patience_without_improvement_a_search_has_settled() -> None:
    settled = len(DESIGN) + len(IDLE)
    restarts = told([*DESIGN, *IDLE])
    assert restarts.start(settled - 1) is None
    assert restarts.start(settled) == settled


def test_improvements_too_small_to_matter_are_none() -> None:
    creeping = [1.0 - 0.1 * SETTLED * k for k in range(len(IDLE))]
    assert told([*DESIGN, *creeping]).start(10) is not None


def test_trials_that_did_not_know_the_best_say_nothing_about_settling() -> None:
    values = [*DESIGN, 0.5, *[1.0] * (len(IDLE) + 7)]
    restarts = told(values, workers=8)  # the 7 asked before the value .5 arrived are idle in no sense
    assert restarts.start(len(values) - 1) is None
    assert restarts.start(len(values)) == len(values) + 7


def test_a_restart_settles_by_its_own_trials_alone() -> None:
    start = len(DESIGN) + len(IDLE)
    falling = after_settling([50.0 * 0.9**k for k in range(40)])
    assert told(falling).start(len(falling)) == start
    settled = after_settling([*DESIGN, *IDLE])
    again = told(settled).start(len(settled))
    assert again == len(settled)


def test_a_restart_that_comes_back_to_a_known_basin_is_over() -> None:
    values = after_settling([5.0, 2.0, 3.0, 4.0, 1.5])
    places = [float(number) for number in range(len(values))]
    apart = told(values, places)
    assert apart.start(len(values)) == len(DESIGN) + len(IDLE)
    places[-1] = 1.05  # that of the first search is 1
    assert told(values, places).start(len(values)) == len(values)


def test_a_restart_is_not_back_before_its_design_is_complete() -> None:
    values = after_settling([5.0, 1.5])
    places = [float(number) for number in range(len(values))]
    places[-1] = 1.05
    assert told(values, places).start(len(values)) == len(DESIGN) + len(IDLE)


def test_all_trials_belong_to_the_first_search_and_later_odd_ones_to_a_restart() -> None:
    trials = [Trial(number, {}, TrialState.DONE, 0.0) for number in range(8)]
    assert all(belongs(trial, None) for trial in trials)
    assert [trial.number for trial in trials if belongs(trial, 3)] == [3, 5, 7]
