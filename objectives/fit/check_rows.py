"""Checks of single runs: copies, replicates, sweeps, outliers, undecayed checkpoints, learning rates."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from objectives.fit.finding import Finding, Severity
from objectives.fit.losses import MAD_SIGMA
from objectives.laws.law import Array, Count, Law
from objectives.run_columns import FACTS
from objectives.run_groups import Rows, groups, name_rows, rounded
from objectives.runs import Runs

FAR = 4.0
"""Robust standard deviations beyond which a run is an outlier."""
LEAST_SIGMA = 1e-4
"""Of log loss: below the noise of any training run, so that a perfect fit has no outliers."""
CORNER = 0.05
"""Share of the runs that is the corner of highest loss."""
SEED_SIGMA = 0.02
"""Of log loss: more than different seeds do to a finished run."""
UNTUNED = 0.01
"""Excess of log loss over the best run of the same configuration that is worth naming."""
LOG_LENGTH = 10
"""Amounts of tokens at one size, most of them evenly spaced, that make a training log."""
STEP_LAW_FACTOR = 4.0
"""How far from Step Law's optimum a learning rate or batch is worth naming."""
_SPOKEN = {"learning_rate": "learning rate", "batch_tokens": "batch"}


def seed_noise(runs: Runs) -> float | None:
    """Standard deviation of log loss among runs that differ in nothing the table knows; None without such."""
    return _pooled_sigma(_replicates(runs), np.log(runs.loss))


def duplicates(runs: Runs) -> Iterator[Finding]:
    """Copied rows; replicates, and the noise they show."""
    copied = [runs.rows[rows] for rows in groups([*_settings(runs), rounded(runs.loss)])]
    if copied:
        every = np.concatenate(copied)
        text = f"{len(every) - len(copied)} rows repeat another, loss and all: {name_rows(every)}"
        yield Finding.of("duplicates", Severity.WARNING, every, text)
    replicates = _replicates(runs)
    sigma = _pooled_sigma(replicates, np.log(runs.loss))
    if sigma is not None:
        every = runs.rows[np.concatenate(replicates)]
        text = (
            f"{len(replicates)} configurations were trained more than once; log loss scatters by {sigma:.2g}"
        )
        wide = sigma > SEED_SIGMA
        text += ", more than seeds do: a setting that is no column differs between them" if wide else ""
        yield Finding.of("replicates", Severity.WARNING if wide else Severity.NOTE, every, text)


def sweeps(runs: Runs) -> Iterator[Finding]:
    """Configurations trained at several learning rates or batches: a law describes the best of each."""
    if not _facts(runs):
        return
    above = _above_best(runs)
    cells = [rows for rows in groups(_configuration(runs)) if _varies(runs, rows)]
    if not cells:
        return
    swept = np.concatenate(cells)
    poor = swept[above[swept] > UNTUNED]
    text = (
        f"{len(cells)} configurations were trained at several learning rates or batches, and a law is about"
        f" the best: {len(poor)} of their {len(swept)} runs lie more than {UNTUNED:.0%} above it"
    )
    yield Finding.of("sweep", Severity.WARNING if len(poor) else Severity.NOTE, runs.rows[poor], text)


def outliers(runs: Runs, law: Law) -> Iterator[Finding]:
    """Runs far from a law fitted on them, in units of the robust spread of all residuals."""
    predicted = law.loss(*runs.inputs, **runs.extra_of(law))
    residual = np.log(runs.loss) - np.log(predicted)
    residual = residual - np.median(residual)
    degrees = max(
        len(runs) - len(law.coefficients), 1
    )  # a fit passes through as many runs as it has coefficients
    sigma = max(MAD_SIGMA * float(np.median(np.abs(residual))) * len(runs) / degrees, LEAST_SIGMA)
    far = np.flatnonzero(np.abs(residual) > FAR * sigma)
    if len(far) == 0:
        return
    worst = far[np.argmax(np.abs(residual[far]))]
    text = (
        f"{len(far)} runs lie more than {FAR:g} robust standard deviations ({sigma:.2g} of log loss) off the"
        f" {law.family} law: {name_rows(runs.rows[far])}; the farthest is row {runs.rows[worst]},"
        f" loss {runs.loss[worst]:.4g} against {predicted[worst]:.4g}"
    )
    yield Finding.of("outliers", Severity.WARNING, runs.rows[far], text + _corner(runs, far))


def _corner(runs: Runs, far: Rows) -> str:
    """Whether the outliers crowd where losses are highest."""
    corner = np.argsort(-runs.loss, kind="stable")[: max(1, round(CORNER * len(runs)))]
    inside = np.intersect1d(far, corner)
    if len(inside) / len(far) < 2 * CORNER or len(far) == len(runs):
        return ""
    return (
        f". {len(inside)} of them are among the {len(corner)} runs of highest loss, the corner that the"
        " replication of the Chinchilla fit left out (Besiroglu et al. 2024 dropped 5 runs)"
    )


def undecayed(runs: Runs) -> Iterator[Finding]:
    """Checkpoints from the middle of a run, whose learning rate had not come down yet."""
    early = _early(runs)
    if early:
        every = runs.rows[np.concatenate(early)]
        text = (
            f"{len(every)} rows are earlier checkpoints of {len(early)} runs ({name_rows(every)}): their"
            " learning rate had not come down, so their losses are higher than those of runs that end there"
        )
        yield Finding.of("undecayed", Severity.WARNING, every, text)
    schedules = runs.labels.get("schedule")
    if schedules is not None:
        constant = np.array(["constant" in name.lower() for name in schedules], dtype=bool)
        if constant.any():
            text = f"{constant.sum()} rows have, by their schedule, a learning rate that never came down"
            yield Finding.of("undecayed", Severity.WARNING, runs.rows[constant], text)


def finished(runs: Runs) -> npt.NDArray[np.bool_]:
    """Which runs are not earlier checkpoints of another row."""
    kept = np.ones(len(runs), dtype=bool)
    for rows in _early(runs):
        kept[rows] = False
    return kept


def _early(runs: Runs) -> list[Rows]:
    """For each training log, its rows but the last."""
    logs = _logs_by_name(runs) if "run" in runs.labels else _logs_by_spacing(runs)
    return [rows[runs.tokens[rows] < runs.tokens[rows].max()] for rows in logs]


def _logs_by_name(runs: Runs) -> list[Rows]:
    """Rows of one training run, by its name, with several amounts of tokens."""
    names = runs.labels["run"]
    return [
        rows for rows in groups([names]) if names[rows[0]] and len(np.unique(rounded(runs.tokens[rows]))) > 1
    ]


def _logs_by_spacing(runs: Runs) -> list[Rows]:
    """Rows of one size and one setting whose tokens are spaced as a training loop writes its log."""
    extras = [rounded(column) for column in runs.extra.values()]
    labels = [runs.labels["schedule"]] if "schedule" in runs.labels else []
    keys = [rounded(runs.n), runs.sparsity, *extras, *_facts(runs), *labels]
    return [rows for rows in groups(keys, LOG_LENGTH) if _evenly_spaced(runs.tokens[rows])]


def _evenly_spaced(tokens: Array) -> bool:
    """Whether most steps between successive amounts are the same; budgets grow by factors instead."""
    steps = np.diff(np.unique(tokens))
    if len(steps) < LOG_LENGTH - 1:
        return False
    same = np.abs(steps[:, None] / steps[None, :] - 1.0) < 0.01 if len(steps) < 1000 else _near_median(steps)
    return bool(same.mean(axis=0).max() > 0.5)


def _near_median(steps: Array) -> npt.NDArray[np.bool_]:
    return (np.abs(steps / np.median(steps) - 1.0) < 0.01)[:, None]


def learning_rates(runs: Runs) -> Iterator[Finding]:
    """Runs whose learning rate or batch is far from Step Law's (Li et al. 2025, arXiv:2503.04715).

    eta = 1.79 N^-.713 D^.307 and B = .58 D^.571 tokens, with N without embeddings; where the table counts
    otherwise, its N stands in (at -.713, twice the parameters are a factor of 1.6).
    """
    counted = Count.NON_EMBEDDING
    n = runs.n_active if runs.count is counted else runs.about.get(counted, runs.n_active)
    best = {
        "learning_rate": 1.79 * n**-0.713 * runs.tokens**0.307,
        "batch_tokens": 0.58 * runs.tokens**0.571,
    }
    above = _above_best(runs)
    for name, optimum in best.items():
        if name in runs.about:
            yield from _far_from(runs, name, runs.about[name] / optimum, above)


def _far_from(runs: Runs, name: str, ratio: Array, above: Array) -> Iterator[Finding]:
    """A finding on the runs whose setting is off by more than the factor."""
    excess = np.abs(np.log(np.where(np.isfinite(ratio), ratio, 1.0)))
    far = np.flatnonzero(excess > np.log(STEP_LAW_FACTOR))
    if len(far) == 0:
        return
    worst = far[np.argmax(excess[far])]
    text = (
        f"the {_SPOKEN[name]} of {len(far)} runs is more than {STEP_LAW_FACTOR:g} times off the one"
        f" Step Law names (arXiv:2503.04715); farthest in row {runs.rows[worst]}, {ratio[worst]:.2g} times it"
    )
    if above[far].any():
        text += f"; their losses lie up to {np.expm1(above[far].max()):.1%} above their configuration's best"
    yield Finding.of(name.replace("_", "-"), Severity.NOTE, runs.rows[far], text)


def _above_best(runs: Runs) -> Array:
    """Log loss above the best run of the same configuration, 0 for the best and for those alone."""
    above = np.zeros(len(runs))
    for rows in groups(_configuration(runs)):
        above[rows] = np.log(runs.loss[rows] / runs.loss[rows].min())
    return above


def _configuration(runs: Runs) -> list[Array]:
    """What a law can tell apart."""
    extras = [rounded(column) for column in runs.extra.values()]
    return [rounded(runs.n), rounded(runs.tokens), runs.sparsity, *extras]


def _facts(runs: Runs) -> list[Array]:
    """Learning rates and batches, as far as known; blanks count as one value."""
    known = [runs.about[name] for name in FACTS if name in runs.about]
    return [rounded(np.nan_to_num(column, nan=np.inf)) for column in known]


def _settings(runs: Runs) -> list[npt.NDArray[np.generic]]:
    """Everything the table knows of a run but its name and its loss."""
    labels = [runs.labels["schedule"]] if "schedule" in runs.labels else []
    return [*_configuration(runs), *_facts(runs), *labels]


def _varies(runs: Runs, rows: Rows) -> bool:
    return any(np.ptp(column[rows]) > 0 for column in _facts(runs))


def _replicates(runs: Runs) -> list[Rows]:
    """Runs alike in all settings, one of each loss."""
    settings = _settings(runs)
    first = np.array([rows[0] for rows in groups([*settings, rounded(runs.loss)], least=1)])
    return [first[rows] for rows in groups([column[first] for column in settings])]


def _pooled_sigma(alike: list[Rows], logs: Array) -> float | None:
    """Standard deviation within groups, each about its own mean."""
    if not alike:
        return None
    squares = sum(float(((logs[rows] - logs[rows].mean()) ** 2).sum()) for rows in alike)
    return float(np.sqrt(squares / sum(len(rows) - 1 for rows in alike)))
