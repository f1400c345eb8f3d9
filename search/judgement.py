"""From trials to the function a search maximises: the one place where evidence meets models.

(history, rows) -> `Evidence` -> `Judge` -> an acquisition. Whoever wants another model of the values, several
models, or another acquisition, changes what the judge makes of the evidence; engines and maximiser stay.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from search.acquisition import Acquisition, Score, log_success
from search.candidates import Candidates
from search.engine import Engine
from search.forest import Forest
from search.gaussian_process import GaussianProcess
from search.history import History
from search.prior import Prior
from search.promise import expected_improvement
from search.surrogates import DATA_CAP, ProcessFactory, forest, subset
from search.target_transform import TargetTransform
from search.trended_process import TrendedFactory
from search.trial import TrialState
from spaces.encoding import Encoder

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NEWEST, BELIEVED = 2000, 256
"""Pending trials that are looked at, and most of them that are believed in: those of greatest acquisition,
for elsewhere nobody would ask again."""


@dataclass(frozen=True)
class Evidence:
    """What a model may know, as arrays; trials stand in order of arrival."""

    rows: Array
    """Of the trials with a value, or an estimate of it, shape (n, d)."""
    values: Array
    """What is minimised, shape (n,), or (n, k) where there are k objectives."""
    ended: Array
    """Rows of all trials that ended, shape (m, d)."""
    labels: Array
    """Of those, shape (m,): 1 for a value, -1 for a failure."""
    pending: Array
    """Rows of the newest trials that have not ended, shape (p, d)."""

    @classmethod
    def of(cls, history: History, candidates: Candidates) -> Self:
        """The evidence in a history.

        Args:
            history: of the search.
            candidates: of the same search; they hold the rows of its trials.
        """
        ended = history.ended
        taught = [trial for trial in ended if trial.lesson is not None]
        return cls(
            candidates.rows(taught),
            Engine.values(taught),
            candidates.rows(ended),
            np.array([-1.0 if trial.state is TrialState.FAILED else 1.0 for trial in ended]),
            candidates.rows(history.pending[-NEWEST:]),
        )

    def among(self, kept: Mask) -> Self:
        """Without the values of the others; failures and pending trials always count."""
        return replace(self, rows=self.rows[kept], values=self.values[kept])


class Judge:
    """Turns evidence into an acquisition.

    Args:
        encoder: of the space.
        trees: whether values are modelled by a forest instead of a Gaussian process.
        prior: what the values are believed to be.
    """

    def __init__(self, encoder: Encoder, *, trees: bool, prior: Prior | None = None) -> None:
        self._encoder = encoder
        self._trees = trees
        self._processes = ProcessFactory(encoder.categorical)
        self._values = self._processes if prior is None else TrendedFactory(prior, encoder.categorical)

    def acquisition(self, evidence: Evidence, stream: int, rng: np.random.Generator) -> Score:
        """Expected improvement under the evidence, small where a failure is likely.

        Args:
            evidence: with at least two values.
            stream: names the growing list of values; its calls share a fit until the next refit is due.
            rng: source of randomness.
        """
        success = self.success(evidence)
        surrogate = self._surrogate(evidence, stream, rng)
        surrogate = surrogate.believing(believed_rows(_improvement(surrogate, success), evidence.pending))
        return _improvement(surrogate, success)

    def gain(self, acquisition: Score, row: Array, evidence: Evidence, stream: int) -> float | None:
        """The improvement that an acquisition made of this evidence expects, in units of the values.

        Args:
            acquisition: as `acquisition` returned it, last of this stream.
            row: where, shape (1, d).
            evidence: it was made of.
            stream: and named by.
        """
        assert isinstance(acquisition, Acquisition)
        trees = isinstance(acquisition.surrogate, Forest)
        transform = TargetTransform.fit(evidence.values) if trees else self._values.transform(stream)
        mean, std = acquisition.surrogate.predict(row)
        gain = expected_improvement(float(mean[0]), float(std[0]), acquisition.best, transform)
        return gain * float(np.exp(log_success(acquisition.success, row)[0]))

    def lengthscales(self, evidence: Evidence) -> Array:
        """Of the process over all values, shape (d,)."""
        return self._values.make(evidence.rows, evidence.values, 0).hyperparameters.lengthscales

    def incumbents(self, evidence: Evidence, rng: np.random.Generator) -> Array:
        """Rows of the trials with a value, best first, shape (n, d)."""
        del rng
        return np.asarray(evidence.rows[np.argsort(evidence.values, kind="stable")])

    def _surrogate(
        self, evidence: Evidence, stream: int, rng: np.random.Generator
    ) -> GaussianProcess | Forest:
        """The model of the values."""
        if self._trees:
            return forest(evidence.rows, evidence.values, int(rng.integers(2**31)), self._encoder.active)
        return self._values.make(evidence.rows, evidence.values, stream)

    def success(self, evidence: Evidence) -> GaussianProcess | None:
        """The process over failures and successes; `None` before the first failure."""
        if not np.any(evidence.labels < 0.0):
            return None
        kept = subset(evidence.labels, DATA_CAP)
        return self._processes.success(evidence.ended[kept], evidence.labels[kept])


def _improvement(surrogate: GaussianProcess | Forest, success: GaussianProcess | None) -> Acquisition:
    return Acquisition(surrogate, float(surrogate.fitted.min()), success)


def believed_rows(acquisition: Score, pending: Array) -> Array:
    """Rows of the pending trials that matter, shape (k, d)."""
    if len(pending) <= BELIEVED:
        return pending
    scores = acquisition(pending)
    return pending[np.sort(np.argsort(-scores, kind="stable")[:BELIEVED])]
