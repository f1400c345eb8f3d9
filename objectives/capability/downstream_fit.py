"""The two steps of the OLMo ladder fitted to checkpoints of small runs: `fit_chain(checkpoints)`.

Whole runs are resampled, once for both steps, so that an interval knows how the steps err together. Alone
that is too narrow: intervals are widened by what both steps got wrong about larger runs that were held out
(`objectives.capability.downstream_held_out`).
"""

from dataclasses import dataclass

import numpy as np

from objectives.capability.downstream import Chain, Sigmoid
from objectives.capability.downstream_checkpoints import Checkpoints
from objectives.capability.downstream_held_out import calibrations, drawn, spread
from objectives.capability.downstream_steps import Steps
from objectives.fit.calibration import LEVEL, Calibration
from objectives.laws.law import Array, Trust

DRAWS = 200
Interval = tuple[float, float]


@dataclass(frozen=True, eq=False)
class ChainFit:
    """The chain of the checkpoints, those of resampled runs, and what held-out runs say of both."""

    chain: Chain
    law_draws: dict[str, Array]
    """Coefficients of step 1, (B,) each."""
    curve_draws: Array
    """Coefficients of step 2, (B, 4)."""
    loss_calibration: Calibration
    """Of the log loss."""
    accuracy_calibration: Calibration

    def accuracy(self, n: float, tokens: float) -> float:
        """Of one model."""
        return float(self.chain.accuracy(n, tokens))

    def loss_interval(self, n: float, tokens: float) -> Interval:
        """Of the loss of one model on the task, as a run would measure it."""
        loss, losses = self.chain.loss(n, tokens), self._losses(n, tokens)
        half = self._half_width(self.loss_calibration, np.log(losses), np.log(loss), n, tokens)
        return float(loss) * float(np.exp(-half)), float(loss) * float(np.exp(half))

    def interval(self, n: float, tokens: float) -> Interval:
        """Of the accuracy of one model, likewise, within [0, 1]."""
        accuracy, drawn = self.chain.accuracy(n, tokens), self._accuracies(n, tokens)
        half = self._half_width(self.accuracy_calibration, drawn, accuracy, n, tokens)
        return max(float(accuracy) - half, 0.0), min(float(accuracy) + half, 1.0)

    def plain_interval(self, n: float, tokens: float) -> Interval:
        """Of the accuracy by resampled runs alone, which is too narrow."""
        tail = 0.5 - self.accuracy_calibration.level / 2
        low, high = np.quantile(self._accuracies(n, tokens), [tail, 1 - tail])
        return float(low), float(high)

    def _half_width(self, of: Calibration, draws: Array, point: Array, n: float, tokens: float) -> float:
        decades = np.log10(self.chain.law.training_flops(n, tokens) / of.flops)
        return float(of.half_width(spread(draws[:, None], point)[0], decades))

    def _accuracies(self, n: float, tokens: float) -> Array:
        return Sigmoid(*self.curve_draws.T).accuracy(self._losses(n, tokens))

    def _losses(self, n: float, tokens: float) -> Array:
        return self.chain.law.with_coefficients(self.law_draws).loss(n, tokens)


def fit_chain(
    checkpoints: Checkpoints, *, draws: int = DRAWS, level: float = LEVEL, seed: int = 0
) -> ChainFit:
    """Fit both steps.

    Args:
        checkpoints: of runs of several sizes and lengths, each to the end of its schedule.
        draws: resampled tables behind the intervals.
        level: of the intervals.
        seed: of the starts and the resampling.

    Raises:
        BadInput: fewer runs than coefficients of step 1.
    """
    steps = Steps.of(checkpoints, seed)
    runs, best = len(checkpoints.members), steps.fitted
    refits = steps.reweighted(best.repeated(draws), drawn(np.ones((1, runs)), draws, seed, 0))
    source = f"fitted to {len(steps.run)} checkpoints of {runs} runs"
    curve = Sigmoid(*map(float, best.curves[0]), name="fit", source=source, trust=Trust.USER)
    chain = Chain(steps.first.law(), curve)
    laws = steps.first.estimation.coefficients(refits.laws)
    return ChainFit(chain, laws, refits.curves, *calibrations(steps, level, seed))
