"""The history: a fold of its events that does not depend on where the list was cut."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.history import History
from search.trial import Asked, Done, Event, Failed, Pruned, Reported, TrialState

finite = st.floats(allow_nan=False, allow_infinity=False)
times = st.none() | st.floats(0, 1e9)


@st.composite
def legal_events(draw: st.DrawFn) -> list[Event]:
    """A sequence of events some search could have written, outcomes in any order."""
    events: list[Event] = []
    pending: list[int] = []
    asked = 0
    for kind in draw(st.lists(st.sampled_from(["ask", "report", "done", "fail", "prune"]), max_size=30)):
        if kind == "ask":
            events.append(Asked(asked, {"x": draw(finite)}))
            pending.append(asked)
            asked += 1
        elif kind == "report" and pending:
            number = draw(st.sampled_from(pending))
            events.append(Reported(number, draw(st.integers(0, 9)), draw(finite)))
        elif pending:
            number = pending.pop(draw(st.integers(0, len(pending) - 1)))
            started, ended = draw(times), draw(times)
            if kind == "done":
                metrics = {"loss": draw(finite)}
                events.append(Done(number, draw(finite), metrics, started=started, ended=ended))
            elif kind == "prune":
                events.append(Pruned(number, "slow", 3, draw(finite), draw(finite), started, ended))
            else:
                reason = draw(st.text(max_size=5))
                events.append(Failed(number, reason, started=started, ended=ended))
    return events


def facts(history: History) -> tuple[object, ...]:
    """Everything a history tells."""
    return (
        history.trials,
        history.ended,
        history.pending,
        history.done,
        history.failed,
        history.pruned,
        [history.reports(trial.number) for trial in history.trials],
        history.best,
        history.front,
        history.next_number,
        len(history),
    )


@given(legal_events(), st.integers(0, 30))
@settings(max_examples=100)
def test_the_fold_is_insensitive_to_where_the_events_were_cut(events: list[Event], cut: int) -> None:
    whole = History(events)
    resumed = History(events[:cut])
    for event in events[cut:]:
        resumed.append(event)
    assert facts(resumed) == facts(whole)


@given(legal_events())
@settings(max_examples=100)
def test_every_trial_is_in_exactly_one_state(events: list[Event]) -> None:
    history = History(events)
    groups = [history.pending, history.done, history.failed, history.pruned]
    assert sorted(trial.number for group in groups for trial in group) == list(range(len(history)))
    assert {trial.state for trial in history.pending} <= {TrialState.ASKED}
    assert all(trial.value is not None and math.isfinite(trial.value) for trial in history.done)
    assert all(trial.value is None and trial.reason is not None for trial in history.failed)


@given(legal_events())
@settings(max_examples=100)
def test_the_best_trial_is_the_first_to_arrive_among_the_least(events: list[Event]) -> None:
    history = History(events)
    values = [trial.value for trial in history.done if trial.value is not None]
    if not values:
        assert history.best is None
    else:
        assert history.best == history.done[values.index(min(values))]


ILLEGAL: dict[str, Callable[[int], Event]] = {
    "asked twice": lambda number: Asked(number, {}),
    "never asked": lambda number: Done(number + 1000, 1.0),
    "failed without being asked": lambda number: Failed(number + 1000, "reason"),
    "not a number": lambda number: Done(number, math.nan),
    "infinite": lambda number: Done(number, -math.inf),
}


@pytest.mark.parametrize("kind", ILLEGAL)
@given(events=legal_events())
@settings(max_examples=25)
def test_an_illegal_event_is_refused_and_leaves_no_trace(kind: str, events: list[Event]) -> None:
    history = History(events)
    number = history.next_number
    history.append(Asked(number, {}))
    before = facts(history)
    with pytest.raises(ValueError, match=r"^trial \d+"):
        history.append(ILLEGAL[kind](number))
    assert facts(history) == before


@pytest.mark.parametrize("first", [Done(0, 1.0), Failed(0, "late")])
@pytest.mark.parametrize("second", [Done(0, 0.5), Failed(0, "again")])
def test_an_outcome_is_taken_once(first: Event, second: Event) -> None:
    history = History([Asked(0, {}), first])
    before = facts(history)
    with pytest.raises(ValueError, match="trial 0 has ended already"):
        history.append(second)
    assert facts(history) == before


def test_a_report_takes_the_place_of_all_from_its_step_on() -> None:
    steps = (1, 2, 5, 8, 5, 6)
    history = History([Asked(0, {}), *[Reported(0, step, float(at)) for at, step in enumerate(steps)]])
    assert [(each.step, each.value) for each in history.reports(0)] == [(1, 0), (2, 1), (5, 4), (6, 5)]
    assert history.pending == history.trials


def test_a_pruned_trial_teaches_its_estimate_and_is_never_the_best() -> None:
    history = History([Asked(0, {}), Asked(1, {}), Pruned(0, "slow", 5, 9.0, 3.0), Done(1, 4.0)])
    assert [trial.lesson for trial in history.ended] == [3.0, 4.0]
    assert (history.best, history.counts, history.pruned) == (history[1], (1, 0), [history[0]])
    assert history[0].state is TrialState.PRUNED
    assert history[0].value is None


@pytest.mark.parametrize(
    "event",
    [
        *(Reported(0, math.nan, 1.0), Reported(0, -1, 1.0), Reported(0, 1, math.inf), Reported(7, 1, 1.0)),
        Pruned(0, "slow", 1, 1.0, math.nan),
    ],
)
def test_what_no_trial_can_report_is_refused(event: Event) -> None:
    with pytest.raises(ValueError, match="trial"):
        History([Asked(0, {})]).append(event)
