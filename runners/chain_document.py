"""The answer of `scalesearch chain` in words and tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from runners.document import Section, Table
from runners.quantities import count, number, percent

Record = Mapping[str, Any]


def sections(record: Record) -> list[Section]:
    """The sections of a record of `objectives.capability.downstream_answer.answer`."""
    size = f"{count(record['n'])} parameters on {count(record['tokens'])} tokens"
    intro = f"From {record['checkpoints']} checkpoints of {record['runs']} runs in {record['table']}."
    warnings = Table.of(("before you believe it",), [(warning,) for warning in record["warnings"]])
    answers = Table.of(("quantity", "value"), _rows(record))
    steps = Table.of(("step", "equation", "coefficients", "mean error on its own data"), _steps(record))
    return [
        Section(f"From loss to task: {size}", (intro,), answers, level=1),
        Section("The two steps", table=steps),
        Section("Warnings", table=warnings),
    ]


def _rows(record: Record) -> Iterator[tuple[str, str]]:
    level = f"interval of {record['level']:.0%}"
    (low, high), (worst, best) = record["loss_interval"], record["accuracy_interval"]
    yield f"loss ({record['unit']})", f"{record['loss']:.4f} ({level}: {low:.4f} to {high:.4f})"
    yield "accuracy", f"{percent(record['accuracy'])} ({level}: {percent(worst)} to {percent(best)})"


def _steps(record: Record) -> Iterator[tuple[str, str, str, str]]:
    law, curve, errors = record["law"], record["curve"], record["errors"]
    yield "size, tokens -> loss", law["equation"], _coefficients(law), percent(errors["loss"])
    right = f"{100 * errors['accuracy']:.2f} points"
    yield "loss -> accuracy", curve["equation"], _coefficients(curve), right


def _coefficients(part: Record) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in part["coefficients"].items())
