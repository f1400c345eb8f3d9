"""Expected improvement in the units of the values.

Surrogates model transformed values, so EI in their units says nothing to a user. Below the best value the
predictive distribution is mapped back through the transform:

E[max(v* - v, 0)] = Phi(z*) E[v* - T^-1(z) | z < best],  z* = (best - mean) / std,

the expectation by the midpoint rule over the quantiles of z.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from search.target_transform import TargetTransform

QUANTILES = (np.arange(256) + 0.5) / 256


def expected_improvement(mean: float, std: float, best: float, transform: TargetTransform) -> float:
    """Expected fall of a value below the best.

    Args:
        mean: of the normal prediction, transformed.
        std: of the same, above 0.
        best: the least value, transformed.
        transform: from values to what is predicted.
    """
    below = float(ndtr((best - mean) / std))
    if below == 0.0:
        return 0.0
    z: npt.NDArray[np.float64] = mean + std * ndtri(below * QUANTILES)
    falls = transform.inverse(np.array([best])) - transform.inverse(z)
    return below * float(np.mean(falls))
