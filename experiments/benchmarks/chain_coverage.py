"""Do the intervals of `scalesearch chain` hold? `python -m experiments.benchmarks chain_coverage`.

On the OLMo ladder: its 16 runs, and the 12 smallest of them, foretell nine tasks of larger models, from the
next size to 13B parameters on 5T tokens; nominal 95 % intervals are held against what was measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.real_runs import LADDER_SIZES, SHARED, ladder_checkpoints, ladder_targets
from objectives.capability.downstream_checkpoints import Checkpoints
from objectives.capability.downstream_fit import ChainFit, fit_chain
from runners.documents.document import Section, Table
from runners.documents.quantities import percent

TASKS = ("mmlu_avg_test", "hellaswag_val", "arc_challenge_test", "arc_easy_test", "piqa_val", "csqa_val",
         "socialiqa_val", "openbookqa_test", "winogrande_val")  # fmt: skip
CUTS = {LADDER_SIZES: ("3B",), LADDER_SIZES[:3]: ("1B", "3B")}
"""Sizes fitted, and those asked about beside the two targets."""
NEXT, TARGETS = "up to 3B parameters", "7B and 13B"


@dataclass(frozen=True)
class Outcome:
    """One model's task, foretold."""

    fitted: int
    """Runs."""
    asked: str
    loss: bool
    """Whether its interval held; likewise below."""
    accuracy: bool
    plain: bool
    half_width: float
    """Of the accuracy, as a share."""
    plain_half_width: float


def sections(shared: Path = SHARED) -> list[Section]:
    """The tables of this benchmark."""
    outcomes = [each for task in TASKS for each in of_task(shared / "data", task)]
    groups = dict.fromkeys((each.fitted, each.asked) for each in outcomes)
    rows = [
        _row(f"{n} runs", asked, [e for e in outcomes if (e.fitted, e.asked) == (n, asked)])
        for n, asked in groups
    ]
    rows.append(_row("all", "", outcomes))
    columns = ("fitted to", "asked about", "predictions", "loss inside 95 %", "accuracy inside 95 %",
               "half width, points", "by resampling alone", "its half width")  # fmt: skip
    return [Section("Intervals of a chain, nine tasks of the OLMo ladder", table=Table.of(columns, rows))]


def of_task(data: Path, task: str) -> Iterator[Outcome]:
    """Every prediction of one task."""
    for sizes, larger in CUTS.items():
        fitted = fit_chain(ladder_checkpoints(data, task, sizes))
        yield from _held(fitted, ladder_checkpoints(data, task, larger), NEXT, len(sizes))
        yield from _held(fitted, ladder_targets(data, task), TARGETS, len(sizes))


def _held(fitted: ChainFit, larger: Checkpoints, asked: str, sizes: int) -> Iterator[Outcome]:
    final = larger.final()
    for n, tokens, loss, accuracy in zip(
        final.n, final.tokens, final.loss, larger.final_accuracy, strict=True
    ):
        losses, right, plain = (
            each(float(n), float(tokens))
            for each in (fitted.loss_interval, fitted.interval, fitted.plain_interval)
        )
        inside = [
            low < value < high
            for (low, high), value in ((losses, loss), (right, accuracy), (plain, accuracy))
        ]
        widths = [(high - low) / 2 for low, high in (right, plain)]
        yield Outcome(4 * sizes, asked, *inside, *widths)


def _row(fitted: str, asked: str, outcomes: list[Outcome]) -> tuple[str, ...]:
    def share(name: str) -> str:
        return percent(float(np.mean([getattr(each, name) for each in outcomes])))

    def points(name: str) -> str:
        return f"{100 * float(np.median([getattr(each, name) for each in outcomes])):.1f}"

    return (
        *(fitted, asked, str(len(outcomes)), share("loss"), share("accuracy"), points("half_width")),
        *(share("plain"), points("plain_half_width")),
    )
