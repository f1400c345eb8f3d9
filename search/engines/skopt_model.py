"""scikit-optimize's learners and acquisitions over rows of our encoder.

The learners are those `skopt.Optimizer` makes from their names, the acquisitions are skopt's own functions.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import fmin_l_bfgs_b
from sklearn.exceptions import ConvergenceWarning
from skopt.acquisition import gaussian_acquisition_1D, gaussian_ei, gaussian_lcb, gaussian_pi
from skopt.utils import cook_estimator

from search.candidates import Rows
from search.engines.skopt_forest import QuickForest
from spaces.encoding import Encoder, Kind

Array = npt.NDArray[np.float64]

RESTARTS, STEPS = 5, 20
"""Starting points and iterations of L-BFGS-B on an acquisition, as in `skopt.Optimizer`."""


class Features:
    """Rows as the learners see them: categories of three or more one-hot, constants left out, the rest as is.

    skopt does the same for trees; for the Gaussian process it numbers the categories, an order they lack.
    """

    def __init__(self, encoder: Encoder) -> None:
        categories = {j: c.size or 0 for j, c in enumerate(encoder.columns) if c.kind is Kind.CATEGORICAL}
        self._one_hot = {j: size for j, size in categories.items() if size > 2}
        varying = encoder.varying
        self._plain = [j for j in varying if j not in self._one_hot]
        self._numeric = [k for k, j in enumerate(self._plain) if j not in categories]

    def of(self, rows: Rows) -> Array:
        """Rows of shape (n, d) -> features of shape (n, p) in [0, 1], plain cells first."""
        blocks = [rows[:, self._plain]]
        for j, size in self._one_hot.items():
            category = np.minimum(rows[:, j] * size, size - 1).astype(np.intp)
            blocks.append(np.eye(size)[category])
        return np.hstack(blocks)

    def bounds(self, start: Array) -> list[tuple[float, float]]:
        """Where a descent from features of shape (p,) may go: categories stay what they are."""
        bounds = [(value, value) for value in start.tolist()]
        for k in self._numeric:
            bounds[k] = (0.0, 1.0)
        return bounds

    def moved(self, row: Rows, features: Array) -> Rows:
        """`row` of shape (d,) with its numeric cells taken from `features` of shape (p,)."""
        moved = row.copy()
        moved[[self._plain[k] for k in self._numeric]] = features[self._numeric]
        return moved


@dataclass(frozen=True)
class Acquisition:
    """What the next point minimises: LCB, minus EI or minus PI."""

    name: str
    kappa: float
    xi: float

    def of(self, mean: Array, std: Array, best: float) -> Array:
        """Acquisition of normal predictions, all of shape (n,); `best` is the least value told."""
        points, model = np.empty((len(mean), 1)), _Predicted(mean, std)
        if self.name == "LCB":
            values = gaussian_lcb(points, model, self.kappa)
        else:
            values = -{"EI": gaussian_ei, "PI": gaussian_pi}[self.name](points, model, best, self.xi)
        return np.asarray(values, dtype=np.float64)


@dataclass(frozen=True)
class _Predicted:
    """The model skopt's functions ask, answering what was predicted once for all of them."""

    mean: Array
    std: Array

    def predict(self, points: Array, return_std: bool) -> tuple[Array, Array]:
        del points, return_std
        return self.mean, self.std


class Surrogate:
    """A fitted learner.

    Args:
        learner: RF, ET, GBRT or GP.
        features: of the space.
        rows: shape (n, d).
        values: shape (n,).
        seed: of the learner's own randomness.
    """

    def __init__(self, learner: str, features: Features, rows: Rows, values: Array, seed: int) -> None:
        points = features.of(rows)
        self._smooth = learner == "GP"
        self._features = features
        self._best = float(values.min())
        cube = [(0.0, 1.0)] * points.shape[1]
        self._estimator: Any = cook_estimator(learner, space=cube, random_state=seed)
        if learner in ("RF", "ET"):
            self._estimator = QuickForest(self._estimator)
        with warnings.catch_warnings():
            # A kernel parameter at its bound: skopt's Optimizer accepts that in silence as well.
            warnings.simplefilter("ignore", ConvergenceWarning)
            self._estimator.fit(points, values)

    def predict(self, rows: Rows) -> tuple[Array, Array]:
        """Mean and standard deviation at rows of shape (n, d), each of shape (n,)."""
        points = self._features.of(rows)
        if hasattr(self._estimator, "regressors_"):
            # skopt's own formula for GBRT, which itself calls a function that NumPy 2.4 removed.
            low, middle, high = self._estimator.predict(points, return_quantiles=True).T
            return middle, (high - low) / 2.0
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Predicted variances smaller than 0")
            mean, std = self._estimator.predict(points, return_std=True)
        return mean, std

    def minimisers(
        self, acquisitions: Sequence[Acquisition], pool: Rows, fresh: Callable[[Rows], Rows]
    ) -> Rows:
        """The best row for each acquisition, shape (len(acquisitions), d).

        Args:
            acquisitions: what to minimise, each for itself.
            pool: rows to choose from, shape (n, d).
            fresh: the canonical, feasible and new ones of any rows; descents may end elsewhere.
        """
        prediction = self.predict(pool)
        choices = []
        for wanted in acquisitions:
            order = np.argsort(wanted.of(*prediction, self._best), kind="stable")
            choice = pool[order[:1]]
            if self._smooth:
                ends = [self._descend(wanted, start) for start in pool[order[:RESTARTS]]]
                rows = np.concatenate([choice, fresh(np.array(ends))])
                choice = rows[[np.argmin(wanted.of(*self.predict(rows), self._best))]]
            choices.append(choice)
        return np.concatenate(choices)

    def _descend(self, wanted: Acquisition, row: Rows) -> Rows:
        """Where L-BFGS-B leaves the acquisition from a row of shape (d,)."""
        start = self._features.of(row[None, :])[0]
        options = {"kappa": wanted.kappa, "xi": wanted.xi}

        def value_and_gradient(point: Array) -> tuple[float, Array]:
            value, gradient = gaussian_acquisition_1D(
                point, self._estimator, self._best, wanted.name, options
            )
            return float(value[0]), np.asarray(gradient, dtype=np.float64).ravel()

        bounds = self._features.bounds(start)
        end, _, _ = fmin_l_bfgs_b(value_and_gradient, start, bounds=bounds, maxiter=STEPS)
        return self._features.moved(row, end)
