"""The cubic behind two parameter counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives.laws.cubic import cubic_root


@given(st.floats(-3, 9), st.floats(-6, 40))
def test_the_root_solves_the_cubic_to_rounding(log_p: float, log_q: float) -> None:
    p, q = 10.0**log_p, 10.0**log_q
    t = cubic_root(p, q)
    assert t**3 + p * t == pytest.approx(q, rel=1e-12)


def test_roots_broadcast() -> None:
    assert cubic_root(np.ones((3, 1)), np.ones(2)).shape == (3, 2)
