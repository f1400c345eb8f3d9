"""Does the Temporal Scaling Law hold on measured losses? `python -m experiments.benchmarks temporal`.

On the project's own tables (`experiments/temporal`), of an invented language and of real text: what the
position law explains at each checkpoint, how its coefficients move, which curves forecast each of them best,
what that makes of the mean loss at the end beside forecasters that know nothing of positions, whether
intervals hold, and whether all positions learn alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from experiments.temporal.recipe import CORPORA
from objectives.laws.law import Array
from objectives.temporal.families import FAMILIES, PAPER
from objectives.temporal.forecast import BASELINES, PARAMETERS, POOLS, allowed, clocks, forecast, tracks
from objectives.temporal.forecasting import Outlook
from objectives.temporal.history import History
from objectives.temporal.history_table import read_histories
from objectives.temporal.position import PositionLaw
from objectives.temporal.position_fit import PositionFits, fit_positions
from objectives.temporal.track import WINDOWS
from objectives.temporal.uniformity import learned
from runners.documents.document import Section, Table
from runners.documents.quantities import count

TABLES = Path(__file__).parents[1] / "temporal"
TEXTS = {name: tuple(corpus.texts) for name, corpus in CORPORA.items()}
PREFIXES = (0.3, 0.5)
SHARES = (0.03, 0.1, 0.3, 0.6, 1.0)
"""Of the tokens, where coefficients are shown."""
STRETCHES = ((0.02, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1.0))
"""Of the tokens, over which learning is compared between positions."""
CHOSEN, AS_TOLD, WITH_LIKE, ALONE = (
    "temporal law",
    "temporal law, families of the paper's words",
    "temporal law, --like",
    "the mean alone, the law's own families",
)


@dataclass(frozen=True, eq=False)
class Measured:
    """One run on one text."""

    text: str
    history: History
    like: History | None
    """The next smaller model under the same schedule."""

    def beginning(self, prefix: float) -> History:
        """What was measured in the first share of the tokens."""
        return self.history.until(prefix * self.history.tokens[-1])

    @property
    def last_rate(self) -> Array | None:
        """The learning rate at the end, shape (1,)."""
        return None if self.history.rate is None else self.history.rate[-1:]

    @cached_property
    def fits(self) -> PositionFits:
        """The position law at every checkpoint."""
        return fit_positions(self.history)


@dataclass(frozen=True)
class Outcome:
    """One forecast of the mean loss at the end, held against what was measured."""

    text: str
    run: str
    prefix: float
    name: str
    error: float
    """Relative."""
    inside: bool | None
    width: float
    """Half the interval, relative; NaN without one."""


def sections(folder: Path = TABLES) -> list[Section]:
    """The tables of this benchmark."""
    return [each for corpus in TEXTS for each in of_corpus(folder, corpus)]


def of_corpus(folder: Path, corpus: str) -> list[Section]:
    """The tables of one corpus."""
    runs = list(measured(folder, corpus))
    outcomes = [each for run in runs for prefix in PREFIXES for each in forecasts(run, prefix)]
    return [
        _fit_quality(runs, corpus),
        _coefficients(runs),
        _family_errors(runs),
        _summary(outcomes),
        _by_run(outcomes),
        _uniformity(runs),
    ]


def measured(folder: Path, corpus: str) -> Iterator[Measured]:
    """Every run on every text of a corpus.

    Raises:
        BadInput: a table is not there.
    """
    for text in TEXTS[corpus]:
        histories = read_histories(folder / f"{text}.csv.gz")
        smaller: dict[str, History] = {}
        for name, history in histories.items():
            schedule = name.split("-")[1]
            yield Measured(text, history, smaller.get(schedule))
            smaller[schedule] = history


def forecasts(run: Measured, prefix: float) -> Iterator[Outcome]:
    """Every forecaster, from a share of the tokens to the end."""
    whole, seen, rate = run.history, run.beginning(prefix), run.last_rate
    end = whole.tokens[-1:]
    baselines = {**BASELINES, ALONE: allowed(seen, POOLS["a2"], None)}
    chosen = forecast(seen, end, rates=rate, baselines=baselines)
    told = forecast(seen, end, rates=rate, pools={k: (each,) for k, each in PAPER.items()}, baselines={})
    said: dict[str, Outlook] = {CHOSEN: chosen.temporal, AS_TOLD: told.temporal, **chosen.baselines}
    if run.like is not None:
        said[WITH_LIKE] = forecast(seen, end, rates=rate, like=run.like, baselines={}).temporal
    truth = float(whole.mean[-1])
    for name, outlook in said.items():
        low, high = (float(each[0]) for each in outlook.interval)
        error, width = float(outlook.mean[0]) / truth - 1, float(outlook.half_width[0])
        yield Outcome(run.text, whole.run, prefix, name, error, low <= truth <= high, width)
    yield Outcome(run.text, whole.run, prefix, "last value", chosen.last / truth - 1, None, float("nan"))


def _at(history: History, share: float) -> int:
    return int(np.argmin(np.abs(np.log(history.tokens / (share * history.tokens[-1])))))


def _fit_quality(runs: list[Measured], corpus: str) -> Section:
    rows = [
        (
            run.text,
            run.history.run,
            *(f"{run.fits.r2[_at(run.history, share)]:.3f}" for share in SHARES),
            f"{np.std(run.fits.residuals[-1]):.3f}",
            f"{_neighbours(run.fits.residuals[-1]):+.2f}",
            f"{-run.fits.residuals[-1, 0]:+.2f}",
        )
        for run in runs
    ]
    columns = (
        "text",
        "run",
        *(f"R2 at {share:.0%}" for share in SHARES),
        "residual at the end",
        "of neighbours",
        "at the first",
    )
    text = (
        "R2 over 256 positions, at shares of the training tokens. At the end: the standard deviation of what "
        "is left, in nats per token; its correlation between neighbouring positions, near 0 where it is the "
        "sampling noise of single positions; and how far the first position's loss lies above the law.",
    )
    return Section(f"What the position law explains: {corpus}", text, Table.of(columns, rows))


def _neighbours(residuals: Array) -> float:
    """Correlation of what is left at one position with what is left at the next."""
    return float(np.sum(residuals[1:] * residuals[:-1]) / np.sum(residuals**2))


def _coefficients(runs: list[Measured]) -> Section:
    rows = []
    for run in runs:
        if run.text == runs[0].text:
            for share in SHARES:
                row = _at(run.history, share)
                values = [
                    f"{value:.3f} ± {error:.3f}"
                    for value, error in zip(run.fits.coefficients[row], run.fits.errors[row], strict=True)
                ]
                tokens, mean = count(run.history.tokens[row]), f"{run.history.mean[row]:.4f}"
                rows.append((run.history.run, tokens, mean, *values))
    return Section("How a0, a1 and a2 move", table=Table.of(("run", "tokens", "mean", *PARAMETERS), rows))


def _family_errors(runs: list[Measured]) -> Section:
    """Each coefficient on its own: what a family gets wrong at the end, as it moves the mean loss."""
    names = {name: tuple(dict.fromkeys((*POOLS[name], PAPER[name]))) for name in PARAMETERS}
    errors = {(parameter, name): list[float]() for parameter in PARAMETERS for name in names[parameter]}
    for run in runs:
        for prefix in PREFIXES:
            for key, error in _moved(run, prefix, names):
                errors[key].append(error)
    rows = [
        (
            parameter,
            name + (" (the paper's words)" if PAPER[parameter] == name else ""),
            f"{np.median(values):.4f}",
            f"{np.quantile(values, 0.9):.4f}",
        )
        for (parameter, name), values in errors.items()
    ]
    text = (
        f"Fitted below each prefix from {WINDOWS[0]:.0%} of its tokens on, held against the end of training. "
        "Errors are of the mean loss, in nats per token, if this coefficient alone were forecast.",
    )
    columns = ("coefficient", "family", "median error", "90 % of errors below")
    return Section("Which curves forecast a coefficient", text, Table.of(columns, rows))


def _moved(
    run: Measured, prefix: float, names: dict[str, tuple[str, ...]]
) -> Iterator[tuple[tuple[str, str], float]]:
    whole, seen, n = run.history, run.beginning(prefix), len(run.history.positions)
    clock, at = clocks(seen, whole.tokens[-1:], run.last_rate)
    truth: Array = run.fits.coefficients[-1]
    for number, (parameter, track) in enumerate(zip(PARAMETERS, tracks(fit_positions(seen)), strict=True)):
        for name in names[parameter]:
            ahead = track.continued(clock, FAMILIES[name], seen.tokens[-1:], at)[0, 0, 0]
            wrong = truth.copy()
            wrong[number] = max(ahead, 0.0) if parameter == "a1" else ahead
            yield (parameter, name), abs(float(PositionLaw.of(wrong).mean(n)) - float(whole.mean[-1]))


def _summary(outcomes: list[Outcome]) -> Section:
    names = [CHOSEN, AS_TOLD, WITH_LIKE, ALONE, *BASELINES, "last value"]
    rows = []
    for prefix in PREFIXES:
        for name in names:
            mine = [each for each in outcomes if each.prefix == prefix and each.name == name]
            inside = [each.inside for each in mine if each.inside is not None]
            rows.append(
                (
                    f"{prefix:.0%}",
                    name,
                    len(mine),
                    f"{np.median([abs(each.error) for each in mine]):.2%}",
                    f"{max(abs(each.error) for each in mine):.2%}",
                    f"{np.mean(inside):.0%}" if inside else "",
                    f"{np.median([each.width for each in mine]):.1%}" if inside else "",
                )
            )
    columns = ("seen", "forecaster", "runs", "median error", "largest", "inside 95 %", "median half width")
    text = (
        "The mean loss at the end of training, from the first share of the tokens. `--like` takes the effect "
        "of the learning rate from the next smaller model, so the smallest has none.",
    )
    return Section("Forecasts of the mean loss", text, Table.of(columns, rows))


def _by_run(outcomes: list[Outcome]) -> Section:
    names = [CHOSEN, WITH_LIKE, ALONE, *BASELINES, "last value"]
    keys = dict.fromkeys((each.text, each.run, each.prefix) for each in outcomes)
    found = {(each.text, each.run, each.prefix, each.name): each for each in outcomes}
    rows = [
        (text, run, f"{prefix:.0%}", *(_signed(found.get((text, run, prefix, name))) for name in names))
        for text, run, prefix in keys
    ]
    note = ("Signed errors; a star marks an interval that missed.",)
    return Section("Forecasts, run by run", note, Table.of(("text", "run", "seen", *names), rows))


def _signed(outcome: Outcome | None) -> str:
    return "" if outcome is None else f"{outcome.error:+.2%}{'*' if outcome.inside is False else ''}"


def _uniformity(runs: list[Measured]) -> Section:
    rows, ratios = [], {run.text: list[list[float]]() for run in runs}
    for run in runs:
        end = run.history.tokens[-1]
        parts = [learned(run.history, low * end, high * end) for low, high in STRETCHES]
        cells = [f"{each.fall:.3f} ({each.quarters[0]:.3f} to {each.quarters[-1]:.3f})" for each in parts]
        rows.append((run.text, run.history.run, *cells))
        ratios[run.text].append([float(each.quarters[0] / each.quarters[-1]) for each in parts])
    for text, found in ratios.items():
        middle, ends = np.median(found, axis=0), np.quantile(found, (0, 1), axis=0).T
        spread = [f"{m:.0%} ({a:.0%} to {b:.0%})" for m, (a, b) in zip(middle, ends, strict=True)]
        rows.append((text, "first over last, median", *spread))
    columns = ("text", "run", *(f"{low:.0%} to {high:.0%}" for low, high in STRETCHES))
    note = (
        "Fall of the mean loss between shares of the tokens, and in brackets that of the first and the last "
        "quarter of the context: alike if learning were uniform over positions.",
    )
    return Section("Do all positions learn alike?", note, Table.of(columns, rows))
