"""Kaplan et al. 2020: published coefficients [secondary], function values [recomputed]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives import laws

KAPLAN = laws.get("kaplan")


def test_the_joint_form_has_its_own_coefficients_not_those_of_the_univariate_laws() -> None:
    assert KAPLAN.coefficients == {"alpha_N": 0.076, "alpha_D": 0.103, "N_c": 6.4e13, "D_c": 1.8e13}


@pytest.mark.parametrize(("n", "d", "loss"), [(1.5e9, 22e9, 2.31255), (1e9, np.inf, 2.31883)])
def test_losses_agree_with_recomputed_values(n: float, d: float, loss: float) -> None:
    assert KAPLAN.loss(n, d) == pytest.approx(loss, abs=5e-6)


def test_infinite_data_leave_the_pure_size_law() -> None:
    assert KAPLAN.loss(1e9, np.inf) == pytest.approx((6.4e13 / 1e9) ** 0.076, rel=1e-13)


def test_an_infinite_model_leaves_the_pure_data_law() -> None:
    assert KAPLAN.loss(1e300, 1e10) == pytest.approx((1.8e13 / 1e10) ** 0.103, rel=1e-13)


def test_total_parameters_follow_pearce_and_song() -> None:
    assert KAPLAN.n_total(1e9) == pytest.approx(1e9 + 47491 * 1e3, rel=1e-14)


@given(st.floats(3, 14))
def test_the_conversion_to_total_parameters_is_undone_exactly(log_n: float) -> None:
    assert KAPLAN.n_from_total(KAPLAN.n_total(10**log_n)) == pytest.approx(10**log_n, rel=1e-12)
