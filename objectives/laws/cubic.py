"""The one cubic behind two parameter counts: t^3 + p t = q, solved exactly.

Embedding parameters grow with the width d and block parameters with d^3, so turning one count of a model's
parameters into another means solving this equation for the width.
"""

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array


def cubic_root(p: npt.ArrayLike, q: npt.ArrayLike) -> Array:
    """The real root t > 0 of t^3 + p t = q for p, q > 0; broadcasts.

    The left side increases, so the root is unique; the hyperbolic form has no cancellation, unlike Cardano's.

    >>> cubic_root(1.0, 10.0).round(12).item()
    2.0
    """
    scale = np.sqrt(np.asarray(p, dtype=np.float64) / 3.0)
    return np.asarray(2.0 * scale * np.sinh(np.arcsinh(np.asarray(q) / (2.0 * scale**3)) / 3.0))
