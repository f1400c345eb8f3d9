"""The saturated number of experts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives.laws.expert_saturation import Saturation, experts_of


def test_one_expert_counts_as_the_start_and_infinitely_many_as_the_maximum() -> None:
    saturation = Saturation(1.847, 314.478)
    assert np.exp(saturation.log_experts(np.asarray(0.0))) == pytest.approx(1.847, rel=1e-14)
    assert np.exp(saturation.log_experts(np.asarray(1 - 1e-15))) == pytest.approx(314.478, rel=1e-10)


@given(st.floats(1, 1000), st.floats(1.1, 5), st.floats(100, 500))
def test_the_published_formula_is_met(experts: float, e_start: float, e_max: float) -> None:
    inverse = 1 / (experts - 1 + 1 / (1 / e_start - 1 / e_max)) + 1 / e_max
    log_experts = Saturation(e_start, e_max).log_experts(np.asarray(1 - 1 / experts))
    assert np.exp(-log_experts) == pytest.approx(inverse, rel=1e-10)


def test_top_1_routing_leaves_all_but_one_expert_inactive() -> None:
    np.testing.assert_allclose(experts_of([0.0, 0.5, 0.875, 1 - 1 / 32]), [1, 2, 8, 32], rtol=1e-15)
