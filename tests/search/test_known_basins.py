"""Known basins: balls in the metric of the model that take a given share of the space."""

import numpy as np
import pytest

from search.known_basins import MOST, SHARE, Basin, outside

LENGTHS, NUMERIC = np.array([0.1, 10.0]), np.zeros(2, dtype=bool)
SAMPLE = np.random.default_rng(0).random((4000, 2))


def test_a_basin_takes_its_share_and_reaches_far_along_a_parameter_that_hardly_matters() -> None:
    basin = Basin.about(np.array([0.5, 0.5]), LENGTHS, NUMERIC, SAMPLE)
    inside = SAMPLE[basin.covers(SAMPLE)]
    assert len(inside) == pytest.approx(SHARE * len(SAMPLE), abs=1)
    assert np.ptp(inside[:, 0]) == pytest.approx(SHARE, abs=0.01)  # a strip across the other
    assert np.ptp(inside[:, 1]) > 0.95


def test_another_category_is_as_far_as_a_lengthscale_says() -> None:
    basin = Basin(np.array([0.5, 0.0]), np.array([1.0, 0.5]), np.array([False, True]), 1.0)
    rows = np.array([[0.9, 0.0], [0.5, 1.0]])
    assert basin.covers(rows).tolist() == [True, False]


def test_only_the_latest_basins_are_kept_out_of() -> None:
    basins = [Basin(np.array([k / 20, 0.5]), LENGTHS, NUMERIC, 1e-6) for k in range(MOST + 2)]
    centres = np.array([basin.centre for basin in basins])
    assert outside(basins, centres).tolist() == [True, True, *[False] * MOST]
