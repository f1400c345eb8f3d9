"""The answer of `scalesearch chain` in words and tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runners.documents.document import Section, Table
from runners.documents.quantities import count, number, percent

Record = Mapping[str, Any]


def sections(record: Record) -> list[Section]:
    """The sections of a record of `objectives.capability.downstream_answer.answer`."""
    size = f"{count(record['n'])} parameters on {count(record['tokens'])} tokens"
    intro = f"From {record['checkpoints']} checkpoints of {record['runs']} runs in {record['table']}."
    held = record["calibration"]["accuracy"]["held_out"]
    tested = (
        f"The intervals are those of resampled runs, widened to hold what both steps got wrong {held} times "
        "about larger runs that were held out. Resampling alone would give the accuracy "
        f"{_range(record['plain_accuracy_interval'])}.",
    )
    warnings = Table.of(("before you believe it",), [(warning,) for warning in record["warnings"]])
    answers = Table.of(("quantity", "value"), _rows(record))
    steps = Table.of(("step", "equation", "coefficients", "mean error on its own data"), _steps(record))
    return [
        Section(f"From loss to task: {size}", (intro,), answers, level=1),
        *([Section("How the intervals were made", tested)] if held else []),
        Section("The two steps", table=steps),
        Section("Warnings", table=warnings),
    ]


def _rows(record: Record) -> Iterator[tuple[str, str]]:
    level = f"interval of {record['level']:.0%}"
    low, high = record["loss_interval"]
    yield f"loss ({record['unit']})", f"{record['loss']:.4f} ({level}: {low:.4f} to {high:.4f})"
    yield "accuracy", f"{percent(record['accuracy'])} ({level}: {_range(record['accuracy_interval'])})"


def _range(ends: Sequence[float]) -> str:
    return f"{percent(ends[0])} to {percent(ends[1])}"


def _steps(record: Record) -> Iterator[tuple[str, str, str, str]]:
    law, curve, errors = record["law"], record["curve"], record["errors"]
    yield "size, tokens -> loss", law["equation"], _coefficients(law), percent(errors["loss"])
    right = f"{100 * errors['accuracy']:.2f} points"
    yield "loss -> accuracy", curve["equation"], _coefficients(curve), right


def _coefficients(part: Record) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in part["coefficients"].items())
