"""What may be wrong with a table of runs, each by a name that is kept in the report.

`objectives.runs` refuses tables that cannot be read one way; here is what can be read, and may mislead.
"""

from collections.abc import Iterator

from objectives.fit.check_design import (
    flops_factor,
    ranges,
    repeated_data,
    scaled_counts,
    sparsity_levels,
    unfit,
)
from objectives.fit.check_rows import (
    duplicates,
    finished,
    learning_rates,
    outliers,
    seed_noise,
    sweeps,
    undecayed,
)
from objectives.fit.finding import Finding, Severity
from objectives.fit.isoflop_check import isoflop_findings
from objectives.laws.law import Law
from objectives.runs import Runs

__all__ = ["Finding", "Severity", "check", "finished", "seed_noise", "unfit"]


def check(runs: Runs, law: Law | None = None) -> tuple[Finding, ...]:
    """All findings on a table, the refused first, then the warnings.

    Args:
        runs: the table, in the law's count and unit.
        law: a law fitted on these very runs; without one, only what needs no law is checked.
    """
    refused = [Finding.refusal("unfit", mistake) for mistake in unfit(runs, law)]
    done = runs.take(finished(runs))
    found = [*refused, *_of_rows(runs, done), *_of_design(runs, law)]
    if not refused:
        found += isoflop_findings(done, law)
        found += outliers(runs, law) if law is not None else ()
    order = [Severity.REFUSED, Severity.WARNING, Severity.NOTE]
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def _of_rows(runs: Runs, done: Runs) -> Iterator[Finding]:
    """Checkpoints within a run say nothing about sweeps: its setting is that of its end."""
    yield from duplicates(runs)
    yield from undecayed(runs)
    yield from sweeps(done)
    yield from learning_rates(done)


def _of_design(runs: Runs, law: Law | None) -> Iterator[Finding]:
    yield from ranges(runs, law)
    yield from scaled_counts(runs)
    yield from flops_factor(runs)
    if law is not None:
        yield from sparsity_levels(runs, law)
        yield from repeated_data(runs, law)
