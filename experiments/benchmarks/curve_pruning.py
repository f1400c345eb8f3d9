"""How much training does a forecast save? `python -m experiments.benchmarks curve_pruning`, on real curves.

Candidates of one experiment are finished runs of equal length; a method sees only beginnings and pays for
them. It is judged by the final loss of the candidate it keeps, above that of the best, and by the rank
correlation of its order with the true one. Successive halving keeps the better half at each rung by the last
value; the pruner stops whom it is sure of at each rung.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.real_curves import RealCurve, real_curves
from objectives.curves.curve import Curve
from objectives.curves.pruning import Pruner
from objectives.laws.law import Array
from runners.documents.document import Section, Table

SHARES = (0.1, 0.2, 0.3, 0.5)
RUNGS = (0.2, 0.3, 0.4, 0.5, 0.7)
LEAST = 4
"""Candidates an experiment has."""


@dataclass(frozen=True)
class Result:
    """One method on one experiment."""

    method: str
    used: float
    """Share of the training of all candidates."""
    regret: float
    """Final loss of the candidate kept over that of the best, minus 1."""
    correlation: float | None


def sections(sets: dict[str, list[RealCurve]] | None = None) -> list[Section]:
    """The tables of this benchmark."""
    sets = real_curves() if sets is None else sets
    found = {
        "schedules (multi-power, one model each)": experiments(sets["multi-power"], "size", "24000"),
        "routers and experts (clark, one size each)": experiments(sets["clark"], "size"),
        "passes over the data (datablations, one model each)": passes(sets["datablations"]),
    }
    return [_table(name, each) for name, each in found.items()]


def experiments(curves: Sequence[RealCurve], by: str, ending: str = "") -> list[list[RealCurve]]:
    """Candidates that share a trait, of one length."""
    kept = [each for each in curves if each.name.endswith(ending)]
    groups = [
        [each for each in kept if each.traits[by] == value]
        for value in dict.fromkeys(each.traits[by] for each in kept)
    ]
    return [group for group in groups if len(group) >= LEAST]


def passes(curves: Sequence[RealCurve]) -> list[list[RealCurve]]:
    """The same model on the same text, seen several times."""
    names = dict.fromkeys(each.name.split(" x")[0] for each in curves)
    return [[each for each in curves if each.name.startswith(f"{name} x")] for name in names]


def of_experiment(curves: Sequence[RealCurve]) -> list[Result]:
    """Every method on one experiment."""
    truth = np.array([each.finished.end for each in curves])
    results = []
    for share in SHARES:
        last = np.array([_beginning(each, share).loss[-1] for each in curves])
        results.append(_ranked(f"last value at {share:.0%}", share, last, truth))
        results.append(_ranked(f"forecast at {share:.0%}", share, _forecasts(curves, share), truth))
    return [*results, _halving(curves, truth), _pruned(curves, truth)]


def _beginning(each: RealCurve, share: float) -> Curve:
    return each.finished.beginning(max(share, each.finished.curve.time[0] / each.finished.curve.now))


def _pruner(curves: Sequence[RealCurve]) -> Pruner:
    return Pruner({each.name: each.finished.setting for each in curves}, least_share=0.0)


def _forecasts(curves: Sequence[RealCurve], share: float) -> Array:
    """Forecast losses; the last value where a beginning is too short."""
    seen = {each.name: _beginning(each, share) for each in curves}
    outlooks = {each.name: each.loss for each in _pruner(curves).should_stop(seen).outlooks}
    return np.array([outlooks.get(name, curve.loss[-1]) for name, curve in seen.items()])


def _ranked(method: str, share: float, values: Array, truth: Array) -> Result:
    """All candidates to a share, the best of them to the end."""
    used = share + (1 - share) / len(truth)
    regret = float(truth[int(np.argmin(values))] / truth.min() - 1)
    return Result(method, used, regret, _spearman(values, truth))


def _halving(curves: Sequence[RealCurve], truth: Array) -> Result:
    """The better half by last value goes on at each rung; the last one to the end."""
    alive, spent, before = list(range(len(curves))), 0.0, 0.0
    for rung in RUNGS:
        spent += len(alive) * (rung - before)
        before = rung
        order = sorted(alive, key=lambda j: float(_beginning(curves[j], rung).loss[-1]))
        alive = order[: max(1, -(-len(alive) // 2))]
    spent += len(alive) * (1 - before)
    return Result("successive halving", spent / len(curves), float(truth[alive[0]] / truth.min() - 1), None)


def _pruned(curves: Sequence[RealCurve], truth: Array) -> Result:
    """Whom the pruner is sure of is stopped at each rung; the rest goes on to the end."""
    pruner, alive = _pruner(curves), {each.name: each for each in curves}
    spent, before = 0.0, 0.0
    for rung in RUNGS:
        spent += len(alive) * (rung - before)
        before = rung
        decision = pruner.should_stop({name: _beginning(each, rung) for name, each in alive.items()})
        alive = {name: each for name, each in alive.items() if name not in decision.stop}
    spent += len(alive) * (1 - before)
    kept = min(each.finished.end for each in alive.values())
    return Result("forecast pruner", spent / len(curves), float(kept / truth.min() - 1), None)


def _spearman(values: Array, truth: Array) -> float:
    ranks = [np.argsort(np.argsort(each)) for each in (values, truth)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _table(name: str, groups: Sequence[Sequence[RealCurve]]) -> Section:
    results = [result for group in groups for result in of_experiment(group)]
    rows = []
    for method in dict.fromkeys(each.method for each in results):
        mine = [each for each in results if each.method == method]
        known = [each.correlation for each in mine if each.correlation is not None]
        regret = [each.regret for each in mine]
        rows.append(
            (
                *(method, f"{1 - np.mean([each.used for each in mine]):.0%}"),
                *(f"{np.mean(regret):.2%}", f"{np.max(regret):.2%}"),
                f"{np.mean(known):.2f}" if known else "",
            )
        )
    columns = ("method", "training saved", "mean regret", "largest regret", "rank correlation")
    sizes = ", ".join(str(len(group)) for group in groups)
    return Section(
        f"Picking the best of {name}", (f"Candidates of each experiment: {sizes}.",), Table.of(columns, rows)
    )
