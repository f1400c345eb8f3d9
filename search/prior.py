"""A prior mean: what the values are believed to be, as a function of rows, such as a law fitted to past runs.

Only its shape is believed. In the model value ~ a + b prior + Gaussian process, b is learned with the rest
(`search.trended_process`), so a prior in other units, upside down, or about something else does no harm.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.target_transform import TargetTransform
from spaces.configs import Configs
from spaces.encoding import Encoder
from spaces.errors import BadInput

Array = npt.NDArray[np.float64]

PriorMean = Callable[[Configs], npt.ArrayLike]
"""Rows of configs -> what their values are believed to be, shape (len(rows),)."""

STEP = 1e-6
"""Of the difference quotients that are a prior's gradient."""


class Prior:
    """A prior mean over encoded rows.

    Args:
        function: a user's.
        encoder: of the space.
    """

    def __init__(self, function: PriorMean, encoder: Encoder) -> None:
        self._function = function
        self._encoder = encoder

    def __call__(self, rows: Array) -> Array:
        """Values at rows (m, d), shape (m,); not finite where the function says nothing.

        Raises:
            BadInput: it does not return one number for each row.
        """
        answer = self._function(self._encoder.decode_many(rows))
        try:
            values = np.asarray(answer, dtype=np.float64)
        except (TypeError, ValueError):
            values = np.empty(0)
        if values.shape != (len(rows),):
            raise BadInput.of("prior", f"{len(rows)} numbers, one for each row", str(answer)[:60])
        return values


@dataclass(frozen=True)
class Trend:
    """b times the transformed prior, in units of the transformed values."""

    prior: Prior
    transform: TargetTransform
    """Of the prior at the data: where prior and values agree up to a and b, so do their transforms."""
    slope: float

    def __call__(self, rows: Array) -> Array:
        """The trend at rows (m, d), shape (m,)."""
        return self.slope * transformed(self.prior(rows), self.transform)

    def gradient(self, rows: Array) -> Array:
        """By the rows, shape (m, d)."""
        return gradient(self, rows)


def gradient(function: Callable[[Array], Array], rows: Array) -> Array:
    """Difference quotients of a function of rows (m, d), shape (m, d); backwards in the upper half."""
    m, d = rows.shape
    steps = np.where(rows > 0.5, -STEP, STEP)
    moved = rows[:, None, :] + np.eye(d) * steps[:, None, :]
    values = function(np.concatenate([rows, moved.reshape(m * d, d)]))
    return np.asarray((values[m:].reshape(m, d) - values[:m, None]) / steps)


def transformed(values: Array, transform: TargetTransform) -> Array:
    """Transformed values; 0, the middle of the data, where they are not finite."""
    finite = np.isfinite(values)
    return np.where(finite, transform(np.where(finite, values, transform.center)), 0.0)
