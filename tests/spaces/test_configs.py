"""A table of configurations reads the same by row and by column."""

import numpy as np
import pytest

from spaces.configs import Config, Configs

ROWS: list[Config] = [
    {"n": 1e9, "layers": 24, "kind": "dense", "tied": True},
    {
        "n": 2e9,
        "layers": 32,
        "kind": "moe",
        "tied": False,
        "experts": 8,
        "router": "top",
        "lr": 0.1,
        "bias": True,
    },
    {
        "n": 4e9,
        "layers": 40,
        "kind": "moe",
        "tied": False,
        "experts": 64,
        "router": None,
        "lr": 0.2,
        "bias": False,
    },
]


def test_rows_come_back_in_value_and_type_also_where_parameters_are_missing() -> None:
    table = Configs.from_rows(ROWS)
    assert list(table) == ROWS
    assert [[type(v) for v in row.values()] for row in table] == [
        [type(v) for v in row.values()] for row in ROWS
    ]


def test_inactive_cells_hold_the_zero_of_their_column() -> None:
    table = Configs.from_rows(ROWS)
    assert table["experts"].tolist() == [0, 8, 64]
    assert table["experts"].dtype == np.int64
    assert np.isnan(table["lr"][0])
    assert table["router"].tolist() == [None, "top", None]
    assert table["bias"].tolist() == [False, True, False]
    assert table.active["experts"].tolist() == [False, True, True]


def test_selections_keep_columns_masks_and_rows_together() -> None:
    table = Configs.from_rows(ROWS)
    assert list(table[1:]) == ROWS[1:]
    assert list(table.select(np.array([True, False, True]))) == [ROWS[0], ROWS[2]]
    assert table[-1] == ROWS[-1]


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        Configs({"a": [1, 2], "b": [1]})


def test_an_empty_table_has_no_rows() -> None:
    assert list(Configs.from_rows([])) == []
