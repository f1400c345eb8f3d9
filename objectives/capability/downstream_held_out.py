"""What a ladder got wrong when its larger runs were held out: the errors that widen its intervals.

As for a law of losses (`objectives.fit.rolling`): both steps are fitted to the runs below a compute cut and
held against the final loss and accuracy of those above it, at several cuts. Errors of the loss are relative,
those of the accuracy are shares of right answers.
"""

import numpy as np
import numpy.typing as npt

from objectives.capability.downstream_steps import Chains, Steps
from objectives.fit.calibration import LEVEL, Calibration, calibrate
from objectives.fit.cut import Cut
from objectives.fit.rolling import cuts
from objectives.laws.law import Array

REPLICATES = 40
"""Refits at each cut, for the spread."""
COEFFICIENTS = 5
"""Of step 1, which the final runs are fitted by."""


def calibrations(steps: Steps, level: float = LEVEL, seed: int = 0) -> tuple[Calibration, Calibration]:
    """Of the log loss and of the accuracy."""
    runs = steps.checkpoints.final()
    masks = np.array(cuts(steps.first.estimation), dtype=np.float64)
    held = _held_out(steps, masks, seed) if len(masks) else [[], []]
    noise = [_noise(each[0]) for each in _errors(steps, steps.fitted)]
    flops = float(runs.flops.max())
    loss, accuracy = (calibrate(of, sigma, flops, level) for of, sigma in zip(held, noise, strict=True))
    return loss, accuracy


def drawn(masks: Array, count: int, seed: int, stream: int) -> Array:
    """Whole runs drawn with replacement within each mask; (K, R) -> (K count, R)."""
    random = np.random.default_rng([seed, stream])
    rows = [random.multinomial(int(mask.sum()), mask / mask.sum(), size=count) for mask in masks]
    return np.concatenate(rows).astype(np.float64)


def spread(values: Array, about: Array) -> Array:
    """Root mean square distance over axis -2, at most 1 each."""
    return np.asarray(np.sqrt(np.mean(np.clip(values - about, -1.0, 1.0) ** 2, axis=-2)))


def _held_out(steps: Steps, masks: Array, seed: int) -> list[list[Cut]]:
    """The cuts of the loss and of the accuracy."""
    chains = steps.below(masks)
    drawn_runs = drawn(masks, REPLICATES, seed, 3)
    refits = steps.predicted(steps.reweighted(chains.repeated(REPLICATES), drawn_runs))
    loss, accuracy = steps.predicted(chains)
    spreads = _spreads(np.log(refits[0]), np.log(loss)), _spreads(refits[1], accuracy)
    return [
        [_cut(steps, *row) for row in zip(masks > 0, error, wide, strict=True)]
        for error, wide in zip(_errors(steps, chains), spreads, strict=True)
    ]


def _spreads(refits: Array, points: Array) -> Array:
    """Of K cuts, (K, R), from their replicates, (K B, R)."""
    return spread(refits.reshape(len(points), -1, points.shape[1]), points[:, None])


def _errors(steps: Steps, chains: Chains) -> tuple[Array, Array]:
    """Predicted minus measured, of the log loss and the accuracy of every run; (B, R) each."""
    loss, accuracy = steps.predicted(chains)
    log_errors = np.log(loss) - steps.first.estimation.log_observed
    return log_errors, accuracy - steps.checkpoints.final_accuracy


def _noise(error: Array) -> float:
    """Standard deviation of residuals, corrected for the coefficients."""
    return float(np.sqrt(np.sum(error**2) / max(len(error) - COEFFICIENTS, 1)))


def _cut(steps: Steps, below: npt.NDArray[np.bool_], error: Array, spreads: Array) -> Cut:
    flops = steps.first.estimation.runs.flops
    largest = float(flops[below].max())
    decades = np.log10(flops[~below] / largest)
    return Cut(largest, int(below.sum()), error[~below], spreads[~below], _noise(error[below]), decades)
