"""Checks of a table as a whole: whether its runs can tell the coefficients of a law apart."""

from collections.abc import Iterator

import numpy as np

from objectives.fit.finding import Finding, Severity
from objectives.laws.law import Array, Law
from objectives.run_groups import name_rows, rounded
from objectives.runs import Runs
from spaces.errors import Mistake

DECADE = 10.0
COLLINEAR = 0.95
"""Correlation of ln N and ln D from which two exponents cannot be told apart."""
LEAST_LEVELS = 3
"""Sparsity levels, dense included, below which the curvature in S is a guess."""
SMALLEST_MODEL, SMALLEST_DATA = 1e5, 1e6
"""Tables whose largest values are below these state counts in thousands, millions or billions."""


def unfit(runs: Runs, law: Law | type[Law] | None = None) -> list[Mistake]:
    """Why no law (of this family) can be fitted on these runs; empty where one can."""
    mistakes = []
    if len(np.unique(rounded(runs.n))) == 1:
        got = f"one size, {runs.n[0]:g}, in all {len(runs)} rows"
        mistakes.append(Mistake("runs.n", "runs of at least two sizes", got))
    if law is not None and runs.sparsity.max() > law.max_sparsity:
        sparse = runs.rows[runs.sparsity > law.max_sparsity]
        expected = f"at most {law.max_sparsity:g}, which the {law.family} law is defined for"
        got = f"up to {runs.sparsity.max():g} in {name_rows(sparse)}"
        mistakes.append(Mistake("runs.sparsity", expected, got))
    return mistakes


def ranges(runs: Runs, law: Law | type[Law] | None) -> Iterator[Finding]:
    """Sizes or tokens over less than a decade, or bound to each other."""
    free = {"N": runs.n} if law is not None and law.fixed_tokens else {"N": runs.n, "D": runs.tokens}
    for name, values in free.items():
        factor = values.max() / values.min()
        if factor < DECADE:
            text = f"{name} spans a factor of {factor:.4g}, less than a decade: its exponent is uncertain"
            yield Finding.of("narrow-range", Severity.WARNING, (), text)
    if all(np.ptp(np.log(values)) > 1e-9 for values in (runs.n, runs.tokens)) and "D" in free:
        yield from _collinear(np.log(runs.n), np.log(runs.tokens))


def _collinear(log_n: Array, log_d: Array) -> Iterator[Finding]:
    correlation = float(np.corrcoef(log_n, log_d)[0, 1])
    if abs(correlation) > COLLINEAR:
        why = "D grows with N alone" if correlation > 0 else "nearly all runs cost the same"
        text = (
            f"ln N and ln D correlate by {correlation:.3f} ({why}): alpha and beta can hardly be told apart"
        )
        yield Finding.of("collinear", Severity.WARNING, (), text)


def sparsity_levels(runs: Runs, law: Law | type[Law]) -> Iterator[Finding]:
    """Too few levels of S for a law of sparse models."""
    levels = np.unique(np.round(runs.sparsity, 3))
    if law.max_sparsity > 0 and len(levels) < LEAST_LEVELS:
        listed = ", ".join(f"{level:g}" for level in levels)
        text = f"the {law.family} law is about S, and the runs have {len(levels)} level(s) of it ({listed})"
        yield Finding.of("sparsity-levels", Severity.WARNING, (), text)


def repeated_data(runs: Runs, law: Law | type[Law]) -> Iterator[Finding]:
    """Tokens seen more than once, under a law that takes every token for a new one."""
    unique = runs.extra.get("unique_tokens")
    if unique is None or (law.extra is not None and law.extra.name == "unique_tokens"):
        return
    epochs = runs.tokens / unique
    repeated = runs.rows[epochs > 1.0 + 1e-9]
    if len(repeated):
        text = (
            f"{len(repeated)} runs repeat their data, up to {epochs.max():.3g} epochs, and the {law.family}"
            f" law takes repeated tokens for new ones: {name_rows(repeated)}"
        )
        yield Finding.of("repeated-data", Severity.WARNING, repeated, text)


def scaled_counts(runs: Runs) -> Iterator[Finding]:
    """Sizes or tokens that were probably written in millions or billions."""
    for name, values, least in (("N", runs.n, SMALLEST_MODEL), ("D", runs.tokens, SMALLEST_DATA)):
        if values.max() < least:
            text = f"{name} is at most {values.max():g}: in millions or billions? Budgets count single ones"
            yield Finding.of("scaled-counts", Severity.WARNING, (), text)


def flops_factor(runs: Runs) -> Iterator[Finding]:
    """FLOPs of the table that are not 6 N_active D: kept as they are, and said."""
    factors = runs.flops / (6.0 * runs.n_active * runs.tokens)
    middle = float(np.median(factors))
    if abs(middle - 1.0) > 0.05 or np.ptp(factors) > 0.1:
        text = (
            f"the table's FLOPs are {middle:.3g} times 6 N D ({factors.min():.3g} to {factors.max():.3g});"
            " they are kept where runs are grouped by cost, while a law's budget counts its own"
        )
        yield Finding.of("flops-factor", Severity.NOTE, (), text)
