"""A fit as plain JSON: what `scalesearch fit --json` prints and fit.json holds (`objectives.fit.saved` reads it)."""

from dataclasses import asdict
from math import isfinite
from typing import Any

from objectives.exact.optimum import Optimum
from objectives.fit.ensemble import Ensemble
from objectives.fit.pipeline import Decision, Fit
from objectives.fit.saved import FORMAT
from objectives.laws import describe

OPTIMISER = (
    "Levenberg-Marquardt on QR factors from many starts (amplitudes by least squares, exponents spread evenly), "
    "first on squares, then on the loss"
)
RULE = (
    "every family is fitted below the same compute cuts and predicts the runs above them; of the acceptable ones "
    "within one standard error of the best, the one with the fewest coefficients"
)


def to_record(fit: Fit) -> dict[str, Any]:
    """Everything the report shows and an `Ensemble` needs; no NaN, no infinity."""
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
        "decisions": [_decision(each) for each in fit.decisions],
        "recipe": _recipe(fit),
        "runs": _runs(fit),
        "ensemble": _ensemble(fit.ensemble),
    }


def _calibration(fit: Fit) -> dict[str, Any]:
    known = fit.calibration.coverage(fit.cuts)
    return {
        **fit.calibration.to_dict(),
        "covered": known[0] if known else None,
        "median_half_width": known[1] if known else None,
        "cuts": [cut.to_dict() for cut in fit.cuts],
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "flops": decision.budget.flops,
        "optimum": _answer(decision.optimum),
        "uncertainty": asdict(decision.uncertainty),
        "recommendation": asdict(decision.recommendation),
        "others": [{"law": family, **_answer(best)} for family, best in decision.others],
    }


def _answer(best: Optimum) -> dict[str, Any]:
    names = ("n", "n_active", "n_total", "tokens", "sparsity", "loss", "flops")
    return {name: getattr(best, name) for name in names}


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


def _runs(fit: Fit) -> dict[str, Any]:
    """Where the runs came from, and every one of them beside its prediction."""
    runs, solution = fit.runs, fit.solution
    predicted = solution.estimation.predicted(solution.theta[None])[0]
    columns = {
        "row": runs.rows,
        "n": runs.n,
        "tokens": runs.tokens,
        "sparsity": runs.sparsity,
        "flops": runs.flops,
        "loss": runs.loss,
        "predicted": predicted,
    }
    return {
        "source": runs.source,
        "sha256": runs.digest,
        "count": len(runs),
        "parameters": solution.estimation.count.value,
        "unit": runs.unit,
        "table": {name: column.tolist() for name, column in columns.items()},
    }


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
