"""The Performance Law's answers in words and tables: plans, the front, one model."""

from collections.abc import Iterator, Mapping
from typing import Any

from runners.documents.document import Section, Table
from runners.documents.quantities import count, flops, size

Record = Mapping[str, Any]

MOST_ROWS = 30
"""Plans of a front in one table; JSON has them all."""
ORDERS = {
    "balance": "MMLU^2 / ln(1 + layers), the author's balance of score and depth",
    "performance": "the highest MMLU",
    "shallow": "the fewest layers",
    "cheap": "the least training compute",
}


def sections(record: Record, pictures: Mapping[str, str] | None = None) -> list[Section]:
    """The document of an `objectives.capability.answer.Answer`, as `to_dict` makes it.

    Args:
        record: of the answer.
        pictures: SVG by name, `front` and `plans`; none where they are not wanted.
    """
    drawn = pictures or {}
    return [
        Section(_title(record), tuple(_intro(record)), _best(record), drawn.get("plans"), level=1),
        Section(f"Plans by {record['order']}", (_about_order(record),), _plans(record)),
        Section("Plans nearly as good", (_about_bands(record),), _bands(record)),
        *_front(record, drawn.get("front")),
        Section("Real models of this size", table=_neighbours(record)),
        *warnings(record),
    ]


def prediction(record: Record) -> list[Section]:
    """The document of one model's prediction."""
    model = ", ".join(f"{name} {_dimension(name, value)}" for name, value in record["model"].items())
    rows = [("predicted MMLU", f"{record['mmlu']:.2f}"), ("interval", _interval(record, record["level"]))]
    title = f"MMLU of a model: {record['law']['family']} ({record['law']['set']})"
    return [Section(title, (f"Model: {model}.",), Table.of(("quantity", "value"), rows), level=1),
            *warnings(record)]  # fmt: skip


def warnings(record: Record) -> Iterator[Section]:
    """Where not to trust it."""
    if record["warnings"]:
        rows = [(warning,) for warning in record["warnings"]]
        yield Section("Where not to trust it", table=Table.of(("before you rely on it",), rows))


def _title(record: Record) -> str:
    law = record["law"]
    return f"Best MMLU for {flops(record['budget']['flops'])} FLOPs: {law['family']} ({law['set']})"


def _intro(record: Record) -> Iterator[str]:
    yield f"Law: {record['law']['title']}. {record['law']['equation']}"
    yield f"Budget: {record['budget']['description']}."
    yield f"Shapes: {record['shapes']}."


def _best(record: Record) -> Table:
    return Table.of(("quantity", "value"), _best_rows(record))


def _best_rows(record: Record) -> Iterator[tuple[str, str]]:
    best, memory, cost = record["best"], record["memory"], record["cost"]
    yield "architecture", f"{best['layers']} layers, hidden {best['hidden']}, FFN {best['ffn']}"
    yield "parameters", count(best["n_total"])
    yield "training tokens", count(best["tokens"])
    yield "predicted MMLU", f"{best['mmlu']:.2f}"
    yield "interval of the MMLU", _interval(best, record["level"])
    share = best["flops"] / record["budget"]["flops"]
    yield "training FLOPs", f"{flops(best['flops'])} ({share:.1%} of the budget)"
    yield "FLOPs to serve a token", flops(best["inference_flops"])
    least = f"; at least {memory['min_gpus']} x {memory['gpu']}" if memory["min_gpus"] else ""
    yield "memory of the training state", f"{size(1e9 * memory['gigabytes'])}{least}"
    for name, unit in (("gpu_hours", "accelerator-hours"), ("days", "days"), ("dollars", "dollars")):
        if cost[name] is not None:
            yield unit, f"{cost[name]:,.3g}"


def _interval(record: Record, level: float | None) -> str:
    if record["interval"] is None:
        return "none: see below"
    low, high = record["interval"]
    return f"{low:.1f} to {high:.1f} ({level:.0%}, from families held out)"


def _about_order(record: Record) -> str:
    least = "" if record["min_mmlu"] is None else f" predicted at least {record['min_mmlu']:g} points"
    return (
        f"{record['feasible']} plans{least} fit the budget; in order of {ORDERS[record['order']]}. "
        "Utilization counts only the tokens the law gives credit for."
    )


def _about_bands(record: Record) -> str:
    if record["order"] == "cheap":
        return "All plans that reach the score for little more training compute than the cheapest."
    return "All plans whose prediction is little below the highest: the law hardly tells them apart."


def _bands(record: Record) -> Table:
    cheap = record["order"] == "cheap"
    columns = ("more compute" if cheap else "points below", "plans", "layers", "parameters", "tokens")
    return Table.of(columns, [_band_row(band, cheap) for band in record["bands"]])


def _band_row(band: Record, cheap: bool) -> tuple[str, ...]:
    (shallow, deep), sizes, tokens = band["layers"], band["n_total"], band["tokens"]
    within = f"at most {band['within']:.0%}" if cheap else f"at most {band['within']:g}"
    return (
        within,
        str(band["plans"]),
        f"{shallow} to {deep}",
        *(f"{count(low)} to {count(high)}" for low, high in (sizes, tokens)),
    )


def _plans(record: Record) -> Table:
    columns = ("layers", "hidden", "ffn", "params (B)", "tokens (T)", "MMLU", "budget utilization")
    return Table.of(columns, [_plan_row(plan) for plan in record["plans"]])


def _plan_row(plan: Record) -> tuple[object, ...]:
    return (
        plan["layers"],
        plan["hidden"],
        plan["ffn"],
        f"{plan['n_total'] / 1e9:.2f}",
        f"{plan['tokens'] / 1e12:.4g}",
        f"{plan['mmlu']:.2f}",
        f"{plan['utilization']:.4f}",
    )


def _front(record: Record, picture: str | None) -> Iterator[Section]:
    found = record["pareto"]
    if found is None:
        return
    rows, loss = found["rows"], found["against"] == "loss"
    second = f"loss ({found['law']['family']})" if loss else "FLOPs per served token"
    text = (
        f"{len(rows)} of {found['plans']} plans are beaten by no other in both MMLU and {second}; "
        f"{found['fronts']} fronts in all."
    )
    columns = ("layers", "hidden", "ffn", "params (B)", "tokens (T)", "MMLU", second)
    shown = [
        (*_plan_row(row)[:6], f"{row['loss']:.4f}" if loss else flops(row["inference_flops"]))
        for row in _spread(rows)
    ]
    yield Section(f"MMLU against {second}", (text,), Table.of(columns, shown), picture)


def _spread(rows: list[Record]) -> list[Record]:
    """At most `MOST_ROWS` of them, evenly, both ends among them."""
    if len(rows) <= MOST_ROWS:
        return rows
    return [rows[round(index * (len(rows) - 1) / (MOST_ROWS - 1))] for index in range(MOST_ROWS)]


def _neighbours(record: Record) -> Table:
    rows = [
        (model["name"], count(model["n_total"]), model["layers"], model["hidden"], model["source"])
        for model in record["neighbours"]
    ]
    return Table.of(("model", "parameters", "layers", "hidden", "source"), rows)


def _dimension(name: str, value: float) -> str:
    return count(value) if name in ("tokens", "n_total", "n_active") else f"{value:g}"
