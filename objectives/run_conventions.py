"""Tables that mix conventions are refused: parts that count N differently, or state losses in other units.

No law can be right about both halves of such a table, and the fit would show it only as noise.
"""

from collections.abc import Sequence
from math import log

import numpy as np

from objectives.laws.law import Array
from objectives.run_groups import Rows, groups, name_rows, rounded
from spaces.errors import Mistake

GAP = log(1.5)
"""Parts of a table whose C / (6 N D) differ by more count N, or C, differently."""
RANGE = log(3.0)
"""Most that C / (6 N D) may vary within a table in all."""
BITS_IN_NATS = -log(log(2.0))
"""Difference of log loss between bits and nats."""
SAME_POINT = 0.02
"""Relative difference in N and D up to which two runs are of one configuration."""
AGREEMENT = 0.05
"""Relative difference allowed between a stated share of active parameters and N_active / N_total."""


def mixed_counts(n_active: Array, tokens: Array, flops: Array) -> list[Mistake]:
    """A mistake where C / (6 N_active D) is not of one kind over the rows.

    A ratio that falls smoothly as models grow is none: small models spend FLOPs on embeddings or attention
    which N may not count, a share that falls at most as 1/N.
    """
    ratio = np.log(flops) - np.log(6.0 * n_active) - np.log(tokens)
    order = np.argsort(ratio, kind="stable")
    for cut in np.flatnonzero(np.diff(ratio[order]) > GAP) + 1:
        low, high = order[:cut], order[cut:]
        steps = ratio[high].min() - ratio[low].max()
        apart = log(n_active[low].min()) - log(n_active[high].max())
        if apart < steps:
            return [_mixed_counts(ratio, low, high)]
    if np.ptp(ratio) > RANGE:
        return [_mixed_counts(ratio, order[:1], order[-1:])]
    return []


def _mixed_counts(ratio: Array, low: Rows, high: Rows) -> Mistake:
    parts = [f"{np.exp(np.median(ratio[part])):.3g} in {name_rows(part + 1)}" for part in (low, high)]
    expected = "one convention of N: flops / (6 n_active tokens) alike in all rows"
    return Mistake("runs.flops", expected, f"mixed N conventions: {' and '.join(parts)}")


def mixed_units(points: Sequence[Array], loss: Array) -> list[Mistake]:
    """A mistake where runs of one configuration come in two sorts, of losses that differ by a factor of ln 2.

    A sweep of learning rates spreads losses too, but not into two tight groups at that very distance: nearly
    all configurations whose losses disagree must show it.

    Args:
        points: the columns that make a configuration (N, D, S, ...).
        loss: the measured losses, same length.
    """
    logs = np.log(loss)
    alike = groups([rounded(column, SAME_POINT) for column in points])
    unlike = [rows for rows in alike if np.ptp(logs[rows]) > BITS_IN_NATS / 4]
    pairs = [pair for rows in unlike if (pair := _in_two_units(rows, logs)) is not None]
    if not pairs or len(pairs) < 0.9 * len(unlike):
        return []
    distances = [np.median(logs[high]) - np.median(logs[low]) for low, high in pairs]
    if len(pairs) == 1 and abs(distances[0] - BITS_IN_NATS) > 0.005:  # one pair alone must be exact
        return []
    nats, bits = (np.concatenate(part) for part in zip(*pairs, strict=True))
    got = f"mixed units, by the factor ln 2: {name_rows(nats + 1)} in nats, {name_rows(bits + 1)} in bits"
    return [Mistake("runs.loss", "losses in one unit", got)]


def _in_two_units(rows: Rows, logs: Array) -> tuple[Rows, Rows] | None:
    """The rows of the lower and of the higher losses, where they are tight and ln 2 apart."""
    order = rows[np.argsort(logs[rows], kind="stable")]
    cut = int(np.argmax(np.diff(logs[order]))) + 1
    low, high = order[:cut], order[cut:]
    distance = np.median(logs[high]) - np.median(logs[low])
    tight = max(np.ptp(logs[low]), np.ptp(logs[high])) < BITS_IN_NATS / 4
    return (low, high) if tight and abs(distance - BITS_IN_NATS) < 0.03 else None


def sparsity_mistakes(sparsity: Array, n_active: Array, n_total: Array) -> list[Mistake]:
    """A mistake for each row whose sparsity is not what its two sizes say."""
    ratio = n_active / n_total
    wrong = np.flatnonzero(np.abs(ratio / (1.0 - sparsity) - 1.0) > AGREEMENT)
    return [
        Mistake(
            f"runs.sparsity, row {row + 1}",
            f"1 - n_active / n_total = {1.0 - ratio[row]:.4g}",
            f"{sparsity[row]:g}",
        )
        for row in wrong[:20]
    ]
