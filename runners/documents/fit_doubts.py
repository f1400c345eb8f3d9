"""Where a fitted law should not be trusted: sentences, each with the number behind it."""

from collections.abc import Iterator, Mapping
from math import log10, sqrt
from typing import Any

from runners.documents.fit_answer import decades, disagreement
from runners.documents.quantities import count, flops, number, percent

Record = Mapping[str, Any]

FAR = 1.0
"""Decades beyond the runs from which an answer is doubted."""
INTERCHANGEABLE = 1e5
"""Condition number from which coefficients trade against each other."""
WIDE = 10.0
"""Factor between the ends of an interval of N* that leaves the decision open."""
USELESS = 0.1
"""Half width of an interval, as a share of the loss, that says little."""
APART = 2.0
"""Factor between the best sizes of acceptable laws that deserves a word."""
FEW = 200
"""Replicates below which the ends of an interval are rough."""


def doubts(record: Record) -> list[str]:
    """All reasons to hesitate, the gravest first; empty where there are none."""
    return [
        *_of_fit(record),
        *_of_law(record),
        *_of_intervals(record),
        *_of_budgets(record),
        *_of_data(record),
    ]


def _of_fit(record: Record) -> Iterator[str]:
    """What the certificate does not certify."""
    certificate = record["certificate"]
    if certificate["reached"] < 2 and certificate["starts"] > 1:
        yield f"no two of {certificate['starts']} starts agree: a better optimum may exist"
    if certificate["at_bounds"]:
        yield f"at a bound, and the runs want it beyond: {', '.join(certificate['at_bounds'])}"
    if not certificate["holds"] and certificate["reached"] >= 2 and not certificate["at_bounds"]:
        yield f"the gradient has not vanished: a step would still gain {percent(certificate['decrease'])}"
    if certificate["condition"] is None or certificate["condition"] > INTERCHANGEABLE:
        size = "infinite" if certificate["condition"] is None else f"{certificate['condition']:.0e}"
        yield f"the condition number is {size}: coefficients can be traded against each other at no cost"
    profile = certificate["profile"]
    if profile and not profile["identified"]:
        yield f"{profile['sentence']}, so extrapolations rest on a guess of what no compute can remove"


def _of_law(record: Record) -> Iterator[str]:
    candidates = record["selection"]["candidates"]
    own = next(each for each in candidates if each["law"] == record["law"]["family"])
    if own["rejected"]:
        yield f"the {own['law']} law would be turned away by the selection: {own['rejected']}"
    better = [each for each in candidates if each["acceptable"] and _beats(each, own)]
    if better and not own["rejected"]:
        named = f"{better[0]['law']} ({percent(better[0]['held_out_error'])})"
        yield f"{named} predicted held-out runs better than {own['law']} ({percent(own['held_out_error'])})"


def _beats(other: Record, own: Record) -> bool:
    """Whether another law predicted held-out runs clearly better."""
    known = other["held_out_error"] is not None and own["held_out_error"] is not None
    return known and other["held_out_error"] < 0.8 * own["held_out_error"]


def _of_intervals(record: Record) -> Iterator[str]:
    calibration = record["calibration"]
    if calibration["held_out"] == 0:
        yield (
            "there are too few runs to fit below a compute cut and predict above it: intervals are the "
            f"bootstrap's, {calibration['factor']:.3g} times as wide, which is an assumption"
        )
    half = calibration["median_half_width"]
    if half is not None and half > USELESS:
        yield f"intervals of held-out runs are {percent(half)} of the loss to either side: too wide to use"
    if record["recipe"]["draws"] < FEW:
        yield f"{record['recipe']['draws']} bootstrap replicates leave the ends of the intervals rough"


def _of_budgets(record: Record) -> Iterator[str]:
    far = [each for each in record["decisions"] if decades(record, each) > FAR + 1e-9]
    if far:
        listed = ", ".join(flops(each["flops"]) for each in far)
        most = max(decades(record, each) for each in far)
        yield f"{listed} FLOPs: up to {most:.1f} decades beyond the largest run, where a law is a hypothesis"
    yield from _beyond(record, "n", "N")
    yield from _beyond(record, "tokens", "D")
    for decision in record["decisions"]:
        low, high = decision["uncertainty"]["n"]
        if high / low > WIDE:
            about = f"at {flops(decision['flops'])} FLOPs the best size is anywhere from"
            yield f"{about} {count(low)} to {count(high)}: the runs leave it open"
    worst = max(record["decisions"], key=disagreement)
    if disagreement(worst) > APART:
        factor, at = number(disagreement(worst)), flops(worst["flops"])
        yield f"acceptable laws disagree on the best size by a factor of {factor} at {at} FLOPs"
    yield from _too_sparse(record)


def _beyond(record: Record, name: str, symbol: str) -> Iterator[str]:
    """A best size or token count more than a decade outside what was trained."""
    low, high = record["law"]["fitted"][name]
    outside = [
        (decision, value)
        for decision in record["decisions"]
        if abs(log10((value := decision["optimum"][name]) / sqrt(low * high))) > log10(high / low) / 2 + FAR
    ]
    if outside:
        decision, value = outside[-1]
        yield (
            f"{symbol} = {count(value)}, the answer for {flops(decision['flops'])} FLOPs, is more than a "
            f"decade outside the runs ({count(low)} to {count(high)})"
        )


def _too_sparse(record: Record) -> Iterator[str]:
    highest = record["law"]["fitted"]["sparsity"][1]
    most = max(decision["optimum"]["sparsity"] for decision in record["decisions"])
    if most > highest + 1e-9:
        yield f"the answer is a sparsity of {most:.3g}; no run was above {highest:.3g}"


def _of_data(record: Record) -> Iterator[str]:
    warnings = [each["name"] for each in record["checks"] if each["severity"] != "note"]
    if warnings:
        yield f"the checks of the data warn of {', '.join(dict.fromkeys(warnings))}"
