"""Real training runs: learning rate x batch for each model and token count (Step Law, arXiv:2503.04715).

The runs lie beside the repository, in the folder `shared`; without it there are no such problems.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from ConfigSpace import ConfigurationSpace, OrdinalHyperparameter

from experiments.benchmarks.problems import Problem

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "steplaw"
FILES = {"dense": "dense_lr_bs_loss.csv", "moe": "moe_lr_bs_loss.csv"}
SETTING = {"dense": ["N", "D"], "moe": ["Na", "D"]}
"""Columns that tell one table of learning rate x batch from another."""


def available(folder: Path = FOLDER) -> bool:
    """Whether the runs are there."""
    return all((folder / name).is_file() for name in FILES.values())


def tuning(kind: str, seed: int, folder: Path = FOLDER) -> Problem:
    """Learning rate and batch of one model and token count; the seed says which.

    A cell that was not trained has no value. The optimum is the table's best.
    """
    runs = _runs(folder / FILES[kind])
    settings = [table for _, table in runs.groupby(SETTING[kind])]
    table = settings[seed % len(settings)]
    return _lookup(f"Step Law, {kind}, one model", table, {"lr": "lr", "bs": "bs"})


def model_and_recipe(kind: str = "moe", folder: Path = FOLDER) -> Problem:
    """Model, learning rate and batch at once, at the largest token count that every model was trained on."""
    runs = _runs(folder / FILES[kind])
    model = SETTING[kind][0]
    common = runs.groupby("D")[model].nunique()
    tokens = common.index[common == runs[model].nunique()].max()
    table = runs[runs["D"] == tokens]
    return _lookup(f"Step Law, {kind}, model and recipe", table, {"model": model, "lr": "lr", "bs": "bs"})


def _lookup(name: str, table: pd.DataFrame, columns: Mapping[str, str]) -> Problem:
    """A problem whose values are the table's smoothed losses."""
    levels = {key: sorted(table[column].unique().tolist()) for key, column in columns.items()}
    keys = zip(*(table[column].tolist() for column in columns.values()), strict=True)
    losses = dict(zip(keys, table["smooth loss"].tolist(), strict=True))

    def cell(c: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(c[key] for key in columns)

    def space() -> ConfigurationSpace:
        space = ConfigurationSpace()
        space.add(*(OrdinalHyperparameter(key, values) for key, values in levels.items()))
        return space

    return Problem(
        name,
        space,
        lambda c: losses[cell(c)],
        min(losses.values()),
        fails=lambda c: cell(c) not in losses,
    )


@lru_cache
def _runs(path: Path) -> pd.DataFrame:
    return pd.read_csv(path)
