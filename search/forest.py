"""A forest of extremely randomised trees: a surrogate for values that jump.

Trees split on what decides first (dense or mixture of experts?) and then on what that made active. Where
values vary smoothly within such parts, a Gaussian process learns from far fewer trials. Uncertainty is the
disagreement of the trees (Hutter et al. 2014, "Algorithm runtime prediction", Eq. 4; leaves hold single
values, so the term inside the leaves is zero). Their split points are random (Geurts et al. 2006), which
makes the prediction vary between the data instead of in steps.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

TREES = 40
INACTIVE = -1.0
"""What inactive cells hold for the trees: one split tells them from all active ones."""
SMALLEST_STD = 1e-6
"""Trees agree on the data themselves; targets come standardised."""


class Forest:
    """Trees grown on data.

    Args:
        x: rows of shape (n, d).
        y: targets of shape (n,), standardised.
        seed: of the random splits; the same seed and data grow the same trees.
        active: which cells of rows (m, d) count, shape (m, d).
    """

    def __init__(self, x: Array, y: Array, seed: int, active: Callable[[Array], Mask]) -> None:
        from sklearn.ensemble import ExtraTreesRegressor  # a second to import

        self.x, self.y, self.seed, self._active = x, y, seed, active
        self._trees = ExtraTreesRegressor(TREES, random_state=seed).fit(self._features(x), y).estimators_

    @property
    def fitted(self) -> Array:
        """Prediction at the data, shape (n,): their own targets."""
        return self.y

    def predict(self, rows: Array) -> tuple[Array, Array]:
        """Mean and standard deviation over the trees at rows (m, d): shapes (m,), (m,)."""
        votes = self.votes(rows)
        return votes.mean(axis=0), np.maximum(votes.std(axis=0), SMALLEST_STD)

    def votes(self, rows: Array) -> Array:
        """What each tree predicts at rows (m, d), shape (TREES, m)."""
        features = self._features(rows)
        return np.stack([tree.tree_.predict(features)[:, 0] for tree in self._trees])

    def believing(self, rows: Array) -> "Forest":
        """This forest as if its mean had been observed at `rows`: for pending trials."""
        if not len(rows):
            return self
        believed = np.append(self.y, self.predict(rows)[0])
        return Forest(np.concatenate([self.x, rows]), believed, self.seed, self._active)

    def _features(self, rows: Array) -> npt.NDArray[np.float32]:
        """What the trees split on, in the precision in which scikit-learn compares."""
        return np.where(self._active(rows), rows, INACTIVE).astype(np.float32)
