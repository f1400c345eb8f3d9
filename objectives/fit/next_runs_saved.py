"""The evidence behind a fit.json, read back."""

import json
from pathlib import Path

import numpy as np

from objectives.fit.next_runs_belief import Evidence
from objectives.fit.saved import load
from objectives.laws.law import Array, Law
from objectives.runs import Runs
from spaces.errors import BadInput

COLUMNS = ("n", "tokens", "sparsity", "loss")


def load_evidence(path: Path) -> Evidence:
    """What a design needs of a fit.json: the law with its uncertainty, and the runs behind it.

    Raises:
        BadInput: the file cannot be read, or is not what `scalesearch fit` wrote.
    """
    try:
        ensemble = load(path)
        record = json.loads(path.read_text())
        table = {name: np.array(column, dtype=np.float64) for name, column in record["runs"]["table"].items()}
        recipe = record["recipe"]
        return Evidence(ensemble, _runs(table, ensemble.law), tuple(recipe["held"]), dict(recipe["tied"]))
    except BadInput as error:
        raise BadInput.of("fit", error.mistakes[0].expected, error.mistakes[0].got) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        got = f"{path.name}: {type(error).__name__} {error}"
        raise BadInput.of("fit", "a fit.json that `scalesearch fit -o` wrote, runs included", got) from error


def _runs(table: dict[str, Array], law: Law) -> Runs:
    extra = {law.extra.name: table[law.extra.name]} if law.extra else {}
    n, tokens, sparsity, loss = (table[name] for name in COLUMNS)
    return Runs(
        n,
        tokens,
        sparsity,
        loss,
        extra=extra,
        about={"flops": table["flops"]},
        count=law.count,
        unit=law.unit,
    )
