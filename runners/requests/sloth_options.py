"""The options of `scalesearch sloth` that hold several things in one text, and the table they are about."""

from pathlib import Path

from objectives.capability.downstream_skills import Benchmarks
from objectives.capability.downstream_skills_table import FIELDS, read_benchmarks
from objectives.capability.score_columns import Column, parse_score_columns
from runners.requests.fit_options import assignments
from spaces.errors import BadInput, Mistakes


def read_models(
    path: Path, columns: str | None, benchmarks: str | None, floors: str | None
) -> tuple[tuple[str, ...], Benchmarks]:
    """Names of the benchmarks, and the models.

    Raises:
        BadInput: every mistake in the options; then those of the table.
    """
    found = Mistakes()
    chosen, asked, chance = dict[str, Column](), dict[str, Column](), dict[str, float]()
    with found.within(""):
        chosen = {} if columns is None else parse_score_columns(columns, FIELDS)
    with found.within(""):
        asked = {} if benchmarks is None else parse_score_columns(_named(benchmarks), None, "benchmarks")
    with found.within(""):
        chance = {} if floors is None else _numbers(floors)
    found.settle()
    return read_benchmarks(path, chosen, asked, chance)


def _named(text: str) -> str:
    """A benchmark without a column of another name is its own column.

    >>> _named("mmlu=MMLU*0.01, gsm8k")
    'mmlu=MMLU*0.01,gsm8k=gsm8k'
    """
    pieces = [piece.strip() for piece in text.split(",")]
    return ",".join(piece if "=" in piece else f"{piece}={piece}" for piece in pieces)


def _numbers(text: str) -> dict[str, float]:
    found, numbers = Mistakes(), {}
    for name, value in assignments(text.split(","), "floors", "BENCHMARK=SHARE, such as boolq=0.5").items():
        with found.within(""):
            try:
                numbers[name] = float(value)
            except ValueError:
                raise BadInput.of(f"floors.{name}", "a share from 0 to below 1", value) from None
    found.settle()
    return numbers
