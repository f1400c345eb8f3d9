"""`scalesearch laws` lists what is no loss law with the same fields, each once, with source and trust."""

import json

import pytest

from objectives.formula_catalogue import formula_catalogue
from objectives.laws import catalogue
from objectives.laws.law import Trust
from runners.cli.main import main


def test_records_have_the_fields_of_laws_and_are_listed_once() -> None:
    records = formula_catalogue()
    fields = set(catalogue()[0])
    assert all(set(record) == fields | {"meaning"} for record in records)
    assert len({(record["family"], record["set"]) for record in records}) == len(records)
    assert all(record["source"] and record["trust"] in set(Trust) for record in records)


def test_the_command_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["laws", "--json"]) == 0
    families = {record["family"] for record in json.loads(capsys.readouterr().out)}
    assert {"hoffmann", "performance", "step-law", "exponential-error", "loss-to-loss", "sloth"} <= families
    assert main(["laws"]) == 0
    assert "It gives learning rate and batch size" in capsys.readouterr().out
