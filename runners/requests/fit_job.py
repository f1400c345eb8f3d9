"""A table of runs becomes a fit.json: the options of `scalesearch fit` checked, all mistakes at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from objectives.fit.calibration import LEVEL
from objectives.fit.checks import unfit
from objectives.fit.estimation import Residual
from objectives.fit.forms import FORMS, Form, form_of
from objectives.fit.losses import HUBER_DELTA, Asymmetric, Huber, LeastSquares, Loss
from objectives.fit.pipeline import DRAWS, Fit, fit_runs
from objectives.fit.record import to_record
from objectives.laws import family_class
from objectives.runs import Runs, read_runs
from runners.documents.rendering import plain
from spaces.errors import BadInput, Infeasible, Mistake, Mistakes, one_of

AUTO, ALL, NONE = "auto", "all", "none"
LOSSES: dict[str, type[Huber] | type[LeastSquares]] = {
    "huber": Huber,
    "least-squares": LeastSquares,
    "asymmetric": Asymmetric,
}
LEAST_DRAWS = 20
"""Replicates below which an interval's ends are guesses."""


@dataclass(frozen=True)
class FitRequest:
    """What a user asks of a fit. Names are those of the options; nothing is checked yet."""

    path: Path
    law: str = AUTO
    columns: Mapping[str, str] = field(default_factory=dict)
    drop_highest_loss: int = 0
    unit: str | None = None
    loss: str = "huber"
    delta: float | None = None
    residual: str = Residual.LOG.value
    hold: Mapping[str, float] = field(default_factory=dict)
    tie: Mapping[str, str] = field(default_factory=dict)
    flops: Sequence[float] = ()
    draws: int = DRAWS
    level: float = LEVEL
    seed: int = 0
    compare: Sequence[str] | None = None
    """Families; `("all",)` and `("none",)` stand for all that can be fitted, and for no comparison."""

    def run(self) -> dict[str, Any]:
        """The record of the fit.

        Raises:
            BadInput: every mistake in the options and the table; or no family describes the runs.
            Infeasible: a budget of `flops` allows no model.
        """
        runs = self._checked()
        try:
            fitted = self._fit(runs)
        except Infeasible as error:
            if self.flops:
                raise
            raise _too_small(runs) from error
        record = to_record(fitted, columns=self.columns, dropped_highest_loss=self.drop_highest_loss)
        return dict(plain(record))

    def _fit(self, runs: Runs) -> Fit:
        return fit_runs(
            runs,
            self.law,
            loss=self._loss(),
            residual=self.residual,
            held=self.hold,
            tied=self.tie,
            draws=self.draws,
            level=self.level,
            seed=self.seed,
            compare=self._families(),
            flops=self.flops,
        )

    def _checked(self) -> Runs:
        """The table; raises with the mistakes of table and options together."""
        found, runs = Mistakes(), None
        with found.within(""):
            runs = read_runs(
                self.path, self.columns, unit=self.unit, drop_highest_loss=self.drop_highest_loss
            )
        found.all += self._mistakes()
        if runs is not None:
            found.all += unfit(runs, family_class(self.law) if self.law in FORMS else None)
        found.settle()
        assert runs is not None  # or there was a mistake
        return runs

    def _mistakes(self) -> Iterator[Mistake]:
        """What is wrong with the options by themselves."""
        yield from self._wrong_names()
        yield from self._wrong_numbers()
        if self.law in FORMS:
            yield from self._outside_domain(FORMS[self.law])
        if self.law == AUTO and (self.hold or self.tie):
            expected = "a law by its name, for each family has coefficients of its own"
            yield Mistake("law", expected + ", where some are held or tied", AUTO)
        if self.law == AUTO and self._families() == ():
            yield Mistake("compare", "at least one family for the law auto to choose from", NONE)
        if self.loss == "least-squares" and self.delta is not None:
            yield Mistake("delta", "none with least squares, which has no kink", f"{self.delta:g}")

    def _wrong_names(self) -> Iterator[Mistake]:
        if self.law != AUTO:
            yield from _law_mistakes(self.law)
        if self.loss not in LOSSES:
            yield Mistake("loss", one_of(LOSSES, self.loss), self.loss)
        residuals = [str(each) for each in Residual]
        if self.residual not in residuals:
            yield Mistake("residual", one_of(residuals, self.residual), self.residual)
        known = (*FORMS, ALL, NONE)
        for name in self.compare or ():
            if name not in known:
                yield Mistake("compare", one_of(known, name), name)

    def _wrong_numbers(self) -> Iterator[Mistake]:
        dropped, delta = self.drop_highest_loss, HUBER_DELTA if self.delta is None else self.delta
        numbers: list[tuple[str, str, float, bool]] = [
            ("drop_highest_loss", "a whole number of at least 0", dropped, dropped >= 0),
            ("delta", "a positive finite number", delta, _positive(delta)),
            ("draws", f"a whole number of at least {LEAST_DRAWS}", self.draws, self.draws >= LEAST_DRAWS),
            ("level", "a share above 0 and below 1", self.level, 0 < self.level < 1),
            ("seed", "a whole number of at least 0", self.seed, self.seed >= 0),
            *(("flops", "a positive finite number of FLOPs", each, _positive(each)) for each in self.flops),
            *((f"hold.{name}", "a finite number", each, isfinite(each)) for name, each in self.hold.items()),
        ]  # fmt: skip
        for name, expected, value, holds in numbers:
            if not holds:
                yield Mistake(name, expected, f"{value:g}")

    def _outside_domain(self, form: Form) -> Iterator[Mistake]:
        """Values at which the law has no loss, or a negative one."""
        for name, value in self.hold.items():
            if name in form.positive and value <= 0:
                yield Mistake(f"hold.{name}", f"a positive number in the {form.law.family} law", f"{value:g}")

    def _loss(self) -> Loss:
        kind = LOSSES[self.loss]
        return kind() if self.delta is None else kind(self.delta)  # type: ignore[call-arg]

    def _families(self) -> tuple[str, ...] | None:
        """The families to compare; None leaves it to the runs."""
        if self.compare is None:
            return None
        named = [name for name in self.compare if name not in (ALL, NONE)]
        return tuple(FORMS) if ALL in self.compare else tuple(dict.fromkeys(named))


def _law_mistakes(law: str) -> Iterator[Mistake]:
    try:
        form_of(law)
    except BadInput as error:
        yield from error.mistakes


def _too_small(runs: Runs) -> BadInput:
    """Not even the runs' own compute buys a model: the table does not count single parameters and tokens."""
    got = f"at most N = {runs.n.max():g} and D = {runs.tokens.max():g}"
    return BadInput.of("runs", "N and D in single parameters and tokens, not in millions or billions", got)


def _positive(value: float) -> bool:
    return value > 0 and isfinite(value)
