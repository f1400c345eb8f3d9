"""The evidence behind a fitted law: from its coefficients and certificate to how to repeat it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runners.documents.answer import NAMES
from runners.documents.document import Section, Table
from runners.documents.quantities import count, flops, number, percent

Record = Mapping[str, Any]

MOST_ROWS = 12
"""Rows of the table that a finding lists."""
INFLATION = "what the bootstrap alone had to grow by: it widens coefficients, N* and D*"


def coefficients(record: Record) -> Section:
    """Values with their intervals, and which were not free."""
    level = f"{percent(record['calibration']['level'])} interval"
    rows = [
        (name, number(value), _interval(record, name), _freedom(record, name))
        for name, value in record["coefficients"].items()
    ]
    text = (
        "Each interval by itself looks wide, because coefficients trade against each other: a larger e goes "
        "with larger exponents. Predictions are surer than they are, for their errors cancel."
    )
    return Section("Coefficients", (text,), Table.of(("coefficient", "value", level, "note"), rows))


def _interval(record: Record, name: str) -> str:
    low, high = record["intervals"][name]
    return f"{number(low)} to {number(high)}"


def _freedom(record: Record, name: str) -> str:
    if name in record["recipe"]["held"]:
        return "held"
    if name in record["recipe"]["tied"]:
        return f"tied to {record['recipe']['tied'][name]}"
    return "at its bound" if name in record["certificate"]["at_bounds"] else ""


def certificate(record: Record) -> Section:
    """Whether this is the optimum, and whether the runs tell the coefficients."""
    known = record["certificate"]
    verdict = "holds" if known["holds"] else "DOES NOT HOLD"
    promise = "it is one" if known["decrease"] <= 1e-10 else "it is not one yet"
    condition = "infinite" if known["condition"] is None else f"{known['condition']:.3g}"
    rows = [
        ("certificate", verdict, "starts agree, the gradient has vanished, nothing is at a bound"),
        ("objective", f"{record['objective']:.9e}", record["recipe"]["sum"]),
        (
            "starts that agree",
            f"{known['reached']} of {known['starts']}",
            "ended at this objective and at none lower",
        ),
        (
            "a step would still gain",
            f"{known['decrease']:.0e} of the objective",
            f"0 at a minimum: {promise}",
        ),
        (
            "condition number",
            condition,
            "1 where coefficients are independent; how much they amplify an error",
        ),
        ("at a bound", ", ".join(known["at_bounds"]) or "none", "coefficients the runs wanted further out"),
        ("irreducible loss", *_floor(record)),
    ]
    return Section("Certificate of the optimum", table=Table.of(("what", "value", "meaning"), rows))


def _floor(record: Record) -> tuple[str, str]:
    profile = record["certificate"]["profile"]
    if profile is None:
        held = "e" in record["recipe"]["held"]
        return "no profile", "e was held" if held else "this law has no single coefficient for it"
    return profile["sentence"], "95%: values at which refitting everything else costs little"


def calibration(record: Record) -> Section:
    """What makes the intervals as wide as they are, each with a sentence on what it means."""
    known = record["calibration"]
    level = percent(known["level"])
    rows = [
        ("noise of a run", percent(known["noise"]), "scatter about the law: no single run is surer"),
        ("drift", f"{percent(known['drift'])} per decade", "what the law strays by, beyond its runs"),
        ("factor", f"{known['factor']:.2f}", f"what both had to grow by to hold {level} of held-out runs"),
        ("inflation", f"{known['inflation']:.2f}", INFLATION),
        *_coverage(known, level),
    ]
    text = _about_calibration(known)
    return Section("Calibration of the intervals", (text,), Table.of(("quantity", "value", "meaning"), rows))


def _about_calibration(known: Record) -> str:
    if not known["held_out"]:
        return (
            "The table is too small to fit below a compute cut and predict above it, so nothing could be "
            "tested: the bootstrap's intervals are widened by an assumed factor."
        )
    return (
        f"From {known['held_out']} predictions of runs the law had not seen, at {len(known['cuts'])} compute "
        "cuts. Percentages are of the loss."
    )


def _coverage(known: Record, level: str) -> Iterator[tuple[str, str, str]]:
    if known["covered"] is not None:
        held = "the same runs set the factor, so this is a check of shape, not proof"
        yield "held-out runs inside", percent(known["covered"]), f"nominal is {level}; {held}"
        yield (
            "median half width",
            percent(known["median_half_width"]),
            "of those intervals: what coverage costs",
        )


def rolling_origin(record: Record) -> Iterator[Section]:
    """How the law did when it was fitted below a cut and asked above it."""
    cuts = record["calibration"]["cuts"]
    if not cuts:
        return
    columns = ("fitted up to", "on runs", "predicts", "as far as", "median error", "mean error", "inside")
    text = (
        "Errors are predicted against measured loss: a mean error above 0 says that the law was too "
        "pessimistic about larger runs, below 0 that it promised too much."
    )
    yield Section("Rolling origin", (text,), Table.of(columns, map(_cut_row, cuts)))


def _cut_row(cut: Record) -> tuple[str, ...]:
    runs = cut["held_out_runs"]
    inside = [abs(error) <= half for error, half in zip(runs["error"], runs["half_width"], strict=True)]
    return (
        f"{flops(cut['flops'])} FLOPs",
        str(cut["below"]),
        f"{cut['above']} runs",
        f"{cut['decades']:.1f} decades",
        percent(cut["median_error"]),
        f"{'+' if cut['mean_error'] > 0 else ''}{percent(cut['mean_error'])}",
        percent(sum(inside) / len(inside)),
    )


def selection(record: Record) -> Section:
    """The families compared, and why each was taken or turned away."""
    rule, candidates = record["selection"]["rule"], record["selection"]["candidates"]
    text = f"{rule[0].upper()}{rule[1:]}." if len(candidates) > 1 else "No other family was compared."
    columns = ("law", "free coefficients", "held-out error", "objective", _size_column(record), "verdict")
    rows = [_candidate_row(record, each) for each in candidates]
    return Section("Which law", (text,), Table.of(columns, rows))


def _size_column(record: Record) -> str:
    return f"N* at {flops(record['decisions'][0]['flops'])} FLOPs"


def _candidate_row(record: Record, candidate: Record) -> Sequence[str | None]:
    error, objective, best = (candidate[name] for name in ("held_out_error", "objective", "optimum"))
    verdict = f"rejected: {candidate['rejected']}" if candidate["rejected"] else "acceptable"
    chosen = candidate["law"] == record["selection"]["chosen"]
    return (
        candidate["law"],
        str(candidate["free_coefficients"]),
        None if error is None else percent(error),
        None if objective is None else f"{objective:.4e}",
        None if best is None else count(best["n"]),
        f"reported here; {verdict}" if chosen else verdict,
    )


def isoflop(record: Record) -> Iterator[Section]:
    """The runs' own isoFLOP profiles beside the law, where they have any."""
    known = record["isoflop"]
    if not known["profiles"]:
        return
    columns = ("training FLOPs", "runs", "least loss at N", "the law's N*", "factor", "shape of the sweep")
    rows = [
        (flops(each["flops"]), str(each["runs"]), count(each["n"]), count(each["law"]["n"]),
         f"{each['law']['n_factor']:.2f}", each["shape"])
        for each in known["profiles"]
    ]  # fmt: skip
    yield Section("IsoFLOP profiles, as a check", (_about_isoflop(known),), Table.of(columns, rows))


def _about_isoflop(known: Record) -> str:
    text = "Runs that cost the same, and the size of least loss among them; the law is not fitted to these."
    measured, predicted = known["measured"], known["predicted"]
    if measured is None or predicted is None:
        return text
    error = "" if measured["n_error"] is None else f" (standard error {measured['n_error']:.2g})"
    return f"{text} N* grows as C^{measured['n']:.3f}{error} here, and as C^{predicted['n']:.3f} by the law."


def checks(record: Record) -> Section:
    """What the checks of the data found, each by its name."""
    found = record["checks"]
    if not found:
        nothing = "Nothing to remark: no copies, no outliers, no lopsided sweeps, ranges wide enough."
        return Section("Checks of the data", (nothing,))
    rows = [(each["name"], each["severity"], _rows(each["rows"]), each["text"]) for each in found]
    return Section("Checks of the data", table=Table.of(("check", "weight", "rows", "finding"), rows))


def _rows(rows: Sequence[int]) -> str:
    shown = ", ".join(str(row) for row in rows[:MOST_ROWS])
    return shown + (f" and {len(rows) - MOST_ROWS} more" if len(rows) > MOST_ROWS else "")


def reproducibility(record: Record) -> Section:
    """The checklist: everything that determines the numbers above."""
    return Section("To repeat it", table=Table.of(("what", "value"), _checklist(record)))


def _checklist(record: Record) -> Iterator[tuple[str, str]]:
    recipe, runs = record["recipe"], record["runs"]
    yield "form", recipe["form"]
    yield "runs", f"{runs['count']} of {runs['source']}"
    yield "SHA-256 of the table", runs["sha256"] or "none: the runs came from memory"
    yield "left out", _left_out(runs["excluded"])
    yield "columns", _pairs(runs["columns"]) or "by their own names"
    yield "N", NAMES[runs["parameters"]]
    yield "training FLOPs", runs["flops"]
    yield "unit of the loss", runs["unit"]
    yield "loss", _loss(recipe)
    yield "residual", recipe["residual"]
    yield "held, tied", ", ".join(filter(None, [_pairs(recipe["held"]), _pairs(recipe["tied"])])) or "none"
    yield "optimiser", recipe["optimiser"]
    yield "starts", str(recipe["starts"])
    yield "bootstrap", f"{recipe['draws']} replicates of resampled runs, {percent(recipe['level'])} intervals"
    yield "seed", str(recipe["seed"])
    yield "written with", ", ".join(f"{name} {version}" for name, version in record["versions"].items())


def _left_out(excluded: Record) -> str:
    if not excluded["rows"]:
        return "none"
    rows = "row" if len(excluded["rows"]) == 1 else "rows"
    return f"{excluded['reason']}: {rows} {_rows(excluded['rows'])}"


def _pairs(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in given.items())


def _loss(recipe: Record) -> str:
    options = [f"{name} {recipe[name]:g}" for name in ("delta", "share") if name in recipe]
    return ", ".join([recipe["loss"], *options, recipe["sum"]])
