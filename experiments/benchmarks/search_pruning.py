"""What pruning saves in a search: `python -m experiments.benchmarks search_pruning`, on real loss curves.

Finished runs stand for their training. An experiment is a set of runs of equal length; a search asks for all
of them in random order, several at a time on simulated workers, and pays for the steps it sees. Last come
invented trainings of four hyperparameters, whose curves cross: searches with the native engine that may pay
for as many steps as some whole runs, with what the engine is told of stopped runs in three ways.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from ConfigSpace import CategoricalHyperparameter, ConfigurationSpace, Float

from experiments.benchmarks.curve_pruning import experiments, passes
from experiments.real_curves import RealCurve, real_curves
from objectives.curves.fitting import Setting
from objectives.objective import Metrics
from objectives.reporting import Reporter, ReportingObjective
from runners.backends.simulated import SimulatedBackend, Workload
from runners.documents.document import Section, Table
from runners.forecast_pruning import Forecast
from runners.journal import Journal
from runners.loop import run_search
from runners.records import Header
from search.factory import make_engine
from search.history import History
from search.pruning import Halving, Median, PruningRule, Verdict
from spaces.configs import Config, Value

WORKERS, ORDERS = 4, 3
SEEDS, WHOLE, STEPS = 5, 25, 100
"""Searches over invented trainings, whole runs each may pay for, and steps of a run."""

Experiment = Sequence[RealCurve]


@dataclass(frozen=True)
class Replay(ReportingObjective):
    """A finished run in place of the training of a configuration that names it."""

    runs: Mapping[str, RealCurve] = field(default_factory=dict)

    def run(self, config: Mapping[str, Value], *, seed: int, report: Reporter) -> Metrics:
        """Report its losses one by one."""
        finished = self.runs[str(config["run"])].finished
        for time, loss in zip(finished.curve.time, finished.curve.loss, strict=True):
            report(time, loss)
        return {"loss": finished.end}

    def setting(self, config: Config) -> Setting:
        """How the run of a configuration was trained."""
        return self.runs[str(config["run"])].finished.setting


@dataclass(frozen=True)
class Invented(ReportingObjective):
    """A power law towards a final loss; low learning rates begin fast and end badly, so that curves cross."""

    def run(self, config: Mapping[str, Value], *, seed: int, report: Reporter) -> Metrics:
        """Report a hundred steps."""
        rate, decay, width, dropout = (
            float(str(config[name])) for name in ("rate", "decay", "width", "dropout")
        )
        final = (
            2.0 + 2.0 * (rate - 0.7) ** 2 + (decay - 0.4 - 0.3 * rate) ** 2 + 0.5 * (1 - width) + dropout**2
        )
        power = 0.4 + 0.8 * (1.0 - rate)
        noise = np.random.default_rng(seed).normal(0.0, 0.01, STEPS)
        for step in range(1, STEPS + 1):
            report(step, final + 3.0 * (step**-power - STEPS**-power) + noise[step - 1])
        return {"loss": final}


def sections(sets: dict[str, list[RealCurve]] | None = None) -> list[Section]:
    """The tables of this benchmark."""
    sets = real_curves() if sets is None else sets
    found = {
        "schedules (multi-power, one model each)": experiments(sets["multi-power"], "size", "24000"),
        "routers and experts (clark, one size each)": experiments(sets["clark"], "size"),
        "passes over the data (datablations, one model each)": passes(sets["datablations"]),
    }
    return [*(_replayed(name, groups) for name, groups in found.items()), _invented()]


def _rules(length: float, setting: Callable[[Config], Setting]) -> dict[str, PruningRule | None]:
    """Every rule, for trainings of a length."""
    return {
        "none": None,
        "median": Median(least=3, start=0.1 * length),
        "halving, factor 2": Halving(0.1 * length, 2.0, length),
        "halving, factor 3": Halving(0.1 * length, 3.0, length),
        "forecast": Forecast(setting),
    }


def _replayed(name: str, groups: Sequence[Experiment]) -> Section:
    """Experiments of one kind: training saved, and what is lost by it."""
    found: dict[str, list[tuple[float, float]]] = {}
    for group in groups:
        for order in range(ORDERS):
            for rule, result in _of_experiment(group, order).items():
                found.setdefault(rule, []).append(result)
    rows = []
    for rule, results in found.items():
        saved, regret = np.array(results).T
        right = np.mean(regret <= 0.0)
        rows.append(
            (rule, f"{saved.mean():.0%}", f"{regret.mean():.2%}", f"{regret.max():.2%}", f"{right:.0%}")
        )
    sizes = ", ".join(str(len(group)) for group in groups)
    text = f"Runs of each experiment: {sizes}; {WORKERS} workers, {ORDERS} random orders."
    columns = ("rule", "training saved", "mean regret", "largest regret", "best run found")
    return Section(f"Searching for the best of {name}", (text,), Table.of(columns, rows))


def _of_experiment(group: Experiment, order: int) -> dict[str, tuple[float, float]]:
    """Share of the training saved and regret, by rule."""
    objective = Replay({each.name: each for each in group})
    space = ConfigurationSpace(space=[CategoricalHyperparameter("run", list(objective.runs))])
    best = min(each.finished.end for each in group)
    length = float(np.median([each.finished.curve.now for each in group]))
    results = {}
    for name, rule in _rules(length, objective.setting).items():
        history = _search(objective, space, "random", order, rule, len(group))
        whole = sum(each.finished.curve.now for each in group)
        results[name] = (1.0 - steps_of(history) / whole, _least(history) / best - 1.0)
    return results


def _search(
    objective: ReportingObjective,
    space: ConfigurationSpace,
    engine: str,
    seed: int,
    rule: PruningRule | None,
    evaluations: int,
    stop: Callable[[History], bool] = lambda history: False,
) -> History:
    """One search on simulated workers; `stop` is asked before every trial."""
    made = make_engine(engine, space, seed=seed)
    workload = Workload(seconds=3600.0, variation=0.1, seed=seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal.open(Path(folder), Header("benchmark", "0", seed)) as journal,
        SimulatedBackend(WORKERS, workload) as backend,
    ):
        return run_search(
            engine=made,
            objective=objective,
            backend=backend,
            journal=journal,
            evaluations=evaluations,
            seed=seed,
            parallel=None,
            pruning=rule,
            stop=lambda: stop(made.history),
        )


def steps_of(history: History) -> float:
    """Steps that were run in all."""
    return sum(reports[-1].step for trial in history.trials if (reports := history.reports(trial.number)))


def _least(history: History) -> float:
    assert history.best is not None
    assert history.best.value is not None
    return history.best.value


def _paid(history: History) -> bool:
    return steps_of(history) >= WHOLE * STEPS


@dataclass(frozen=True, eq=False)
class Told(PruningRule):
    """A rule whose estimates are replaced."""

    rule: PruningRule
    how: str

    def judge(self, number: int, history: History) -> Verdict | None:
        """The rule's own verdict with another estimate."""
        verdict = self.rule.judge(number, history)
        if verdict is None:
            return None
        values = [trial.value for trial in history.done if trial.value is not None]
        worst = max(values, default=verdict.estimate)
        return Verdict(verdict.reason, worst if self.how == "worst" else history.reports(number)[-1].value)


def _invented() -> Section:
    """Searches at equal cost, and what to tell the engine of stopped runs."""
    space = ConfigurationSpace(
        space=[Float(name, (0.0, 1.0)) for name in ("rate", "decay", "width", "dropout")]
    )
    setting = Setting(None, float(STEPS))
    rows = []
    for name, rule in _rules(STEPS, lambda config: setting).items():
        told: dict[str, PruningRule | None] = {"": rule}
        if rule is not None:
            told = {"estimate": rule, "last value": Told(rule, "last"), "worst value": Told(rule, "worst")}
        for how, variant in told.items():
            found = [
                _search(Invented(), space, "native", seed, variant, 10 * WHOLE, _paid)
                for seed in range(SEEDS)
            ]
            runs = np.mean([len(history) for history in found])
            regrets = np.array([_least(history) for history in found]) - 2.0
            rows.append((name, how, f"{runs:.0f}", f"{np.median(regrets):.2g}", f"{regrets.max():.2g}"))
    text = f"{SEEDS} searches with the native engine, each for the steps of {WHOLE} runs; {WORKERS} workers."
    columns = ("rule", "the engine is told", "runs begun", "median regret", "largest regret")
    return Section("Searching over invented trainings at equal cost", (text,), Table.of(columns, rows))
