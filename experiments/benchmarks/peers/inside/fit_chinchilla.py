"""chinchilla: L-BFGS from every point of Hoffmann's grid. Arguments: runs.csv, seconds it may take."""

import csv
import json
import sys
import tempfile
import time

import numpy as np
from chinchilla import Chinchilla

GRID = {
    "E": np.linspace(1.1, 1.5, 5),
    "a": np.linspace(1, 10, 5),
    "b": np.linspace(1, 10, 5),
    "alpha": np.linspace(0.1, 0.7, 5),
    "beta": np.linspace(0.1, 0.7, 5),
}
"""The grid of the package's own example."""


def main(path: str) -> None:
    """Fit once: its grid takes minutes."""
    with open(path) as file:
        rows = list(csv.DictReader(file))
    with tempfile.TemporaryDirectory() as folder:
        model = Chinchilla(folder, param_grid=GRID, log_level=50)
        for row in rows:
            n, d = float(row["n"]), float(row["tokens"])
            model.append(C=6 * n * d, N=int(n), D=d, loss=float(row["loss"]))
        wall, cpu = time.perf_counter(), time.process_time()
        model.fit(parallel=False)
        spent = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        found = model.get_params()
    print(json.dumps({**spent, "coefficients": {name: float(value) for name, value in found.items()}}))


if __name__ == "__main__":
    main(sys.argv[1])
