"""Rules that stop trials: their decisions by hand, and what they never do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.history import History
from search.pruning import Halving, Median, PruningRule, expected_end
from search.trial import Asked, Done, Pruned, Reported

Curve = tuple[float, ...]


def history_of(finished: list[Curve], running: Curve) -> tuple[History, int]:
    """Finished trials, each with its curve and its last value, and one that runs."""
    history = History()
    for number, curve in enumerate([*finished, running]):
        history.append(Asked(number, {}))
        for step, value in enumerate(curve, 1):
            history.append(Reported(number, step, value))
        if number < len(finished):
            history.append(Done(number, curve[-1]))
    return history, len(finished)


@pytest.mark.parametrize(
    ("running", "stops"),
    [((5.0, 4.0), False), ((5.0, 4.5), True), ((5.0, 4.2), False), ((3.0, 9.0), False), ((9.0,), True)],
)
def test_the_median_rule_compares_the_best_so_far_at_equal_steps(running: Curve, stops: bool) -> None:
    finished = [(5.0, 3.0, 2.0), (6.0, 4.2, 1.0), (7.0, 7.0, 7.0), (1.0,)]
    history, number = history_of(finished, running)
    assert (Median(least=3).judge(number, history) is not None) == stops
    assert Median(least=5).judge(number, history) is None
    assert Median(least=3, start=3).judge(number, history) is None


def test_halving_lets_the_best_share_of_those_at_a_rung_go_on() -> None:
    rule = Halving(start=2, factor=2, end=8)
    places = {}
    for value in (1.5, 2.5, 3.5, 4.5):
        history, number = history_of([(9.0, 1.0), (9.0, 2.0), (9.0, 3.0), (9.0, 4.0)], (9.0, value))
        places[value] = rule.judge(number, history) is not None
    assert places == {1.5: False, 2.5: True, 3.5: True, 4.5: True}  # of five, two go on
    history, number = history_of([(9.0, 1.0), (9.0, 2.0)], (9.0,))
    assert rule.judge(number, history) is None, "no rung yet"
    history, number = history_of([(9.0,) * 7 + (1.0,)] * 4, (9.0,) * 8)
    assert rule.judge(number, history) is None, "no rung at the end"


def test_the_estimate_is_the_last_value_and_the_usual_gain_from_there() -> None:
    history, number = history_of([(5.0, 3.0, 2.0), (6.0, 4.0, 1.0), (7.0, 7.0, 6.5)], (8.0, 6.0))
    assert expected_end(number, history) == 6.0 - 1.0
    assert expected_end(0, History([Asked(0, {}), Reported(0, 1, 3.5)])) == 3.5


curves = st.lists(st.floats(0, 10), min_size=1, max_size=8).map(tuple)


@given(st.lists(curves, max_size=8), curves, st.sampled_from([Median(least=1), Halving(1, 2), Halving(2, 3)]))
@settings(max_examples=60)
def test_no_rule_stops_a_trial_that_is_nowhere_above_the_others(
    finished: list[Curve], running: Curve, rule: PruningRule
) -> None:
    least = min((value for curve in finished for value in curve), default=0.0)
    history, number = history_of(finished, tuple(least - 1.0 for _ in running))
    assert rule.judge(number, history) is None


def test_pruned_trials_count_at_a_rung_but_are_no_finished_ones() -> None:
    history, number = history_of([(5.0, 3.0)], (5.0, 4.0))
    history.append(Pruned(number, "", 2, 4.0, 4.0))
    history.append(Asked(9, {}))
    history.append(Reported(9, 2, 3.5))
    assert Median(least=2).judge(9, history) is None
    assert Halving(2, 3).judge(9, history) is not None
