"""What a fitted law says about budgets: the optimum, the safer bet, and what the other laws would do."""

from collections.abc import Iterator, Mapping
from math import log10
from typing import Any

from runners.documents.answer import NAMES
from runners.documents.document import Section, Table
from runners.documents.quantities import count, flops, number, percent

Record = Mapping[str, Any]
WITHIN = 0.005
"""Decades beyond the largest run that are none."""


def sections(record: Record) -> Iterator[Section]:
    """Best configurations, the recommendation under uncertainty, and the other laws."""
    yield Section("Best configurations", (_about_intervals(record),), _best(record))
    yield Section("Recommendation under uncertainty", (_about_expectation(record),), _recommended(record))
    yield Section("What the other acceptable laws would say", (spread(record),), _others(record))


def headline(record: Record, decision: Record) -> str:
    """One decision in words.

    The size is in the law's own count; the interval is that of the loss.
    """
    best, law = decision["optimum"], record["law"]
    sparse = f" at sparsity {best['sparsity']:.3g}" if is_sparse(record) else ""
    size = f"{count(best['n'])} {NAMES[law['count']]}{sparse} on {count(best['tokens'])} tokens"
    low, high = decision["uncertainty"]["loss"]
    level = percent(decision["uncertainty"]["level"])
    return f"{size}, and predicts a loss of {_loss(best['loss'])} ({level}: {_loss(low)} to {_loss(high)})"


def is_sparse(record: Record) -> bool:
    """Whether there is a sparsity to tell: of the runs, or of any answer."""
    runs = record["law"]["fitted"]["sparsity"][1] > 0
    return runs or any(decision["optimum"]["sparsity"] > 0 for decision in record["decisions"])


def decades(record: Record, decision: Record) -> float:
    """Compute of a budget beyond the largest run; negative within the runs."""
    return log10(decision["flops"] / record["calibration"]["flops"])


def _about_intervals(record: Record) -> str:
    level = percent(record["calibration"]["level"])
    return (
        f"In brackets, {level} intervals, calibrated on how far this law erred when it was fitted below a "
        "compute cut and predicted the runs above it. That of the loss is for a run you would train."
    )


def _best(record: Record) -> Table:
    sparse, law = is_sparse(record), record["law"]
    columns = ["training FLOPs", "beyond the runs", NAMES[law["count"]]]
    columns += [*(["sparsity", _other_size(record)] if sparse else []), "tokens", *_extras(record)]
    rows = [_best_row(record, decision, sparse) for decision in record["decisions"]]
    return Table.of([*columns, f"loss ({law['unit']})"], rows)


def _other_size(record: Record) -> str:
    """Of a sparse model, the size that the law does not count."""
    return NAMES["n_active"] if record["law"]["count"] == "n_total" else NAMES["n_total"]


def _extras(record: Record) -> list[str]:
    """Further inputs of the law that an answer states."""
    stated = record["decisions"][0]["optimum"]["extra"]
    return [name.replace("_", " ") for name, value in stated.items() if value is not None]


def _best_row(record: Record, decision: Record, sparse: bool) -> list[str]:
    best, sure = decision["optimum"], decision["uncertainty"]
    cells = [flops(decision["flops"]), _beyond(decades(record, decision))]
    cells.append(_with_interval(count, best["n"], sure["n"]))
    if sparse:
        cells.append(_with_interval(_share, best["sparsity"], sure["sparsity"]))
        cells.append(count(best["n_active" if record["law"]["count"] == "n_total" else "n_total"]))
    cells.append(_with_interval(count, best["tokens"], sure["tokens"]))
    cells += [number(value) for value in best["extra"].values() if value is not None]
    return [*cells, _with_interval(_loss, best["loss"], sure["loss"])]


def _beyond(by: float) -> str:
    if by <= WITHIN:
        return "no"
    return f"{by:.1f} decade{'' if f'{by:.1f}' == '1.0' else 's'}"


def _with_interval(text: Any, value: float, interval: tuple[float, float]) -> str:
    return f"{text(value)} ({text(interval[0])} to {text(interval[1])})"


def _share(value: float) -> str:
    return f"{value:.3g}"


def _loss(value: float) -> str:
    return f"{value:#.4g}"


def _about_expectation(record: Record) -> str:
    laws = record["decisions"][0]["recommendation"]["laws"]
    whom = "its refits" if laws == 1 else f"its refits and {laws} acceptable laws"
    return (
        f"The configuration whose expected loss over {whom} is least. It is not the optimum exactly, "
        "because a model too small and one too large do not cost the same."
    )


def _recommended(record: Record) -> Table:
    sparse = is_sparse(record)
    columns = ["training FLOPs", NAMES[record["law"]["count"]], *(["sparsity"] if sparse else []), "tokens"]
    columns += ["against the optimum's size", "expected loss", "better than the optimum's by"]
    rows = []
    for decision in record["decisions"]:
        safer, best = decision["recommendation"], decision["optimum"]
        cells = [flops(decision["flops"]), count(safer["n"])]
        cells += [_share(safer["sparsity"])] if sparse else []
        cells += [count(safer["tokens"]), _factor(safer["n"] / best["n"])]
        rows.append([*cells, _loss(safer["expected_loss"]), f"{safer['gain']:.1e}"])
    return Table.of(columns, rows)


def _factor(ratio: float) -> str:
    return f"{ratio:.2f} times"


def _others(record: Record) -> Table | None:
    if not any(decision["others"] for decision in record["decisions"]):
        return None
    sparse = is_sparse(record)
    size = NAMES[record["law"]["count"]]
    columns = ["training FLOPs", "law", size, "against this law's", *(["sparsity"] if sparse else [])]
    rows = []
    for decision in record["decisions"]:
        for other in decision["others"]:
            ratio = other["n"] / decision["optimum"]["n"]
            cells = [flops(decision["flops"]), other["law"], count(other["n"]), _factor(ratio)]
            cells += [_share(other["sparsity"])] if sparse else []
            rows.append([*cells, count(other["tokens"]), _loss(other["loss"])])
    return Table.of([*columns, "tokens", "loss"], rows)


def spread(record: Record) -> str:
    """How far apart the acceptable laws are on the best size."""
    apart = [disagreement(decision) for decision in record["decisions"]]
    if not any(decision["others"] for decision in record["decisions"]):
        return (
            "No other family that was compared describes these runs acceptably, so nothing here tells what "
            "the answer owes to the form of the law."
        )
    said = [
        f"{percent(factor - 1.0)} at {flops(decision['flops'])}"
        for factor, decision in zip(apart, record["decisions"], strict=True)
    ]
    laws = 1 + max(len(decision["others"]) for decision in record["decisions"])
    return f"How far apart the best sizes of the {laws} laws lie: {', '.join(said)} FLOPs."


def disagreement(decision: Record) -> float:
    """Largest best size over the smallest, over all acceptable laws."""
    sizes = [each["n"] for each in (decision["optimum"], *decision["others"])]
    return float(max(sizes) / min(sizes))
