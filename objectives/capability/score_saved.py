"""A fitted law of MMLU as plain JSON, and back: what `scalesearch fit --law performance` writes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from platform import python_version
from typing import Any

import numpy as np

from objectives.capability.score_pipeline import ScoreFit
from objectives.capability.score_validation import YearCut
from objectives.laws import describe_capability, get
from objectives.laws.law import FittedRange
from objectives.laws.performance import Performance
from objectives.laws.score_link import Link
from spaces.errors import BadInput

KIND, FORMAT = "performance-fit", 1
RULE = (
    "each recipe (link and ridge) is fitted without each family in turn; chosen is the one of least root "
    "mean square error on the families left out, for what is far off hurts most"
)
LIBRARIES = ("scalesearch", "numpy")


@dataclass(frozen=True)
class Fitted:
    """A law of MMLU, with the half width of its interval where it comes with one."""

    law: Performance
    half_width: float | None = None
    level: float | None = None


def to_score_record(fit: ScoreFit) -> dict[str, Any]:
    """Everything the report shows; no NaN, no infinity."""
    return {
        "format": FORMAT,
        "kind": KIND,
        "law": {**describe_capability(fit.law), "link": fit.law.link.value},
        "coefficients": fit.law.coefficients,
        "intervals": {name: list(ends) for name, ends in fit.intervals.items()},
        "interval": {
            "level": fit.level,
            "half_width": _finite(fit.half_width),
            "covered_models": fit.covered.models,
            "covered_families": fit.covered.families,
            "held_out_half_width": _finite(fit.covered.half_width),
        },
        "selection": {
            "rule": RULE,
            "candidates": [
                {**asdict(recipe), "root_mean_square": held.root_mean_square, "error": held.mean_error}
                for recipe, held in fit.candidates
            ],
        },
        "error": {
            "fitted": float(np.mean(np.abs(fit.fitted - fit.scores.mmlu))),
            "held_out": fit.held.mean_error,
            "baselines": fit.baselines,
        },
        "years": [_year(cut) for cut in fit.years],
        "doubts": list(fit.doubts()),
        "recipe": {**asdict(fit.recipe), "draws": fit.draws, "seed": fit.seed, "level": fit.level},
        "versions": {"python": python_version(), **{name: version(name) for name in LIBRARIES}},
        "runs": _runs(fit),
    }


def load_performance(coefficients: str | None, folder: Path | None = None) -> Fitted:
    """The Performance Law of a published set's name, or of a fitted law's file.

    Args:
        coefficients: the default set if left out.
        folder: where a relative path starts; the working directory if left out.

    Raises:
        BadInput: no such set; a file that cannot be read or holds no such fit.
    """
    if coefficients is None or not coefficients.endswith(".json"):
        return Fitted(get("performance", coefficients))
    path = (folder or Path()) / coefficients
    expected = f"a fit of the performance law ({path.name})"
    try:
        return fitted_of(json.loads(path.read_text()))
    except OSError as error:
        raise BadInput.of("coefficients", expected, error.strerror or type(error).__name__) from error
    except (ValueError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__} {' '.join(str(error).split())}"
        raise BadInput.of("coefficients", expected, reason) from error


def fitted_of(record: Mapping[str, Any]) -> Fitted:
    """The law in a record, with its interval.

    Raises:
        KeyError, TypeError, ValueError: the record is not what `to_score_record` made.
    """
    if record["kind"] != KIND or record["format"] != FORMAT:
        raise ValueError(f"kind {record['kind']}, format {record['format']}")
    values = [float(record["coefficients"][name]) for name in Performance.coefficient_names()]
    if not all(map(isfinite, values)):
        raise ValueError("coefficients that are not finite")
    law = Performance(
        *values,
        name=str(record["law"]["set"]),
        source=str(record["law"]["source"]),
        fitted=FittedRange(
            **{name: ends and (ends[0], ends[1]) for name, ends in record["law"]["fitted"].items()}
        ),
        link=Link(record["law"]["link"]),
    )
    return Fitted(law, record["interval"]["half_width"], float(record["interval"]["level"]))


def _year(cut: YearCut) -> dict[str, Any]:
    return {
        "year": cut.year,
        "before": cut.before,
        "after": cut.after,
        "error": float(np.mean(np.abs(cut.error))),
        "bias": float(np.mean(cut.error)),
        "inside": cut.inside,
        "half_width": _finite(cut.half_width),
    }


def _runs(fit: ScoreFit) -> dict[str, Any]:
    """Every model beside its predictions."""
    scores = fit.scores
    columns = {
        "row": scores.rows, "model": scores.model, "family": scores.family, "layers": scores.layers,
        "hidden": scores.hidden, "ffn": scores.ffn, "tokens": scores.tokens, "n_total": scores.n_total,
        "mmlu": scores.mmlu, "held_out": fit.held.predicted, "fitted": fit.fitted, "published": fit.published,
    }  # fmt: skip
    return {
        "source": scores.source,
        "sha256": scores.digest,
        "count": len(scores),
        "families": len(scores.families),
        "left_out": [{"row": row, "reason": reason} for row, reason in scores.left_out],
        "table": {name: column.tolist() for name, column in columns.items()},
    }


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
