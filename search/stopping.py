"""When a search ends before its last evaluation: rules over its history, any one of which suffices.

Rules are asked before each suggestion. What they say is a function of the history, of the engine's model of
it, and of the seconds the search has taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from search.engine import Engine
from search.history import History

ROUNDING = 1e-9
"""Of a sum of costs."""


@dataclass(frozen=True)
class Stop:
    """A rule that holds."""

    rule: str
    """The rule with its numbers, so that another one can be told from it."""
    text: str
    """What was found, for people."""


@dataclass(frozen=True)
class NoChange:
    """The best value has fallen by no more than `tolerance` over the last `evaluations` outcomes."""

    evaluations: int
    tolerance: float = 0.0

    def holds(self, history: History) -> bool:
        """Whether it does; failures count as outcomes, and there must have been a value before them."""
        if history.own_ended < self.evaluations or history.best is None or history.best.value is None:
            return False
        before = history.best_after(history.moment.ended - self.evaluations)
        return before is not None and before - history.best.value <= self.tolerance


@dataclass(frozen=True)
class StoppingRules:
    """Rules that end a search; `None` leaves one out."""

    value: float | None = None
    """The best value is this or less."""
    no_change: NoChange | None = None
    expected_improvement: float | None = None
    """The engine expects its next suggestion to bring less than this, in units of the values."""
    time: float | None = None
    """The search has taken so many seconds."""
    cost: float | None = None
    """The trials asked for cost so many whole evaluations."""

    def met(self, engine: Engine, seconds: float = 0.0) -> Stop | None:
        """The first rule that holds, cheapest first.

        Args:
            engine: of the search, before it is asked for the next suggestion.
            seconds: that the search has taken.
        """
        for rule, found in self._found(engine, seconds):
            return Stop(
                f"{rule}={getattr(self, rule)}", f"stopped after {engine.history.asked} trials: {found}"
            )
        return None

    def names(self) -> list[str]:
        """The rules with their numbers, as `Stop.rule` names them."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return [f"{rule}={setting}" for rule, setting in given.items() if setting is not None]

    def _found(self, engine: Engine, seconds: float) -> Iterator[tuple[str, str]]:
        """Rules that hold, each with what it found."""
        best = engine.history.best
        if (
            self.value is not None
            and best is not None
            and best.value is not None
            and best.value <= self.value
        ):
            yield "value", f"the best value {best.value:.6g} reaches {self.value:.6g}"
        if self.no_change is not None and self.no_change.holds(engine.history):
            much = f"by more than {self.no_change.tolerance:g} " if self.no_change.tolerance else ""
            yield (
                "no_change",
                f"the best value has not fallen {much}in {self.no_change.evaluations} evaluations",
            )
        if self.time is not None and seconds >= self.time:
            yield "time", f"the search has taken {seconds:.3g} s of {self.time:g} s"
        if self.cost is not None and engine.history.cost >= self.cost - ROUNDING:
            yield "cost", f"they cost {engine.history.cost:.6g} of {self.cost:g} evaluations at the target"
        threshold, expected = self.expected_improvement, None
        if threshold is not None:
            expected = engine.expected_improvement()
        if threshold is not None and expected is not None and expected < threshold:
            yield "expected_improvement", f"the next evaluation is expected to gain {expected:.2g}"
