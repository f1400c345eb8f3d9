"""Runs with a known law and a known noise."""

from collections.abc import Callable

import numpy as np
import pytest

from objectives import laws
from objectives.laws.law import Law
from objectives.runs import Runs

TRUTH = laws.get("hoffmann", "epoch")


def noisy_runs(law: Law = TRUTH, *, noise: float = 0.005, sides: int = 8, seed: int = 0) -> Runs:
    """A grid of runs whose log losses are off by a normal error."""
    n, d = (
        grid.ravel() for grid in np.meshgrid(np.geomspace(3e7, 3e9, sides), np.geomspace(1e9, 1e11, sides))
    )
    error = noise * np.random.default_rng(seed).standard_normal(n.size)
    return Runs(n, d, np.zeros(n.size), law.loss(n, d) * np.exp(error), source="synthetic")


@pytest.fixture
def make_runs() -> Callable[..., Runs]:
    """The maker of such tables."""
    return noisy_runs
