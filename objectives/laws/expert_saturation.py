"""The saturated number of experts two mixture-of-experts laws share (Clark et al. 2022).

1/Ehat = 1/(E - 1 + k) + 1/E_max with 1/k = 1/E_start - 1/E_max: one expert counts as E_start, infinitely many
as E_max. Routing is top-1, so E experts leave S = 1 - 1/E of them inactive.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array
from spaces.errors import Mistake


def experts_of(s: npt.ArrayLike) -> Array:
    """E = 1/(1-S), the number of experts at sparsity S under top-1 routing."""
    return np.asarray(1.0 / (1.0 - np.asarray(s, dtype=np.float64)))


def bound_mistakes(e_start: float, e_max: float) -> list[Mistake]:
    """Ehat rises from e_start to e_max, so the first must be the smaller."""
    if e_start < e_max:
        return []
    return [Mistake("e_start", f"a number below e_max ({e_max!r})", repr(e_start))]


@dataclass(frozen=True)
class Saturation:
    """Ehat between its two bounds; arrays serve as well as numbers."""

    e_start: float
    e_max: float

    def log_experts(self, s: Array) -> Array:
        """The logarithm of Ehat at sparsity `s`."""
        z = self._shifted(s)
        return np.asarray(np.log(z) + np.log(self.e_max) - np.log(z + self.e_max))

    def slopes(self, s: Array) -> tuple[Array, Array, Array]:
        """Derivatives of ln Ehat by s, e_start and e_max."""
        z, k = self._shifted(s), self._offset()
        by_z = self.e_max / (z * (z + self.e_max))
        by_e_max = z / (self.e_max * (z + self.e_max)) - by_z * (k / self.e_max) ** 2
        return by_z / (1.0 - s) ** 2, by_z * (k / self.e_start) ** 2, by_e_max

    def _offset(self) -> float:
        """The k of the module's first lines."""
        return 1.0 / (1.0 / self.e_start - 1.0 / self.e_max)

    def _shifted(self, s: Array) -> Array:
        """E - 1 + k, without the cancellation of E - 1 near S = 0."""
        return s / (1.0 - s) + self._offset()
