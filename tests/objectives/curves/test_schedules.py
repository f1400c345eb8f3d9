"""Schedules: closed values, descriptions, and invariants of every kind."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives.curves.schedule import KINDS, SHAPES, Cosine, DecayFrom, Logged, Schedule, WarmupStableDecay
from objectives.curves.schedule_text import parse_schedule
from spaces.errors import BadInput

DESCRIPTIONS = [
    "constant:peak=3e-4,steps=24000,warmup=2160",
    "cosine:peak=3e-4,end=3e-5,steps=24000,warmup=2160",
    "linear:peak=3e-4,end=0,tokens=2e9",
    "two-step:peak=3e-4,end=9e-5,steps=16000,switch=8000",
    *(f"wsd:peak=3e-4,end=3e-5,steps=24000,decay=20000,shape={shape}" for shape in SHAPES),
]


def test_every_kind_has_a_description() -> None:
    assert {text.partition(":")[0] for text in DESCRIPTIONS} == set(KINDS)


@pytest.mark.parametrize("text", DESCRIPTIONS)
def test_a_schedule_stays_between_its_ends_and_only_falls_after_its_warmup(text: str) -> None:
    schedule, _ = parse_schedule(text)
    rate = schedule.rate(np.linspace(schedule.warmup, 1.2 * schedule.length, 500))
    assert rate[0] == pytest.approx(schedule.peak)
    assert np.all(np.diff(rate) <= 1e-18)
    assert rate[-1] == pytest.approx(getattr(schedule, "end", schedule.peak))
    assert schedule.extended(3 * schedule.length).final == pytest.approx(schedule.final)


def test_a_cosine_is_half_way_at_its_middle() -> None:
    schedule = Cosine(3e-4, 24_000.0, 2160.0, 3e-5)
    assert schedule.rate([0.0, 2159.0, 13_080.0, 24_000.0]) == pytest.approx([0.0, 3e-4, 1.65e-4, 3e-5])
    assert schedule.rate(100.0, flat_warmup=True) == 3e-4


def test_a_logged_rate_is_read_back_and_then_stays() -> None:
    time, rate = np.array([0.0, 100.0, 1000.0]), np.array([0.0, 1e-3, 5e-4])
    schedule = Logged.of(time, rate, 2000.0)
    assert (schedule.peak, schedule.warmup) == (1e-3, 100.0)
    assert schedule.rate([550.0, 1000.0, 2000.0]) == pytest.approx([7.5e-4, 5e-4, 5e-4])


@given(start=st.floats(3000, 20_000), share=st.floats(0.01, 0.5), shape=st.sampled_from(SHAPES))
def test_a_decay_starts_where_the_rate_is(start: float, share: float, shape: str) -> None:
    base: Schedule = WarmupStableDecay(3e-4, 24_000.0, 2160.0, 3e-5, 20_000.0)
    decay = DecayFrom.of(base, start, start + share * 24_000.0, 1e-5, shape)
    assert decay.rate(start) == base.rate(start)
    assert decay.final == pytest.approx(1e-5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cosin:peak=1", "schedule: expected constant | cosine"),
        ("cosine:peak=3e-4,end=3e-5", "schedule: expected steps=... or tokens=..."),
        ("cosine:peak=3e-4,steps=100", "schedule.end: expected key=value in a cosine schedule, got nothing"),
        ("cosine:peak=x,end=0,steps=100", "schedule.peak: expected a number, got x"),
        ("cosine:peak=1,end=2,steps=100", "schedule.end: expected at most the peak, 1, got 2"),
        ("cosine:peak=1,end=0,steps=100,warmup=200", "schedule.steps: expected the end of training"),
        ("wsd:peak=1,end=0,steps=100,decay=300", "schedule.decay: expected a time from the end"),
        ("wsd:peak=1,end=0,steps=100,decay=50,shape=steep", "schedule.shape: expected linear | cosine"),
        ("constant:peak=-1,steps=100", "schedule.peak: expected a finite number of at least 0, got -1"),
        ("constant:peak=1,peak=2,steps=100", "schedule.peak: expected one value, got peak=2"),
    ],
)
def test_a_wrong_description_is_told_in_one_line(text: str, said: str) -> None:
    with pytest.raises(BadInput) as error:
        parse_schedule(text)
    assert str(error.value).startswith(said)
    assert len(error.value.mistakes) == 1
