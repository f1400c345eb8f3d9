"""What are positions good for? `python -m experiments.benchmarks temporal_positions`, on measured losses.

The mean loss is forecast as well without positions. Here the loss of parts of the context is forecast: by
the law, by curves fitted to each part by itself, and by the forecast mean with the shape seen last.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from experiments.benchmarks.temporal import PREFIXES, TABLES, TEXTS, Measured, measured
from objectives.laws.law import Array
from objectives.temporal.forecast import POOLS, allowed, forecast
from objectives.temporal.history import History
from objectives.temporal.position import PositionLaw
from runners.documents.document import Section, Table

PARTS = 8
"""Equal stretches of the context."""
SINGLE = {name: pool[:1] for name, pool in POOLS.items()}
"""One family for each coefficient, where the law is not what is asked for."""
LAW, APART, SHAPE, LAST = (
    "the law across positions",
    "each part by itself",
    "the mean, and the shape seen last",
    "last values",
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """One forecast of the parts of one run at its end; arrays of shape (PARTS,)."""

    corpus: str
    prefix: float
    name: str
    said: Array
    truth: Array

    @property
    def error(self) -> float:
        """Mean over the parts of the relative error."""
        return float(np.mean(np.abs(self.said / self.truth - 1)))

    @property
    def gap(self) -> float:
        """Error of how much lower the loss of the last part is than that of the first, nats per token."""
        return float(abs(self.said[0] - self.said[-1] - (self.truth[0] - self.truth[-1])))

    @property
    def last(self) -> float:
        """Relative error of the last part."""
        return float(abs(self.said[-1] / self.truth[-1] - 1))


def sections(folder: Path = TABLES) -> list[Section]:
    """The table of this benchmark."""
    outcomes = [
        each
        for corpus in TEXTS
        for run in measured(folder, corpus)
        for prefix in PREFIXES
        for each in of_run(run, corpus, prefix)
    ]
    keys = dict.fromkeys((each.corpus, each.prefix, each.name) for each in outcomes)
    rows = [
        _row(key, [each for each in outcomes if (each.corpus, each.prefix, each.name) == key]) for key in keys
    ]
    columns = (
        "corpus",
        "seen",
        "forecast",
        "runs",
        "error of a part",
        "of the last part",
        "of the gap (nats)",
    )
    text = (f"The loss in {PARTS} stretches of the context at the end of training; medians over runs.",)
    return [Section("Loss by position, forecast", text, Table.of(columns, rows))]


def of_run(run: Measured, corpus: str, prefix: float) -> Iterator[Outcome]:
    """Every way to forecast the parts, from a share of the tokens to the end."""
    whole, seen, rate = run.history, run.beginning(prefix), run.last_rate
    families = allowed(seen, POOLS["a2"], None)
    made = forecast(seen, whole.tokens[-1:], rates=rate, baselines={"mean": families})
    indices = made.fits.indices
    law = parts(PositionLaw.of(made.temporal.quantities[-1]).loss(indices))
    last, mean = parts(seen.losses[-1]), float(made.baselines["mean"].mean[-1])
    apart = np.array([_alone(each, whole.tokens[-1:], rate, families) for each in split(seen)])
    shape = last + (mean - float(seen.mean[-1]))
    for name, said in ((LAW, law), (APART, apart), (SHAPE, shape), (LAST, last)):
        yield Outcome(corpus, prefix, name, said, parts(whole.losses[-1]))


def parts(losses: Array) -> Array:
    """Mean of the losses (n,) in each part."""
    return np.array([each.mean() for each in np.array_split(losses, PARTS)])


def split(history: History) -> Iterator[History]:
    """The run as if each part were all of its context."""
    for columns in np.array_split(np.arange(len(history.positions)), PARTS):
        yield replace(history, positions=history.positions[columns], losses=history.losses[:, columns])


def _alone(part: History, tokens: Array, rate: Array | None, families: tuple[str, ...]) -> float:
    """The mean loss of one part, forecast from nothing else."""
    made = forecast(part, tokens, rates=rate, pools=SINGLE, baselines={"mean": families})
    return float(made.baselines["mean"].mean[-1])


def _row(key: tuple[str, float, str], outcomes: list[Outcome]) -> tuple[str, ...]:
    corpus, prefix, name = key
    middle = [
        float(np.median([getattr(each, field) for each in outcomes])) for field in ("error", "last", "gap")
    ]
    return (
        *(corpus, f"{prefix:.0%}", name, str(len(outcomes))),
        *(f"{middle[0]:.2%}", f"{middle[1]:.2%}", f"{middle[2]:.3f}"),
    )
