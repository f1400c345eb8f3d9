"""A fit as plain JSON: what `scalesearch fit --json` prints, and `objectives.fit.saved` reads back."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from math import isfinite
from platform import python_version
from typing import Any

import numpy as np

from objectives.exact.optimum import Optimum
from objectives.fit.cut import Cut
from objectives.fit.ensemble import Ensemble
from objectives.fit.pipeline import Decision, Fit
from objectives.fit.saved import FORMAT
from objectives.laws import describe
from objectives.runs import Runs

LIBRARIES = ("scalesearch", "numpy", "scipy")
"""What a fit may depend on."""
OPTIMISER = (
    "Levenberg-Marquardt on QR factors from many starts (amplitudes by least squares, exponents spread "
    "evenly), first on squares, then on the loss"
)
RULE = (
    "every family is fitted below the same compute cuts and predicts the runs above them; of the acceptable "
    "ones within one standard error, or 15 %, of the best, the one with the fewest coefficients"
)


def to_record(
    fit: Fit, *, columns: Mapping[str, str] | None = None, dropped_highest_loss: int = 0
) -> dict[str, Any]:
    """Everything the report shows and an `Ensemble` needs; no NaN, no infinity.

    Args:
        fit: the fit.
        columns: field -> column, as the table was read.
        dropped_highest_loss: how many runs of the highest loss were left out when it was read.
    """
    return {
        "format": FORMAT,
        "kind": "fit",
        "law": describe(fit.law),
        "objective": fit.objective,
        "coefficients": fit.coefficients,
        "intervals": {name: list(ends) for name, ends in fit.intervals.items()},
        "certificate": _finite(fit.certificate.to_dict()),
        "calibration": _calibration(fit),
        "selection": {
            "chosen": fit.law.family,
            "rule": RULE,
            "candidates": [each.to_dict() for each in fit.candidates],
        },
        "checks": [finding.to_dict() for finding in fit.findings],
        "isoflop": fit.isoflop.to_dict(),
        "decisions": [_decision(each) for each in fit.decisions],
        "recipe": _recipe(fit),
        "versions": {"python": python_version(), **{name: version(name) for name in LIBRARIES}},
        "runs": _runs(fit, dict(columns or {}), dropped_highest_loss),
        "ensemble": _ensemble(fit.ensemble),
    }


def _calibration(fit: Fit) -> dict[str, Any]:
    known = fit.calibration.coverage(fit.cuts)
    return {
        **fit.calibration.to_dict(),
        "covered": known[0] if known else None,
        "median_half_width": known[1] if known else None,
        "cuts": [{**cut.to_dict(), "held_out_runs": _held_out(fit, cut)} for cut in fit.cuts],
    }


def _held_out(fit: Fit, cut: Cut) -> dict[str, list[float]]:
    """Every run above a cut: how far beyond it, its log error, and half the interval it was given."""
    half = fit.calibration.half_width(cut.spread, cut.decades, cut.noise)
    columns = {"decades": cut.decades, "error": cut.error, "half_width": half}
    return {name: column.tolist() for name, column in columns.items()}


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "flops": decision.budget.flops,
        "optimum": _answer(decision.optimum),
        "uncertainty": asdict(decision.uncertainty),
        "recommendation": asdict(decision.recommendation),
        "others": [{"law": family, **_answer(best)} for family, best in decision.others],
    }


def _answer(best: Optimum) -> dict[str, Any]:
    names = ("n", "n_active", "n_total", "tokens", "sparsity", "loss", "flops", "extra")
    whole = best.to_dict()
    return {name: whole[name] for name in names}


def _recipe(fit: Fit) -> dict[str, Any]:
    recipe, loss = fit.recipe, fit.recipe.loss
    return {
        "form": fit.law.equation,
        "loss": type(loss).__name__,
        **{name: value for name, value in asdict(loss).items()},
        "sum": "summed over the runs, not averaged",
        "residual": f"{recipe.residual.value}: predicted minus observed",
        "held": dict(recipe.held),
        "tied": dict(recipe.tied),
        "optimiser": OPTIMISER,
        "starts": fit.certificate.starts,
        "draws": recipe.draws,
        "level": recipe.level,
        "seed": recipe.seed,
    }


def _runs(fit: Fit, columns: Mapping[str, str], dropped: int) -> dict[str, Any]:
    """Where the runs came from, how they were read, and every one of them beside its prediction."""
    runs, solution = fit.runs, fit.solution
    predicted = solution.estimation.predicted(solution.theta[None])[0]
    table = {
        "row": runs.rows,
        "n": runs.n,
        "tokens": runs.tokens,
        "sparsity": runs.sparsity,
        "flops": runs.flops,
        "loss": runs.loss,
        "predicted": predicted,
        **runs.extra,
    }
    return {
        "source": runs.source,
        "sha256": runs.digest,
        "count": len(runs),
        "parameters": solution.estimation.count.value,
        "unit": runs.unit,
        "flops": "as the table states them" if "flops" in runs.about else "6 N_active D",
        "columns": columns,
        "excluded": _excluded(runs, dropped),
        "table": {name: column.tolist() for name, column in table.items()},
    }


def _excluded(runs: Runs, dropped: int) -> dict[str, Any]:
    """Rows of the file that were not fitted, and why."""
    last = max(int(runs.rows.max()), len(runs) + dropped)
    rows = np.setdiff1d(np.arange(1, last + 1), runs.rows).tolist()
    reason = f"the {dropped} runs of highest loss" if dropped else "left out before the fit"
    return {"rows": rows, "reason": reason if rows else None}


def _ensemble(ensemble: Ensemble) -> dict[str, Any]:
    return {
        "draws": {
            name: column.tolist()
            for name, column in zip(ensemble.law.coefficients, ensemble.draws.T, strict=True)
        },
        "weights": list(ensemble.weights),
        "alternatives": [describe(law) for law in ensemble.alternatives],
    }


def _finite(record: dict[str, Any]) -> dict[str, Any]:
    """None in place of an infinite condition number, which JSON cannot hold."""
    return record | {"condition": record["condition"] if isfinite(record["condition"]) else None}
