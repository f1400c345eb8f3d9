"""Loss curves of real training runs, for benchmarks and tests: read from the folder `shared`.

Schedules: those of the multi-power curves are in their authors' code; the OLMo ladder logged its rate. That
the runs of datablations, of Clark et al. and of Pythia follow a cosine to a tenth of the peak is an
assumption; none of their tables says so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.real_runs import SHARED
from objectives.curves.correction import Finished
from objectives.curves.curve import Curve
from objectives.curves.fitting import Setting
from objectives.curves.schedule import Constant, Cosine, Logged, Schedule, TwoStep, WarmupStableDecay

LIKES = 8
"""Finished curves that may teach about one in question."""
PEAK, END, WARMUP = 3e-4, 3e-5, 2160.0
"""Of the multi-power curves, in steps."""
MOST_EPOCHS = 7
"""Beyond, repeated data make the loss rise again, which no form of a forecast knows."""
PYTHIA_STEPS, MEMORY_STEPS = 143_000, 1000


@dataclass(frozen=True, eq=False)
class RealCurve:
    """One finished run."""

    group: str
    """Its set."""
    name: str
    finished: Finished
    cost: float
    """Relative to the other runs of its set."""
    traits: dict[str, str | float] = field(default_factory=dict)
    """What else tells how near two runs are."""


def real_curves(shared: Path = SHARED) -> dict[str, list[RealCurve]]:
    """All sets, by name.

    Raises:
        FileNotFoundError: the folder is not there.
    """
    data = shared / "data"
    if not data.is_dir():
        raise FileNotFoundError(
            "needs the real loss curves in data/ of the folder shared, beside the checkout"
        )
    return {name: list(read(data)) for name, read in SETS.items()}


def multi_power(data: Path) -> Iterator[RealCurve]:
    """Nine schedules for each of two models (smoothed training loss)."""
    table = pd.read_csv(data / "multipower-lr" / "loss_curves.csv")
    for (size, name), part in table.groupby(["model_M", "schedule"]):
        curve = _curve(part["step"], part["loss"], "steps", f"{size}M {name}")
        setting = Setting(schedule_of(str(name)), curve.now)
        millions = float(str(size))
        traits: dict[str, str | float] = {"size": millions, "schedule": str(name)}
        yield RealCurve("multi-power", curve.name, Finished(curve, setting), millions * curve.now, traits)


def schedule_of(name: str) -> Schedule:
    """The schedule behind a name of the multi-power repository."""
    kind, _, rest = name.partition("_")
    if kind == "cosine":
        return Cosine(PEAK, float(rest), WARMUP, END)
    if kind == "constant":
        return Constant(PEAK, float(rest), WARMUP)
    if kind == "wsdcon":
        return TwoStep(PEAK, 16_000.0, WARMUP, float(rest) * 1e-5, 8_000.0)
    decay, length = (float(each) for each in rest.split("_"))
    shape = "linear" if kind == "wsdld" else "exponential"
    return WarmupStableDecay(PEAK, length, WARMUP, END, decay, shape)


def ladder(data: Path, loss: str = "ce_c4_en", group: str = "ladder") -> Iterator[RealCurve]:
    """Runs of 190M to 3B parameters, each to several lengths, with their logged rates."""
    table = pd.read_csv(data / "olmo-ladder" / "ladder_all_checkpoints.csv.gz").sort_values("step")
    table = table[~table["run"].str.contains("peteish")]
    for name, part in table.groupby("run"):
        curve = _curve(part["step"], part[loss], "steps", str(name))
        rate = part["lr"].to_numpy(dtype=np.float64)
        schedule = Logged.of(curve.time, rate, curve.now)
        cost = float(part["N"].iloc[0] * part["tokens"].max())
        yield RealCurve(group, curve.name, Finished(curve, Setting(schedule, curve.now)), cost)


def repeated(data: Path) -> Iterator[RealCurve]:
    """Validation loss of models of 2.8B to 8.7B parameters on data seen one to seven times."""
    table = pd.read_csv(data / "datablations" / "loss_curves.csv.gz").sort_values("token_num")
    for (name, epochs), part in table[table["epochs"] <= MOST_EPOCHS].groupby(["checkpoint", "epochs"]):
        curve = _curve(part["token_num"], part["loss"], "tokens", f"{name} x{epochs}")
        billions = float(str(part["num_params"].iloc[0])[:-1])
        traits: dict[str, str | float] = {"data": str(part["data"].iloc[0]), "epochs": float(str(epochs))}
        yield RealCurve("datablations", curve.name, _tenth(curve, 0.01), billions * curve.now, traits)


def routed(data: Path, loss: str = "loss_validation", group: str = "clark") -> Iterator[RealCurve]:
    """Clark's routed and dense models of 15M to 1.3B active parameters: 25 checkpoints each."""
    table = pd.read_csv(data / "clark-routed" / "curves.csv.gz").sort_values("step")
    for name, part in table[table["step"] > 0].groupby("hyper_id"):
        curve = _curve(part["step"], part[loss], "steps", f"run {name}")
        first = part.iloc[0]
        traits: dict[str, str | float] = {
            "router": str(first["router_type"]),
            "experts": float(first["num_experts"]),
            "size": str(first["model_size_label"]),
        }
        cost = float(first["flops_per_step"])
        yield RealCurve(group, curve.name, _tenth(curve, 0.0), cost, traits)


def pythia(data: Path) -> Iterator[RealCurve]:
    """Log perplexity on LAMBADA, not a training loss: few checkpoints before a third of training."""
    table = pd.read_csv(data / "pythia-evals" / "pythia_v1_evals_over_steps.csv").sort_values("step")
    for name, part in table[table["step"] > 0].groupby("model"):
        loss = np.log(part["lambada_openai_0shot_ppl"])
        curve = _curve(part["step"], loss, "steps", str(name))
        cost = float(part["N_total"].iloc[0])
        yield RealCurve("pythia", curve.name, _tenth(curve, 0.01), cost)


SETS: dict[str, Callable[[Path], Iterator[RealCurve]]] = {
    "multi-power": multi_power,
    "ladder": ladder,
    "datablations": repeated,
    "clark": routed,
    "pythia": pythia,
    "ladder-wikitext": lambda data: ladder(data, "ce_wikitext_103", "ladder-wikitext"),
    "clark-c4": lambda data: routed(data, "loss_c4", "clark-c4"),
}
"""The last two are the same runs on other text: nothing of the forecast was chosen with a view to them."""


def likes_of(curve: RealCurve, among: Sequence[RealCurve], most: int = LIKES) -> list[RealCurve]:
    """The finished runs somebody who starts this one could have: cheaper ones, the nearest first.

    Of the multi-power set, where nearly all runs of a model share a prefix, those of the other model.
    """
    if curve.group == "multi-power":
        return [each for each in among if each.traits["size"] != curve.traits["size"]]
    cheaper = [each for each in among if _cheaper(each, curve)]
    return sorted(cheaper, key=lambda each: _distance(each, curve))[:most]


def _cheaper(one: RealCurve, other: RealCurve) -> bool:
    """Less compute; or as much, with fewer epochs or experts."""
    order = [
        (each.cost, each.traits.get("epochs", 0.0), each.traits.get("experts", 0.0)) for each in (one, other)
    ]
    return order[0] < order[1]


def _distance(one: RealCurve, other: RealCurve) -> float:
    total = abs(np.log(one.cost / other.cost))
    for name, value in one.traits.items():
        theirs = other.traits[name]
        if isinstance(value, str) or isinstance(theirs, str):
            total += 0.5 * (value != theirs)
        else:
            total += 0.5 * abs(np.log(value / theirs))
    return float(total)


def _curve(time: "pd.Series[float]", loss: "pd.Series[float]", unit: str, name: str) -> Curve:
    times, losses = np.array(time, dtype=np.float64), np.array(loss, dtype=np.float64)
    measured = np.isfinite(losses)  # a few checkpoints were not evaluated
    return Curve(times[measured], losses[measured], unit, name=name)


def _tenth(curve: Curve, warmup: float) -> Finished:
    """Under the assumed schedule."""
    schedule = Cosine(1.0, curve.now, warmup * curve.now, 0.1)
    return Finished(curve, Setting(schedule, curve.now, curve.unit))
