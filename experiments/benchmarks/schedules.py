"""Do the laws of a schedule hold where they were not fitted? `python -m experiments.benchmarks schedules`.

Both laws are fitted to a cosine, a constant and one two-step curve of a model, as Luo et al. 2025 do, and
predict its other schedules; beside them the coefficients those authors published.
"""

import time
from collections.abc import Sequence

import numpy as np

from experiments.real_curves import RealCurve, real_curves, schedule_of
from objectives.curves.multi_power import PUBLISHED
from objectives.curves.refit import Run, fit_annealing, fit_multi_power
from objectives.laws.law import Array
from runners.documents.document import Section, Table

TRAINED_ON = ("cosine_24000", "constant_24000", "wsdcon_9")


def sections(sets: dict[str, list[RealCurve]] | None = None) -> list[Section]:
    """The tables of this benchmark."""
    curves = (real_curves() if sets is None else sets)["multi-power"]
    sizes = dict.fromkeys(each.traits["size"] for each in curves)
    return [
        _of_model(float(size), [each for each in curves if each.traits["size"] == size]) for size in sizes
    ]


def _of_model(size: float, curves: Sequence[RealCurve]) -> Section:
    runs = {str(each.traits["schedule"]): _run(each) for each in curves}
    seen = [runs[name] for name in TRAINED_ON]
    start = time.process_time()
    ours, _ = fit_multi_power(seen)
    middle = time.process_time()
    annealing, _ = fit_annealing(seen)
    seconds = (middle - start, time.process_time() - middle)
    laws = (PUBLISHED[f"{size:.0f}M"], ours, annealing)
    predicted = {name: [law.loss(run[0], run[1]) for law in laws] for name, run in runs.items()}
    rows = [
        _row(name, runs[name][2], predicted[name]) for name in sorted(runs, key=lambda n: n not in TRAINED_ON)
    ]
    others = [name for name in runs if name not in TRAINED_ON]
    means = [np.mean([_error(runs[name][2], predicted[name][j]) for name in others]) for j in range(3)]
    rows.append(("mean of the others", *(f"{mean:.3%}" for mean in means), ""))
    columns = (
        "schedule",
        "published multi-power",
        "refitted multi-power",
        "refitted annealing",
        "R2 published",
    )
    times = f"{seconds[0]:.1f} s and {seconds[1]:.1f} s of processor time"
    text = (f"Mean relative error of the loss. The two fits took {times}.",)
    return Section(f"Schedules of the {size:.0f}M model", text, Table.of(columns, rows))


def _run(curve: RealCurve) -> Run:
    measured = curve.finished.curve
    return schedule_of(str(curve.traits["schedule"])), measured.time, measured.loss


def _row(name: str, loss: Array, predicted: Sequence[Array]) -> tuple[str, ...]:
    fit = 1 - np.sum((predicted[0] - loss) ** 2) / np.sum((loss - loss.mean()) ** 2)
    label = name + (" (fitted)" if name in TRAINED_ON else "")
    return label, *(f"{_error(loss, each):.3%}" for each in predicted), f"{fit:.5f}"


def _error(loss: Array, predicted: Array) -> float:
    return float(np.mean(np.abs(predicted - loss) / loss))
