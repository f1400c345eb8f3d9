"""A table of runs that no one trained: `python -m experiments.synthetic_runs` writes `runs/synthetic.csv`.

Its losses are those of a published law (Hoffmann, set epoch) times lognormal noise of half a per cent, at
seven sizes for each of seven budgets. The examples use it where real tables cannot be shipped; what a fit
should find is known.
"""

import csv
import io
from pathlib import Path

import numpy as np

from objectives import laws

FILE = Path(__file__).parent / "runs" / "synthetic.csv"
BUDGETS = np.geomspace(1e18, 1e21, 7)
SIZES = 7
REACH = 4.0
"""Sizes of a budget lie within this factor of the compute-optimal one."""
NOISE = 0.005
SEED = 1


def table() -> str:
    """The table as CSV text, always the same."""
    law, random = laws.get("hoffmann", "epoch"), np.random.default_rng(SEED)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["n_total", "tokens", "loss"])
    for budget in BUDGETS:
        centre = np.sqrt(budget / 120.0)  # twenty tokens per parameter
        for n in np.geomspace(centre / REACH, centre * REACH, SIZES):
            n, tokens = float(f"{n:.3g}"), float(f"{budget / (6 * n):.3g}")
            loss = float(law.loss(n, tokens)) * np.exp(NOISE * random.standard_normal())
            rows.writerow([f"{n:.0f}", f"{tokens:.0f}", f"{loss:.4f}"])
    return text.getvalue()


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(table())
