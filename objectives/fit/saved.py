"""Reading fit.json: what `--coefficients fit.json` and a job's `coefficients: fit.json` take."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from objectives.fit.calibration import FIELDS, Calibration
from objectives.fit.ensemble import Ensemble
from objectives.laws import Count, FittedRange, Trust, family_class
from objectives.laws.law import Law
from spaces.errors import BadInput

FORMAT = 1


def load(path: Path) -> Ensemble:
    """The fitted law of a fit.json, with its uncertainty.

    Raises:
        BadInput: the file cannot be read, or is not what `scalesearch fit` wrote.
    """
    expected = f"a fit.json that `scalesearch fit -o` wrote, format {FORMAT}"
    try:
        return _parsed(path.read_text())
    except (OSError, KeyError, TypeError, ValueError) as error:  # a decoding error is a ValueError, too
        got = f"{path.name}: {type(error).__name__} {' '.join(str(error).split())}"
        raise BadInput.of("coefficients", expected, got) from error


@lru_cache(maxsize=8)
def _parsed(text: str) -> Ensemble:
    """The ensemble in the text of a file; a sweep reads the same one many times."""
    record = json.loads(text)
    if not isinstance(record, dict) or (record.get("kind"), record.get("format")) != ("fit", FORMAT):
        raise ValueError("another kind of file, or another format")
    return ensemble_from(record)


def ensemble_from(record: Mapping[str, Any]) -> Ensemble:
    """The ensemble in a record (`objectives.fit.record.to_record`).

    Raises:
        KeyError, TypeError, ValueError: the record is not one.
    """
    law, parts = _law_from(record["law"]), record["ensemble"]
    return Ensemble(
        law=law,
        draws=np.array([parts["draws"][name] for name in law.coefficient_names()], dtype=np.float64).T,
        calibration=Calibration(**{name: record["calibration"][name] for name in FIELDS}),
        alternatives=tuple(_law_from(each) for each in parts["alternatives"]),
        weights=tuple(float(weight) for weight in parts["weights"]),
    )


def _law_from(record: Mapping[str, Any]) -> Law:
    """The law `objectives.laws.describe` described."""
    law = family_class(record["family"])
    return law(
        *(float(record["coefficients"][name]) for name in law.coefficient_names()),
        name=str(record["set"]),
        source=str(record["source"]),
        trust=Trust(record["trust"]),
        count=Count(record["count"]),
        unit=str(record["unit"]),
        fitted=FittedRange(**{name: ends and (ends[0], ends[1]) for name, ends in record["fitted"].items()}),
    )
