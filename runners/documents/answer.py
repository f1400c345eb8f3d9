"""The answer to one budget in words and tables: what `scalesearch plan` prints and every report repeats."""

from collections.abc import Iterator, Mapping
from typing import Any

from runners.documents.document import Section, Table
from runners.documents.quantities import count, flops, number, size

Record = Mapping[str, Any]

NAMES = {
    "n_active": "active parameters",
    "n_total": "total parameters",
    "n_nonzero": "non-zero parameters",
    "n_non_embedding": "parameters without embeddings",
}


def sections(record: Record, level: int = 1) -> list[Section]:
    """The sections of a plan, given as `Plan.to_dict` makes it; the first heading has this level."""
    law = record["law"]
    title = f"Best model for {flops(record['budget']['flops'])} FLOPs: {law['family']} ({law['set']})"
    intro = (f"Law: {law['title']}. {law['equation']}", f"Budget: {record['budget']['description']}.")
    parts = [
        Section(title, intro, _best(record), level=level),
        Section("Constraints that bind", table=_active(record["optimum"]), level=level + 1),
        Section("Sizes that waste little compute", _about_waste(record), _waste(record), level=level + 1),
        *_recipe(record["recipe"], level + 1),
        Section("What other laws would say", (OTHERS,), _others(record), level=level + 1),
        Section("Real models of this size", table=_neighbours(record), level=level + 1),
    ]
    if record["warnings"]:
        warnings = Table.of(("before you spend the budget",), [(warning,) for warning in record["warnings"]])
        parts.append(Section("Warnings", table=warnings, level=level + 1))
    return parts


OTHERS = (
    "Each law counts parameters in its own way; here all are converted. Losses are comparable only between "
    "laws fitted on the same data and tokenizer."
)


def _best(record: Record) -> Table:
    return Table.of(("quantity", "value"), _best_rows(record))


def _best_rows(record: Record) -> Iterator[tuple[str, str]]:
    best, law = record["optimum"], record["law"]
    yield "active parameters", count(best["n_active"])
    yield "total parameters", count(best["n_total"])
    if law["count"] not in ("n_active", "n_total"):
        yield f"{NAMES[law['count']]} (the law's own count)", count(best["n"])
    yield "training tokens", count(best["tokens"])
    yield f"tokens per parameter ({law['count']})", f"{best['tokens_per_param']:.3g}"
    yield "sparsity", f"{(best['sparsity'] or law['inherent_sparsity']):.4g}"
    for name, value in best["extra"].items():
        yield name.replace("_", " "), "no limit" if value is None else f"{value:.6g}"
    yield f"predicted loss ({law['unit']})", f"{best['loss']:.6f}"
    yield "interval of the loss", _interval(record)
    yield from _uncertain_rows(record)
    yield "certificate", _certificate(best["certificate"])
    yield "training FLOPs", flops(best["flops"])
    yield "beyond the fitted runs", _extrapolation(record["extrapolation"])
    yield from _cost_rows(record)


def _interval(record: Record) -> str:
    uncertainty = record["uncertainty"]
    if uncertainty is None:
        return str(record["why_no_interval"])
    low, high = uncertainty["loss"]
    return f"{low:.4f} to {high:.4f} ({_basis(uncertainty)})"


def _basis(uncertainty: Record) -> str:
    return f"{uncertainty['level']:.0%}, calibrated, {uncertainty['replicates']} refits"


def _uncertain_rows(record: Record) -> Iterator[tuple[str, str]]:
    """What a fitted law says beyond its loss: how sure the configuration is, and which is the safer bet."""
    uncertainty, safer = record["uncertainty"], record["recommendation"]
    if uncertainty is None or safer is None:
        return
    (low_n, high_n), (low_d, high_d) = uncertainty["n"], uncertainty["tokens"]
    yield f"interval of the best {record['law']['count']}", f"{count(low_n)} to {count(high_n)}"
    yield "interval of the best tokens", f"{count(low_d)} to {count(high_d)}"
    if record["optimum"]["sparsity"]:
        low_s, high_s = uncertainty["sparsity"]
        yield "interval of the best sparsity", f"{low_s:.3g} to {high_s:.3g}"
    sparse = f", sparsity {safer['sparsity']:.3g}" if safer["sparsity"] else ""
    over = f"over the refits and {safer['laws']} acceptable laws; {safer['gain']:.1e} better than the optimum"
    yield "least expected loss", f"{count(safer['n'])} on {count(safer['tokens'])} tokens{sparse}, {over}"


def _certificate(certificate: Record) -> str:
    holds = "holds" if certificate["holds"] else "DOES NOT HOLD"
    gap = certificate["gap"]
    better = "nothing better" if gap == 0 else f"something better by {gap:.0e} (relative)"
    return (
        f"{holds}: {certificate['method']}; stationary to {certificate['residual']:.0e}; a scan of "
        f"{certificate['points']} points found {better}"
    )


def _extrapolation(decades: Mapping[str, float | None]) -> str:
    known = {name: value for name, value in decades.items() if value is not None}
    if not known:
        return "unknown: the source does not tell its range"
    beyond = [f"{name} by {value:+.1f} decades" for name, value in known.items() if value != 0]
    return ", ".join(beyond) or "no: within their range"


def _cost_rows(record: Record) -> Iterator[tuple[str, str]]:
    memory, cost = record["memory"], record["cost"]
    least = f"; at least {memory['min_gpus']} x {memory['gpu']}" if memory["min_gpus"] else ""
    yield "memory of the training state", f"{size(1e9 * memory['gigabytes'])}{least} ({memory['formula']})"
    if cost["gpu_hours"] is not None:
        yield "accelerator-hours", count(cost["gpu_hours"])
    if cost["days"] is not None:
        yield "days", f"{cost['days']:.3g}"
    if cost["dollars"] is not None:
        yield "dollars", f"{cost['dollars']:,.0f}"


def _active(best: Record) -> Table:
    rows = [
        (bound["name"], f"{bound['bound']:.4g}", _worth(bound["shadow_price"])) for bound in best["active"]
    ]
    return Table.of(("constraint", "bound", "raising it by 1 % changes the loss by"), rows)


def _worth(shadow_price: float | None) -> str:
    return "" if shadow_price is None else f"{0.01 * shadow_price:+.2e}"


def _about_waste(record: Record) -> tuple[str]:
    at = "" if record["optimum"]["sparsity"] == 0 else f" at sparsity {record['optimum']['sparsity']:.4g}"
    return (f"Models on the budget's curve{at} whose loss the given share less compute would reach.",)


def _waste(record: Record) -> Table:
    rows = [
        (
            f"at most {share}",
            *(f"{count(low)} to {count(high)}" for low, high in (band["n_active"], band["tokens"])),
        )
        for share, band in record["waste"].items()
    ]
    return Table.of(("wasted compute", "active parameters", "tokens"), rows)


RECIPE = "Learning rate at the peak of the schedule and tokens in a batch, by laws fitted on real runs."


def _recipe(advice: list[Record], level: int) -> list[Section]:
    columns = ("law", "learning rate", "batch (tokens)", "asked with", "beyond its runs", "read")
    table = Table.of(columns, map(_recipe_row, advice))
    text = (RECIPE, *map(_about_recipe, advice))
    return [Section("Learning rate and batch size", text, table, level=level)] if advice else []


def _about_recipe(advice: Record) -> str:
    interval = f"; intervals of {advice['level']:.0%}: {advice['about_interval']}" if advice["level"] else ""
    return f"{advice['law']} is asked with {advice['how']}{interval}."


def _recipe_row(advice: Record) -> tuple[str, ...]:
    rate, batch = advice["learning_rate_interval"], advice["batch_tokens_interval"]
    asked = ", ".join(f"{name} {number(value)}" for name, value in advice["asked"].items())
    return (
        f"{advice['law']} ({advice['title'].split()[-1]})",
        f"{advice['learning_rate']:.3g}" + (f" ({rate[0]:.3g} to {rate[1]:.3g})" if rate else ""),
        count(advice["batch_tokens"]) + (f" ({count(batch[0])} to {count(batch[1])})" if batch else ""),
        asked,
        _extrapolation(advice["extrapolation"]),
        advice["trust"],
    )


def _others(record: Record) -> Table:
    columns = ("law", "active parameters", "total parameters", "tokens", "sparsity", "loss", "unit or reason")
    return Table.of(columns, map(_other_row, record["others"]))


def _other_row(other: Record) -> tuple[str | None, ...]:
    name = f"{other['family']} ({other['set']})"
    if other["reason"]:
        return name, None, None, None, None, None, other["reason"]
    sizes = (count(other["n_active"]), count(other["n_total"]), count(other["tokens"]))
    return name, *sizes, f"{other['sparsity']:.3g}", f"{other['loss']:.4f}", other["unit"]


def _neighbours(record: Record) -> Table:
    rows = [
        (model["name"], count(model["n_active"]), count(model["n_total"]), model["layers"], model["d_model"],
         model["source"])
        for model in record["neighbours"]
    ]  # fmt: skip
    return Table.of(("model", "active", "total", "layers", "width", "source"), rows)
