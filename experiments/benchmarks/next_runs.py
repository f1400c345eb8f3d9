"""Which runs to buy next, replayed on real tables: `python -m experiments.benchmarks next_runs`.

A cheap subset of a table is known. Each design buys from the other runs, those of the most compute excepted,
what one and the same allowance pays for; the fit is made again, and asked for the losses of the runs nobody
could buy and for the best size at the largest of them. Every number is a ratio to buying at random.

`ours` plans for the best size, or for its loss, and knows that the law drifts; `ours, by bootstrap` is ours
for the size, with covariances from replicates in place of derivatives at the optimum. `c-optimal` is ours for
the size, V- and D-optimal are those of the textbook, all three with our covariances but a law that is right.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from experiments.benchmarks.next_runs_replay import (
    DESIGNS,
    LEAST_LOSS,
    LEAST_SIZE,
    Outcome,
    Replay,
    Whole,
    outcomes,
)
from experiments.real_runs import RealTable, real_tables
from objectives.laws.law import Array
from runners.documents.document import Section, Table

TABLES = (
    "epoch-240",
    "porian-rw-tuned-short-const-standard-val",
    "porian-rw-base-short-kaplan-attention-train",
    "porian-owt2-base-short-chinchilla-standard-val",
    "ladder-ce_c4_en",
    "steplaw-dense",
    "steplaw-moe",
    "frantar-t5",
    "frantar-vit",
)
"""One of each kind, and three settings of Porian's, so that the whole takes minutes."""
REPETITIONS = 6
RANDOM_SEEDS = 3
SHARES = (1.0, 3.0)
"""Allowances, in units of the most expensive run for sale; repetitions take turns."""

Outcomes = dict[str, list[Outcome]]


@dataclass(frozen=True, eq=False)
class Played:
    """One replay and how each design did in it."""

    replay: Replay
    by_design: Outcomes

    def log_ratio(self, design: str, measure: str) -> float:
        """Of a design's figure to that of random purchases, averaged over their seeds in logarithms."""
        return _log_mean(self.by_design[design], measure) - _log_mean(self.by_design["random"], measure)


def _log_mean(found: list[Outcome], measure: str) -> float:
    least = {"loss_error": LEAST_LOSS, "size_error": LEAST_SIZE, "spread": LEAST_SIZE}[measure]
    return float(np.mean([np.log(max(getattr(each, measure), least)) for each in found]))


MEASURES = {"loss_error": "error of the loss", "size_error": "error of log N*", "spread": "spread of log N*"}


def sections(
    tables: Iterable[RealTable] | None = None,
    repetitions: int = REPETITIONS,
    random_seeds: int = RANDOM_SEEDS,
) -> list[Section]:
    """The tables of this benchmark; fewer tables, repetitions and seeds are its quick form."""
    chosen = tables or (table for table in real_tables() if table.name in TABLES)
    played = [each for table in chosen for each in play(table, repetitions, random_seeds)]
    return [_summary(played), _by_group(played), _promises(played)]


def play(table: RealTable, repetitions: int, random_seeds: int) -> Iterator[Played]:
    """All replays of a table."""
    whole = Whole.of(table)
    for seed in range(repetitions):
        replay = Replay.of(whole, seed, SHARES[seed % len(SHARES)])
        by_design: Outcomes = {}
        for name, outcome in outcomes(replay, random_seeds):
            by_design.setdefault(name, []).append(outcome)
        yield Played(replay, by_design)


def _groups(played: list[Played]) -> dict[str, list[Played]]:
    groups: dict[str, list[Played]] = {}
    for each in played:
        groups.setdefault(each.replay.whole.table.group, []).append(each)
    return groups


def _ratios(played: list[Played], design: str, measure: str) -> Array:
    """Mean log ratio of each group of tables."""
    groups = _groups(played).values()
    return np.array([np.mean([each.log_ratio(design, measure) for each in group]) for group in groups])


def _summary(played: list[Played]) -> Section:
    text = (
        f"{len(played)} replays of {len(_groups(played))} groups of tables. Geometric means of ratios to "
        "buying at random, paired by replay, every group counting the same; below 1 is better. In brackets "
        "the standard error over all replays, as a factor; then how often the design beat random.",
    )
    rows = []
    for design in [*DESIGNS, "nothing"]:
        cells = [_cell(played, design, measure) for measure in MEASURES]
        bought = np.mean([each.by_design[design][0].bought for each in played])
        rows.append((design, *cells, f"{bought:.1f}"))
    bought = np.mean([one.bought for each in played for one in each.by_design["random"]])
    rows.append(("random", *("1" for _ in MEASURES), f"{bought:.1f}"))
    return Section(
        "Which runs to buy next", text, Table.of(("design", *MEASURES.values(), "runs bought"), rows)
    )


def _cell(played: list[Played], design: str, measure: str) -> str:
    every = np.array([each.log_ratio(design, measure) for each in played])
    error = every.std(ddof=1) / np.sqrt(len(every)) if len(every) > 1 else np.nan
    mean = np.exp(np.mean(_ratios(played, design, measure)))
    return f"{mean:.2f} (x {np.exp(error):.2f}), {np.mean(every < 0):.0%}"


def _by_group(played: list[Played]) -> Section:
    rows = [
        (
            group,
            *(
                f"{_mean(part, design, 'loss_error'):.2f} / {_mean(part, design, 'size_error'):.2f}"
                for design in DESIGNS
            ),
        )
        for group, part in _groups(played).items()
    ]
    text = ("Error of the loss / error of log N*, as ratios to buying at random.",)
    return Section("By table", text, Table.of(("tables", *DESIGNS), rows))


def _mean(played: list[Played], design: str, measure: str) -> float:
    return float(np.exp(np.mean([each.log_ratio(design, measure) for each in played])))


def _log(spread: float) -> float:
    """Logarithm of a spread, none below what counts as equal."""
    return float(np.log(max(spread, LEAST_SIZE)))


def _promises(played: list[Played]) -> Section:
    """Whether the spread of log N* came out as promised, and as it was without buying anything."""
    rows = []
    for design in DESIGNS:
        found = [(each.by_design[design][0], each.by_design["nothing"][0]) for each in played]
        kept = [_log(one.spread) - _log(one.promised) for one, _ in found]
        shrunk = [_log(one.promised) - _log(before.promised) for one, before in found]
        low, middle, high = np.exp(np.quantile(kept, [0.25, 0.5, 0.75]))
        rows.append((design, f"{np.exp(np.median(shrunk)):.2f}", f"{middle:.2f} ({low:.2f} to {high:.2f})"))
    columns = ("design", "promised, of the spread before", "realised over promised, median and quartiles")
    text = ("Spread of log N* over the bootstrap, before the calibration's factor, which stays.",)
    return Section("Promised and realised", text, Table.of(columns, rows))
