"""Which pictures a fit's report shows, and where; `fit_pictures` draws them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from objectives.budget import Budget
from objectives.exact import Box, optima
from objectives.fit.ensemble import Ensemble
from objectives.fit.saved import ensemble_from
from objectives.laws.law import Array, Law
from runners.documents import fit_pictures
from runners.documents.document import Section
from runners.documents.fit_answer import is_sparse

Record = Mapping[str, Any]

BUDGETS = 15
"""Points of the path N*(C)."""
MOST_CURVES = 4
"""IsoFLOP curves among the runs; those of the budgets asked about come on top."""
APART = 3.0
"""Factor of compute between two curves."""


def illustrations(record: Record) -> dict[str, list[Section]]:
    """Picture sections by the part of the report they belong to."""
    ensemble = ensemble_from(record)
    return {
        "answer": list(_of_answer(record, ensemble)),
        "coefficients": list(_of_runs(record)),
        "certificate": list(_of_certificate(record)),
        "calibration": list(_of_calibration(record)),
    }


def _of_answer(record: Record, ensemble: Ensemble) -> Iterator[Section]:
    budgets, best, band, others = _path(record, ensemble)
    yield _picture(
        "Best size against compute",
        "The line is the law's best size; where dashed lines leave the band, the form of the law matters "
        "more than its coefficients.",
        fit_pictures.path(record, budgets, best, band, others),
    )
    if not ensemble.law.fixed_tokens:
        sparsity = _level(record)
        yield _picture(
            "IsoFLOP curves",
            "A star is the least loss of a budget; bands are intervals of a single run; dots are runs that "
            "cost within 25% of the budget of their colour.",
            fit_pictures.isoflop(record, ensemble, sparsity, _curves(record, ensemble.law, sparsity)),
        )


def _of_runs(record: Record) -> Iterator[Section]:
    yield _picture(
        "Measured against predicted",
        "A law that describes its runs leaves the points on the line, whatever their compute; rings are "
        "outliers.",
        fit_pictures.measured_against_predicted(record),
    )
    yield _picture(
        "Residuals",
        "A slope or a bend in this cloud, or one colour above the other, is something the law does not know.",
        fit_pictures.residuals(record),
    )


def _of_certificate(record: Record) -> Iterator[Section]:
    if record["certificate"]["profile"]:
        yield _picture(
            "Profile of the irreducible loss",
            "How much worse the fit becomes when this one coefficient is held and all others are refitted.",
            fit_pictures.profile(record),
        )


def _of_calibration(record: Record) -> Iterator[Section]:
    if record["calibration"]["cuts"]:
        yield _picture(
            "Held-out runs and their intervals",
            "Each panel is a fit to the runs below one cut; grey is the interval it gave each run above it.",
            fit_pictures.coverage(record),
        )


def _picture(title: str, caption: str, drawn: str) -> Section:
    return Section(title, (caption,), picture=drawn, level=3)


def _path(record: Record, ensemble: Ensemble) -> tuple[Array, Array, Array, dict[str, Array]]:
    """Budgets from the smallest run to beyond the largest budget, and the best sizes of every law there."""
    low = record["law"]["fitted"]["flops"][0]
    high = max(record["calibration"]["flops"], *(each["flops"] for each in record["decisions"]))
    grid = np.geomspace(low, 2.0 * high, BUDGETS)
    budgets = [Budget(float(each)) for each in grid]
    best = _sizes(ensemble.law, budgets)
    band = [
        ensemble.calibration.interval(float(n), ensemble.optima(budget).n[:, 0])
        for n, budget in zip(best, budgets, strict=True)
    ]
    others = {law.family: _sizes(law, budgets) for law in ensemble.alternatives}
    return grid, best, np.array(band), others


def _sizes(law: Law, budgets: Sequence[Budget]) -> Array:
    return np.array([best.n for best in optima(law, budgets)])


def _level(record: Record) -> float:
    """The sparsity of runs that is nearest to the answer's."""
    if not is_sparse(record):
        return 0.0
    levels = np.unique(record["runs"]["table"]["sparsity"])
    return float(levels[np.argmin(np.abs(levels - record["decisions"][0]["optimum"]["sparsity"]))])


def _curves(record: Record, law: Law, sparsity: float) -> list[dict[str, float]]:
    """The budgets near which most sizes were trained, those asked about, and the best size of each."""
    asked = [each["flops"] for each in record["decisions"]]
    chosen = sorted(dict.fromkeys([*_trained(record, sparsity, asked), *asked]))
    found = optima(law, [Budget(each) for each in chosen], Box(sparsity=(sparsity, sparsity)))
    return [{"flops": flops, "n": best.n} for flops, best in zip(chosen, found, strict=True)]


def _trained(record: Record, sparsity: float, asked: Sequence[float]) -> list[float]:
    """Budgets with the most different sizes about them, apart from each other and from those asked about."""
    table = {name: np.array(record["runs"]["table"][name]) for name in ("flops", "n", "sparsity")}
    here = np.abs(table["sparsity"] - sparsity) < 1e-3
    spent, sizes = table["flops"][here], table["n"][here]
    near = np.abs(np.log(spent[:, None] / spent)) <= np.log(fit_pictures.NEAR)
    different = np.array([len(np.unique(sizes[row])) for row in near])
    chosen: list[float] = []
    for row in np.argsort(-different, kind="stable"):
        apart = [abs(np.log(spent[row] / other)) > np.log(APART) for other in (*chosen, *asked)]
        if all(apart) and len(chosen) < MOST_CURVES:
            chosen.append(float(spent[row]))
    return chosen
