"""The search report: a pure function of the history, defined at every moment of a search."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.history import History
from search.report import FailureGroup, report
from search.trial import Asked, Done, Event, Failed
from spaces.errors import BadInput


@pytest.fixture
def history() -> History:
    """Two workers; trial 3 still runs, trials 2 and 5 died of one cause, trial 4 of another."""
    events: list[Event] = [Asked(number, {"x": number / 10}) for number in range(7)]
    events += [
        Done(1, 3.0, {"loss": 3.0}, started=100.0, ended=104.0, worker="a"),
        Failed(2, "out of memory", started=100.0, ended=101.0, worker="b"),
        Done(0, 5.0, {"loss": 5.0}, started=101.0, ended=105.0, worker="b"),
        Failed(4, "diverged", started=104.0, ended=106.0, worker="a"),
        Done(6, 2.0, {"loss": 2.0}, started=105.0, ended=110.0, worker="b"),
        Failed(5, "out of memory", started=106.0, ended=108.0, worker="a"),
    ]
    return History(events)


def test_an_empty_history_has_an_empty_report() -> None:
    empty = report(History())
    assert (empty.done, empty.failed, empty.pending) == (0, 0, 0)
    assert empty.best is None
    assert empty.timing is None
    assert empty.to_dict()["convergence"] == []


def test_trials_are_counted_by_state(history: History) -> None:
    made = report(history)
    assert (made.done, made.failed, made.pending) == (3, 3, 1)


def test_the_top_trials_come_best_first(history: History) -> None:
    assert [trial.number for trial in report(history, top=2).top] == [6, 1]
    assert report(history).best == history.best


def test_convergence_holds_the_steps_of_the_best_value(history: History) -> None:
    steps = [(step.number, step.outcomes, step.seconds, step.value) for step in report(history).convergence]
    assert steps == [(1, 1, 4.0, 3.0), (6, 5, 10.0, 2.0)]


def test_failures_are_grouped_by_reason_most_frequent_first(history: History) -> None:
    assert report(history).failures == (
        FailureGroup("out of memory", (2, 5)),
        FailureGroup("diverged", (4,)),
    )


def test_utilisation_is_run_time_over_workers_times_window(history: History) -> None:
    timing = report(history).timing
    assert timing is not None
    assert timing.busy == 4 + 1 + 4 + 2 + 5 + 2
    assert timing.window == 10.0
    assert timing.workers == 2
    assert timing.utilisation == pytest.approx(18 / 20)
    assert timing.throughput == pytest.approx(6 / 10)
    assert (timing.shortest, timing.median, timing.mean, timing.longest) == (1.0, 3.0, 3.0, 5.0)


def test_the_number_of_workers_may_be_said(history: History) -> None:
    timing = report(history, workers=4).timing
    assert timing is not None
    assert timing.utilisation == pytest.approx(18 / 40)


def test_a_window_without_length_has_no_rates() -> None:
    timing = report(History([Asked(0, {}), Done(0, 1.0, started=5.0, ended=5.0)])).timing
    assert timing is not None
    assert timing.utilisation is None
    assert timing.throughput is None


def test_outcomes_without_times_still_converge() -> None:
    made = report(History([Asked(0, {}), Done(0, 1.0)]))
    assert made.timing is None
    assert made.convergence[0].seconds is None


def test_counts_below_one_are_refused_together(history: History) -> None:
    with pytest.raises(BadInput) as caught:
        report(history, workers=0, top=-1)
    assert [mistake.field for mistake in caught.value.mistakes] == ["workers", "top"]


@given(st.lists(st.floats(-1e6, 1e6), max_size=20))
@settings(max_examples=50)
def test_the_dictionary_is_plain_json_and_agrees_with_the_best(values: list[float]) -> None:
    events: list[Event] = []
    for number, value in enumerate(values):
        events += [Asked(number, {"x": value, "kind": "a"}), Done(number, value, {"loss": value})]
    made = report(History(events))
    plain = made.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    falling = [step.value for step in made.convergence]
    assert falling == sorted(set(falling), reverse=True)
    assert falling[-1:] == ([min(values)] if values else [])
