"""Families of models no one trained: `python -m experiments.synthetic_models` writes `runs/models.csv`.

Two skills that grow alike in all families, three benchmarks, noise of a point. What `scalesearch sloth`
should find is known: `python -m experiments.synthetic_models FAMILY N TOKENS` prints it.
"""

import csv
import io
import sys
from pathlib import Path

import numpy as np

from objectives.capability.downstream_skills import FLOORS, Parts, Skills

FILE = Path(__file__).parent / "runs" / "models.csv"
BENCHMARKS = ("mmlu", "gsm8k", "hellaswag")
FAMILIES = (
    "amber",
    "basalt",
    "cobalt",
    "dolomite",
    "emerald",
    "flint",
    "garnet",
    "halite",
    "iolite",
    "jasper",
)
STARTS = ((-1.5, -2.8), (-0.9, -2.0), (-1.9, -3.1), (-0.4, -1.4), (-1.1, -2.6), (-1.6, -2.2),
          (-0.7, -2.4), (-1.3, -1.8), (-2.0, -3.0), (-0.6, -1.7))  # fmt: skip
TRUTH = Skills(
    Parts(
        np.array([STARTS]),
        np.array([[[0.55, 0.75], [0.30, 0.35], [0.03, 0.02]]]),
        np.array([[[1.0, 0.0], [0.0, 1.0], [0.8, 0.15]]]),
        np.array([[0.0, 0.0, 1.6]]),
    ),
    FAMILIES,
    tuple(FLOORS[name] for name in BENCHMARKS),
)
MODELS = (
    ((1.1e9, 1e12), (3e9, 2e12), (8e9, 2e12)),
    ((1.5e9, 4e12), (7e9, 4e12), (14e9, 6e12), (32e9, 6e12)),
    ((7e9, 0.5e12), (7e9, 1.5e12), (13e9, 1.5e12)),
)
"""Sizes and tokens of the families, in turns."""
NOISE, SEED = 0.01, 3


def table() -> str:
    """The table as CSV text, always the same."""
    random, text = np.random.default_rng(SEED), io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["family", "n_total", "tokens", *BENCHMARKS])
    for number, family in enumerate(FAMILIES):
        for n, tokens in MODELS[number % len(MODELS)]:
            score = TRUTH.scores(family, n, tokens) + NOISE * random.standard_normal(len(BENCHMARKS))
            shown = (f"{each:.3f}" for each in np.clip(score, 0.0, 1.0))
            rows.writerow([family, f"{n:.0f}", f"{tokens:.0f}", *shown])
    return text.getvalue()


if __name__ == "__main__":
    if len(sys.argv) == 4:
        scores = TRUTH.scores(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
        print(dict(zip(BENCHMARKS, scores.round(3).tolist(), strict=True)))
    else:
        FILE.write_text(table())
