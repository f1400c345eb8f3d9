"""simple-scaling-laws: a fit with its own bootstrap draws. Arguments: runs.csv, number of draws."""

import csv
import json
import sys
import time

import polars as pl
from simple_scaling_laws import fit


def main(path: str, draws: int) -> None:
    """Fit once to warm up, once to be timed."""
    with open(path) as file:
        rows = list(csv.DictReader(file))
    table = pl.DataFrame(
        {
            "training_run_id": [str(k) for k in range(len(rows))],
            "train_set_id": ["all"] * len(rows),
            "test_set_id": ["all"] * len(rows),
            "optimizer_seed": [0] * len(rows),
            "model_size__n_params": [float(row["n"]) for row in rows],
            "dataset_size__n_tokens": [float(row["tokens"]) for row in rows],
            "test_loss__cross_entropy": [float(row["loss"]) for row in rows],
        }
    )
    fit(table, n_draws=10, seed=0)
    wall, cpu = time.perf_counter(), time.process_time()
    model = fit(table, n_draws=draws, seed=0)
    spent = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    found = model.params("test_loss__cross_entropy")
    print(json.dumps({**spent, "coefficients": {name: float(value) for name, value in found.items()}}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
