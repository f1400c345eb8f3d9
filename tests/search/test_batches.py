"""Batches: one look for each suggestion without a crowd, one for many beside it, the same after a replay."""

from hypothesis import given
from hypothesis import strategies as st

from search.batches import SHARE, Batches
from search.history import Moment


def test_up_to_63_pending_trials_every_suggestion_has_its_own_look() -> None:
    batches = Batches()
    for number in range(64):
        batch = batches.of(number, Moment(number, 0))
        assert (batch.first, batch.size) == (number, 1)


def test_a_crowd_shares_a_look_and_its_moment() -> None:
    batches = Batches()
    opened = batches.of(320, Moment(320, 0))
    assert (opened.first, opened.size) == (320, 320 // SHARE)
    assert all(batches.of(number, Moment(number, 100)) == opened for number in range(321, 330))
    assert batches.of(330, Moment(330, 330)).size == 1


def test_a_batch_nobody_was_asked_from_is_opened_anew() -> None:
    batches = Batches()
    batches.of(320, Moment(320, 0))
    assert batches.of(320, Moment(320, 64)).moment == Moment(320, 64)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.integers(0, 59))
def test_batches_are_a_function_of_the_events(ends: list[int], cut: int) -> None:
    """However many outcomes arrive between two asks, one who reads along finds the same batches."""
    asked, ended, moments = 300, 0, []
    for end in ends:
        ended = min(ended + end, asked)
        moments.append(Moment(asked, ended))
        asked += 1
    whole, again = Batches(), Batches()
    first = [whole.of(moment.asked, moment) for moment in moments]
    for moment in moments[:cut]:
        again.of(moment.asked, moment)
    assert [again.of(moment.asked, moment) for moment in moments[cut:]] == first[cut:]
