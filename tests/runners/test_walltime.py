"""The time of a run: what still fits in, and how it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.walltime import Walltime, parse_walltime
from spaces.errors import BadInput


class Clock:
    """Shows what it is set to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_an_end_there_is_always_time() -> None:
    walltime = Walltime()
    walltime.took(1e9)
    assert walltime.left() == float("inf")
    assert not walltime.too_short()
    assert not walltime.was_short


def test_what_would_not_end_in_time_does_not_begin() -> None:
    clock = Clock()
    walltime = Walltime(60.0, clock)
    for seconds in (5.0, 20.0, 10.0):
        walltime.took(seconds)
    clock.now += 39.0
    assert not walltime.too_short(), "the longest took 20 s, and 21 are left"
    clock.now += 1.0
    assert walltime.too_short()
    assert walltime.was_short
    clock.now += 100.0
    assert walltime.left() == 0.0


def test_before_anything_has_ended_any_time_is_enough() -> None:
    assert not Walltime(1.0, Clock()).too_short()
    assert Walltime(0.0, Clock()).too_short()


@given(st.integers(0, 9), st.integers(0, 23), st.integers(0, 59), st.integers(1, 59))
def test_what_batch_systems_write_is_read(days: int, hours: int, minutes: int, seconds: int) -> None:
    text = f"{days}-{hours:02}:{minutes:02}:{seconds:02}"
    assert parse_walltime(text) == seconds + 60 * (minutes + 60 * (hours + 24 * days))


@pytest.mark.parametrize("text", ["", "soon", "1:2:3:4", "-5", "0", "00:00:00", "1h", "nan", "inf", "1e3"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="walltime"):
        parse_walltime(text)
