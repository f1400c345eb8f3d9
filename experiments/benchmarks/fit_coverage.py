"""Do intervals hold? `python -m experiments.benchmarks fit_coverage`, on every real table there is.

Each table is cut at several computes; the whole fit, calibration included, sees only the runs below, and its
95 % intervals are held against the runs above. Beside it stand the usual ways: the bootstrap alone, and the
bootstrap with the residuals' noise.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from experiments.real_runs import RealTable, real_tables
from objectives.fit.bootstrap import resampled
from objectives.fit.calibration import calibrate
from objectives.fit.estimation import Estimation
from objectives.fit.fitting import solve
from objectives.fit.forms import form_of
from objectives.fit.losses import Huber
from objectives.fit.rolling import rolling_origin
from objectives.laws.law import Array
from runners.documents.document import Section, Table

SHARES = (0.5, 0.7, 0.85)
"""Of the runs, in order of compute, that the fit may see."""
SPARE = 4
REPLICATES = 300
METHODS = ("bootstrap", "bootstrap + noise", "calibrated")


@dataclass(frozen=True, eq=False)
class Held:
    """One cut of one table: errors above it, and half widths by method."""

    table: RealTable
    error: Array
    widths: dict[str, Array]
    seconds: float

    def covered(self, method: str) -> npt.NDArray[np.bool_]:
        """Which errors lie inside."""
        return np.abs(self.error) <= self.widths[method]


def sections(tables: Iterator[RealTable] | None = None) -> list[Section]:
    """The tables of this benchmark."""
    held = [each for table in tables or real_tables() for each in of_table(table)]
    return [_summary(held), _by_table(held)]


def of_table(table: RealTable) -> Iterator[Held]:
    """Every cut that leaves enough runs below."""
    runs, family = table.runs, form_of(table.family)
    order = np.log(runs.flops)
    for share in SHARES:
        below = order <= np.quantile(order, share) + 1e-9
        if below.sum() < len(family.law.coefficient_names()) + SPARE or below.all():
            continue
        yield _held(table, below)


def _held(table: RealTable, below: npt.NDArray[np.bool_]) -> Held:
    start = time.perf_counter()
    loss = Huber(0.01) if table.name == "frantar-vit" else Huber()
    whole = Estimation(form_of(table.family), table.runs, loss)
    seen, rest = whole.on(table.runs.take(below)), whole.on(table.runs.take(~below))
    solution = solve(seen)
    noise = np.sqrt(np.sum(solution.log_errors**2) / max(len(seen.runs) - len(seen.free), 1))
    calibration = calibrate(rolling_origin(solution), float(noise), float(seen.runs.flops.max()))
    theta = resampled(seen, solution.theta[None], REPLICATES, [0, 2])[0]
    predicted = np.log(rest.predicted(solution.theta[None])[0])
    with np.errstate(all="ignore"):
        deviation = np.clip(np.log(rest.predicted(theta)) - predicted, -1.0, 1.0)
    spread = np.sqrt(np.nanmean(deviation**2, axis=0))
    decades = np.log10(rest.runs.flops / calibration.flops)
    widths = {
        "bootstrap": calibration.z * spread,
        "bootstrap + noise": calibration.z * np.sqrt(spread**2 + noise**2),
        "calibrated": calibration.half_width(spread, decades),
    }
    return Held(table, predicted - rest.log_observed, widths, time.perf_counter() - start)


def _summary(held: list[Held]) -> Section:
    """Coverage pooled over runs, over tables, and the price in width."""
    groups = sorted({each.table.group for each in held})
    rows = [_summary_row(held, groups, method) for method in METHODS]
    columns = (
        "interval",
        "runs covered",
        "mean over tables",
        "mean over groups",
        "half width",
        "median group",
    )
    count = sum(len(each.error) for each in held)
    tables = len({each.table.name for each in held})
    text = (
        f"{count} held-out runs above {len(held)} cuts of {tables} tables; nominal 95 %.",
        "Tables of one publication are a group. Half widths are of log loss (0.02 is 2 % of the loss): the "
        "median over runs, and the median over the groups' medians.",
    )
    return Section("Coverage of intervals", text, Table.of(columns, rows))


def _summary_row(held: list[Held], groups: list[str], method: str) -> tuple[str, ...]:
    def mean_share(parts: list[list[Held]]) -> str:
        return f"{np.mean([np.mean([each.covered(method).mean() for each in part]) for part in parts]):.1%}"

    def median_width(part: list[Held]) -> float:
        return float(np.median(np.concatenate([each.widths[method] for each in part])))

    by_group = [[each for each in held if each.table.group == group] for group in groups]
    names = dict.fromkeys(each.table.name for each in held)
    by_name = [[each for each in held if each.table.name == name] for name in names]
    pooled = np.concatenate([each.covered(method) for each in held]).mean()
    typical = np.median([median_width(part) for part in by_group])
    shares = (f"{pooled:.1%}", mean_share(by_name), mean_share(by_group))
    return method, *shares, f"{median_width(held):.3f}", f"{typical:.3f}"


def _by_table(held: list[Held]) -> Section:
    columns = ("table", "law", "held out", *METHODS, "median error", "median half width", "time per cut")
    names = list(dict.fromkeys(each.table.name for each in held))
    return Section("Coverage, table by table", table=Table.of(columns, [_row(held, name) for name in names]))


def _row(held: list[Held], name: str) -> tuple[str, ...]:
    mine = [each for each in held if each.table.name == name]
    error = np.concatenate([each.error for each in mine])
    shares = [f"{np.concatenate([each.covered(method) for each in mine]).mean():.0%}" for method in METHODS]
    width = np.median(np.concatenate([each.widths["calibrated"] for each in mine]))
    seconds = np.mean([each.seconds for each in mine])
    return (
        *(name, mine[0].table.family, str(len(error)), *shares),
        *(f"{np.median(np.abs(error)):.4f}", f"{width:.4f}", f"{seconds:.2f} s"),
    )
