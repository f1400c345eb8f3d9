"""Checkpoints no one trained: `python -m experiments.synthetic_checkpoints` writes `runs/checkpoints.csv`.

A loss on a task follows a law of sizes and tokens, its accuracy a sigmoid of it, both with noise. What
`scalesearch chain` should find is known.
"""

import csv
import io
from pathlib import Path

import numpy as np

from objectives import laws
from objectives.capability.downstream import Sigmoid

FILE = Path(__file__).parent / "runs" / "checkpoints.csv"
SIZES = (190e6, 370e6, 760e6, 1.3e9)
LENGTHS = (20, 60, 200)
"""Tokens per parameter."""
SHARES = np.linspace(0.02, 1.0, 50)
"""Of each run, where a checkpoint is."""
LAW = {"e": 0.45, "a": 38.0, "b": 100.0, "alpha": 0.226, "beta": 0.236}
CURVE = Sigmoid(-0.74, 0.62, 4.8, 1.0)
UNFINISHED = 0.06
"""How much higher the loss is before the learning rate has fallen."""
LOSS_NOISE, ACCURACY_NOISE, SEED = 0.003, 0.003, 1


def table() -> str:
    """The table as CSV text, always the same."""
    law, random = laws.custom("hoffmann", **LAW), np.random.default_rng(SEED)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["run", "n", "tokens", "loss", "accuracy"])
    for n in SIZES:
        for length in LENGTHS:
            tokens = SHARES * n * length
            noise = np.exp(LOSS_NOISE * random.standard_normal(len(SHARES)))
            loss = law.loss(n, tokens) * (1.0 + UNFINISHED * np.maximum(0.5 - SHARES, 0.0)) * noise
            accuracy = CURVE.accuracy(loss) + ACCURACY_NOISE * random.standard_normal(len(SHARES))
            for each in zip(tokens, loss, accuracy, strict=True):
                rows.writerow([f"{n / 1e6:.0f}M-{length}", f"{n:.0f}", *(f"{value:.5g}" for value in each)])
    return text.getvalue()


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(table())
