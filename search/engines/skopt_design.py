"""scikit-optimize's initial designs over the unit cube."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from skopt import sampler

from search.candidates import Rows

_GENERATORS: Mapping[str, Callable[[], Any]] = {
    "sobol": sampler.Sobol,
    "halton": sampler.Halton,
    "hammersly": sampler.Hammersly,
    "lhs": sampler.Lhs,
    "grid": sampler.Grid,
}


def design(name: str, count: int, dimensions: int, seed: int) -> Rows:
    """Points of a design, shape (n, dimensions) with n = count; a grid may have fewer.

    Args:
        name: sobol, halton, hammersly (skopt's spelling), lhs or grid.
        count: how many points.
        dimensions: at most 40 for sobol; a grid takes memory for 2^dimensions points.
        seed: of the design's randomness.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The balance properties of Sobol' points")
        points = _GENERATORS[name]().generate([(0.0, 1.0)] * dimensions, count, random_state=seed)
    return np.array(points, dtype=np.float64).reshape(-1, dimensions)
