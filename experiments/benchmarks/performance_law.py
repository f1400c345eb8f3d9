"""The Performance Law on real models: `python -m experiments.benchmarks performance_law`.

How far the published law is off, by year and kind of model; what the fit makes of it, by families held out
and by later years; whether its intervals hold; how long the planner takes, beside a plain loop.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

from experiments.benchmarks.measure import best_seconds
from experiments.real_runs import GENERAL_2024, SHARED, mmlu_models
from objectives import laws
from objectives.budget import make_budget
from objectives.capability.planner import feasible_plans
from objectives.capability.score_fit import estimation
from objectives.capability.score_pipeline import ScoreFit, fit_scores
from objectives.capability.score_table import Mask, Scores
from objectives.capability.score_validation import coverage, year_cuts
from runners.documents.document import Section, Table
from runners.documents.quantities import percent

LEVELS = (0.8, 0.9, 0.95)
LAW = laws.get("performance")


def sections() -> list[Section]:
    """The tables of this benchmark."""
    scores = mmlu_models(SHARED / "data")
    fit = fit_scores(scores)
    return [_published(scores), _fitted(fit), _intervals(fit), _years(fit), _speed()]


def _published(scores: Scores) -> Section:
    """The law as published, against everything measured."""
    year, chance = scores.year, scores.mmlu < 28
    assert year is not None  # the reader gives them
    groups: dict[str, Mask] = {"all": np.ones(len(scores), dtype=bool)}
    groups |= {f"released {int(each)}": year == each for each in np.unique(year)}
    groups |= {"2024, no code models": np.isin(scores.family, GENERAL_2024), "at chance (below 28)": chance}
    error = LAW.mmlu(*scores.inputs) - scores.mmlu
    rows = [
        (name, int(mask.sum()), f"{np.abs(error[mask]).mean():.2f}", f"{error[mask].mean():+.2f}")
        for name, mask in groups.items()
    ]
    ranks = np.argsort(np.argsort([error + scores.mmlu, scores.mmlu], axis=1), axis=1).astype(np.float64)
    rho = np.corrcoef(ranks[0], ranks[1])[0, 1]
    raw = np.abs(LAW.raw(*scores.inputs) - scores.mmlu).mean()
    text = f"Spearman correlation {rho:.3f}; mean error before the clipping {raw:.2f}. Years are from memory."
    return Section("The published law", (text,), Table.of(("models", "count", "mean error", "bias"), rows))


def _fitted(fit: ScoreFit) -> Section:
    rows = [(f"fit, {fit.recipe.link} link, ridge {fit.recipe.ridge:g}", f"{fit.held.mean_error:.2f}")]
    rows += [(name, f"{error:.2f}") for name, error in fit.baselines.items()]
    return Section("Families held out", table=Table.of(("prediction", "mean error"), rows))


def _intervals(fit: ScoreFit) -> Section:
    problem = estimation(fit.scores, fit.recipe)
    rows = []
    for level in LEVELS:
        known = coverage(problem, level)
        shares = (percent(known.models), percent(known.families))
        rows.append((percent(level), *shares, f"{known.half_width:.1f}"))
    columns = ("nominal", "models inside", "mean over families", "median half width")
    text = "Nested: neither the fit nor the width of an interval has seen the family it is tested on."
    return Section("Coverage of intervals", (text,), Table.of(columns, rows))


def _years(fit: ScoreFit) -> Section:
    problem, year = estimation(fit.scores, fit.recipe), fit.scores.year
    assert year is not None  # the reader gives them
    published = np.abs(fit.published - fit.scores.mmlu)
    rows = [
        (
            *(cut.year, cut.before, cut.after, f"{np.abs(cut.error).mean():.1f}", f"{cut.error.mean():+.1f}"),
            "too few families" if cut.inside is None else percent(cut.inside),
            f"{published[year > cut.year].mean():.1f}",
        )
        for cut in year_cuts(problem, 0.9)
    ]
    columns = ("fitted up to", "models", "later", "mean error", "bias", "inside 90%", "published law's error")
    return Section("Later years from earlier ones", table=Table.of(columns, rows))


def _speed() -> Section:
    budget = make_budget(gpus=1024, days=30, peak_tflops=376, mfu=0.4)
    calls: dict[str, Callable[[], object]] = {
        "vectorised": lambda: feasible_plans(LAW, budget).ordered("balance"),
        "plain loop": lambda: list(_loop(budget.flops)),
    }
    best = best_seconds(calls, rounds=3)
    rows = [
        (name, f"{1000 * each:.1f} ms", f"{each / best['vectorised']:.1f}") for name, each in best.items()
    ]
    return Section("The author's grid, planned", table=Table.of(("planner", "time", "ratio"), rows))


def _loop(flops: float) -> Iterator[tuple[int, int, int, float, float]]:
    """The same plans one by one, without sorting."""
    w1, w2, w3, w4, b = LAW.coefficients.values()
    for h in range(16384, 2047, -1024):
        for d in (h + 1024 * k for k in range(0, 99, 2) if (h + 1024 * k) % 4096 == 0):
            for n in (n for n in range(20, 100) if n % 8 in (6, 7)):
                size = (2048 * h + 2 * h * h + 3 * h * d) * n + 300_000 * h
                for tokens in (1e12 + 0.5e12 * step for step in range(38)):
                    if not 10e9 <= size <= 100e9 or 6 * size * tokens > flops:
                        continue
                    log_u = -(((10 / d + 20 / h) * n) ** 2)
                    logs = (math.log(n), math.log(h), math.log(d), math.log(min(tokens / 1e12, size / 1e9)))
                    mmlu = b + sum(w * (log_u + x) for w, x in zip((w1, w2, w3, w4), logs, strict=True))
                    if mmlu >= 50:
                        yield n, h, d, tokens, mmlu
