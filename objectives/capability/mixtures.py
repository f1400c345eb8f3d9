"""An assumption, off by default: reading a mixture of experts as a dense model, for a law that knows none.

Wu & Tang have an equation for mixtures; neither it nor its coefficients are public. `effective-dense-size`
takes a mixture for the dense model of the same layers and hidden size with the geometric mean of its total
and active parameters, the FFN widened from what a token uses until the count is reached. Nothing here has
been checked against measured mixtures, and every answer that uses it says so.
"""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array

ASSUMPTION = (
    "assumption effective-dense-size: the law's equation for mixtures of experts is not public; a mixture is "
    "read as the dense model with the geometric mean of its total and active parameters, untested"
)


class MoEAs(StrEnum):
    """What a mixture is taken for."""

    EFFECTIVE_DENSE_SIZE = "effective-dense-size"


def dense_equivalent(
    layers: npt.ArrayLike,
    hidden: npt.ArrayLike,
    active_ffn: npt.ArrayLike,
    n_total: npt.ArrayLike,
    n_active: npt.ArrayLike,
) -> tuple[Array, Array]:
    """FFN width and parameters of the dense model a mixture is taken for; those of a dense model are its own.

    Args:
        layers: of the mixture.
        hidden: its hidden size.
        active_ffn: FFN width one token uses: experts chosen, and shared ones, times the width of an expert.
        n_total: stored parameters.
        n_active: parameters one token uses.
    """
    total, active = np.asarray(n_total, dtype=np.float64), np.asarray(n_active, dtype=np.float64)
    size = np.sqrt(total * active)
    matrices = 3.0 * np.asarray(layers, dtype=np.float64) * np.asarray(hidden, dtype=np.float64)
    return np.asarray(active_ffn, dtype=np.float64) + (size - active) / matrices, size
