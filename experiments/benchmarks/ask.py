"""What an ask costs in searches of 10 to 10,000 trials: `python -m experiments.benchmarks ask`.

The trials come from a replayed history: half of them spread over the space and half around the optimum, as a
search leaves them. Processor milliseconds of one core. The bars: a median of 15 ms at 100 trials, 60 ms at
1,000 and 500 ms at 10,000.
"""

import time
from collections.abc import Iterator

import numpy as np
from ConfigSpace import ConfigurationSpace

from experiments.benchmarks.measure import median
from runners.documents.document import Section, Table
from search import Engine, make_engine
from search.trial import Asked, Done, Event

DIMENSIONS = 6
SIZES = (10, 100, 300, 1000, 3000, 10_000)
ASKS = 32
"""Timed at each size: as many as lie between two fits of the surrogate, at most."""
LARGEST = {"native": 10_000, "skopt": 300}
"""Trials up to which an engine is timed; from there on skopt takes seconds for each ask."""


def sections() -> list[Section]:
    """The table of this benchmark."""
    text = (f"Ask and tell in {DIMENSIONS} dimensions, processor milliseconds over {ASKS} trials.",)
    columns = ("trials", "native, median", "mean", "most", "skopt, median", "native / skopt")
    return [Section("What an ask costs", text, Table.of(columns, rows()))]


def rows() -> Iterator[tuple[str, ...]]:
    """One row per size."""
    for trials in SIZES:
        spent = {name: spent_on_asks(name, trials) for name, most in LARGEST.items() if trials <= most}
        ours = spent["native"]
        row = [f"{trials:,}", *(f"{each:.1f}" for each in (median(ours), sum(ours) / len(ours), max(ours)))]
        if "skopt" in spent:
            theirs = median(spent["skopt"])
            row += [f"{theirs:.0f}", f"{median(ours) / theirs:.3f}"]
        yield tuple(row) if "skopt" in spent else (*row, "", "")


def spent_on_asks(name: str, trials: int) -> list[float]:
    """Processor milliseconds of each ask and tell after so many trials."""
    engine = primed(name, trials)
    spent = []
    for _ in range(ASKS if name == "native" else 4):
        start = time.process_time()
        (suggestion,) = engine.ask()
        engine.tell(suggestion, value(np.array([float(suggestion.config[f"x{j}"] or 0) for j in range(6)])))
        spent.append(1e3 * (time.process_time() - start))
    return spent


def primed(name: str, trials: int) -> Engine:
    """An engine that took over so many trials; its first ask, which catches up, is done."""
    engine = make_engine(name, ConfigurationSpace({f"x{j}": (0.0, 1.0) for j in range(DIMENSIONS)}), seed=0)
    rng = np.random.default_rng(0)
    wide = rng.random((trials, DIMENSIONS))
    near = np.clip(0.5 + 0.05 * rng.standard_normal((trials, DIMENSIONS)), 0.0, 1.0)
    events: list[Event] = []
    for number, row in enumerate(np.where(np.arange(trials)[:, None] < trials // 2, wide, near)):
        events.append(Asked(number, {f"x{j}": float(cell) for j, cell in enumerate(row)}))
        events.append(Done(number, value(row)))
    engine.replay(events)
    engine.tell(engine.ask()[0], 1.0)
    return engine


def value(x: np.ndarray) -> float:
    """A bowl with ripples."""
    return float(np.sum((x - 0.52) ** 2) + 0.1 * np.sum(np.cos(5.0 * x)))
