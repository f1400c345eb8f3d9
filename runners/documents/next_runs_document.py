"""Which runs to buy next, in words and tables: a function of the record `objectives.fit.next_runs` makes."""

from collections.abc import Iterator, Mapping
from typing import Any

from runners.documents.answer import NAMES
from runners.documents.document import Section, Table
from runners.documents.quantities import count, flops

Record = Mapping[str, Any]

ORDER = (
    "In order of purchase: each run is the one that helps most once those above it are trained, whatever "
    "losses they will have."
)
NOTHING = (
    "Nothing: none of the {candidates} candidates would bring the best size nearer to the truth. They are so "
    "much smaller than the target that what the law gets wrong there outweighs what they would tell."
)
INSTEAD = "The best single run for at least half of the allowance, in place of the batch."


def sections(record: Record) -> list[Section]:
    """The sections of the answer."""
    title = f"Which runs to buy next, for the best model of {flops(record['target'])} FLOPs"
    parts = [Section(title, tuple(_intro(record)), _outlook(record), level=1)]
    if record["picks"]:
        parts.append(Section("Runs to buy", (ORDER,), _picks(record, record["picks"])))
    else:
        parts.append(Section("Runs to buy", (NOTHING.format(**record),)))
    if record["one_large_run"]:
        parts.append(Section("One large run instead", (INSTEAD,), _picks(record, [record["one_large_run"]])))
    parts.append(
        Section("What the expectation rests on", table=Table.of(("fact", "value"), _grounds(record)))
    )
    return parts


def _intro(record: Record) -> Iterator[str]:
    law, picks = record["law"], record["picks"]
    yield f"Law: {law['family']} ({law['set']}), {law['source']}."
    if picks:
        runs = "1 run" if len(picks) == 1 else f"{len(picks)} runs"
        yield (
            f"{runs} for {flops(record['cost'])} of the {flops(record['allowance'])} FLOPs allowed: the "
            f"{record['level']:.0%} interval of log N* is expected to be {record['shrinkage']:.0%} narrower."
        )


def _outlook(record: Record) -> Table:
    """The target now, after the batch, and after one large run."""
    states = [("now", record["now"])]
    if record["picks"]:
        states.append(("after the batch, expected", record["picks"][-1]["expected"]))
    if record["one_large_run"]:
        states.append(("after one large run, expected", record["one_large_run"]["expected"]))
    best, law = record["optimum"], record["law"]
    columns = ("at the target", f"best size ({NAMES[law['count']]})", f"loss ({law['unit']})")
    rows = [(name, _sizes(state["n"]), _losses(state["loss"])) for name, state in states]
    return Table.of(columns, [("point", count(best["n"]), f"{best['loss']:.4f}"), *rows])


def _picks(record: Record, picks: list[Record]) -> Table:
    sparse = any(pick["sparsity"] for pick in picks)
    columns = [record["law"]["count"], "tokens", *(["sparsity"] if sparse else []), "FLOPs", "FLOPs so far"]
    return Table.of(
        ("", *columns, "best size of the target then", "narrower by"),
        [(number, *_pick(pick, sparse)) for number, pick in enumerate(picks, 1)],
    )


def _pick(pick: Record, sparse: bool) -> Iterator[str]:
    yield count(pick["n"])
    yield count(pick["tokens"])
    if sparse:
        yield f"{pick['sparsity']:.4g}"
    yield flops(pick["cost"])
    yield flops(pick["cumulative_cost"])
    yield _sizes(pick["expected"]["n"])
    yield f"{pick['shrinkage']:.1%}"


def _grounds(record: Record) -> Iterator[tuple[str, str]]:
    tested = (
        f"from {record['held_out']} held-out errors"
        if record["held_out"]
        else "assumed: the table is too small to test"
    )
    yield "candidates looked at", str(record["candidates"])
    yield "noise of one run, as this fit weighs it", f"{record['noise']:.4f} in log loss"
    yield "the bootstrap is widened by", f"{record['inflation']:.2f} ({tested}), before and after alike"
    yield "the law drifts per decade of compute by", f"{record['drift']:.4f} in log loss"
    yield (
        "what could prove it wrong",
        "a new fit finds other factors, or another best size; only then is an interval measured",
    )


def _sizes(ends: tuple[float, float]) -> str:
    return f"{count(ends[0])} to {count(ends[1])}"


def _losses(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.4f} to {ends[1]:.4f}"
