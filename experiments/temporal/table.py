"""The measured tables: drafts of single runs become one table for each validation text."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from experiments.temporal.recipe import INVENTED, Corpus, Recipe, recipes

HERE = Path(__file__).parent
DRAFTS = HERE.parents[1] / "results" / "temporal"


FACTS = {"invented": "runs.json", "library": "runs-library.json"}


def draft(recipe: Recipe, folder: Path = DRAFTS) -> Path:
    """Where a run is written when it is done."""
    return folder / recipe.corpus.name / f"{recipe.name}.npz"


def join(corpus: Corpus = INVENTED) -> None:
    """Write the tables of a corpus, if every run has been trained."""
    paths = [draft(each) for each in recipes(corpus)]
    missing = [path.stem for path in paths if not path.exists()]
    if missing:
        print(f"{corpus.name}: not joined yet, {', '.join(missing)} still to be trained")
        return
    runs = [dict(np.load(path)) for path in paths]
    for text in corpus.texts:
        lines = "run,tokens,lr,position,loss\n" + "".join(_lines(run, text) for run in runs)
        _write(HERE / f"{text}.csv.gz", lines)
    (HERE / FACTS[corpus.name]).write_text(json.dumps([about(run) for run in runs], indent=1) + "\n")


def about(run: dict[str, Any]) -> dict[str, Any]:
    """What is known of a run besides its losses."""
    return dict(json.loads(str(run["about"])))


def _lines(run: dict[str, Any], text: str) -> str:
    name, rows = about(run)["run"], io.StringIO()
    for tokens, rate, losses in zip(run["tokens"], run["lr"], run[text], strict=True):
        for position, loss in enumerate(losses, 1):
            rows.write(f"{name},{tokens},{rate:.4g},{position},{loss:.4f}\n")
    return rows.getvalue()


def _write(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
