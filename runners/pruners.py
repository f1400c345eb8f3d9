"""The field `pruner` of a job file: which rule stops trials early, and with what caution."""

from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from objectives.command import PLACEHOLDER
from runners.jobs.fields import Count, NotNegative, Positive, Strict, no_bool
from search.pruning import Halving, Median, PruningRule
from spaces.configs import Config
from spaces.errors import BadInput, Mistake

Share = Annotated[float, BeforeValidator(no_bool), Field(gt=0, lt=1)]


class MedianSpec(Strict):
    """Above the median of finished trials at the same step."""

    kind: Literal["median"]
    least: Count = 5
    """Finished trials before any is stopped."""
    start: NotNegative = 0.0
    """No trial is stopped before this step."""
    length: Positive | None = None
    """Steps of a whole trial, for the account of what was saved; by default those of finished trials."""


class HalvingSpec(Strict):
    """Not among the best 1/factor at a rung: asynchronous successive halving."""

    kind: Literal["halving"]
    start: Positive
    """The first rung, in steps."""
    factor: Annotated[float, BeforeValidator(no_bool), Field(gt=1, allow_inf_nan=False)] = 3.0
    length: Positive | None = None


class ForecastSpec(Strict):
    """Forecast to end above what others came to, or will."""

    kind: Literal["forecast"]
    schedule: str | None = None
    """Of the learning rate, as `scalesearch forecast` takes it; a parameter's name in braces is its value."""
    length: Positive | str | None = None
    """Of training, where no schedule says it; a parameter's name in braces is its value."""
    unit: Literal["steps", "tokens"] = "steps"
    caution: NotNegative = 2.0
    least: Share = 0.1
    every: Share = 0.05

    @model_validator(mode="after")
    def _one_length(self) -> "ForecastSpec":
        if (self.schedule is None) == (self.length is None):
            raise ValueError("either schedule or length")
        return self


PRUNERS = {"median": MedianSpec, "halving": HalvingSpec, "forecast": ForecastSpec}


def _kind(value: Any) -> str | None:
    kind = value.get("kind") if isinstance(value, Mapping) else getattr(value, "kind", None)
    return kind if kind in PRUNERS else None


PrunerSpec = Annotated[
    Annotated[MedianSpec, Tag("median")]
    | Annotated[HalvingSpec, Tag("halving")]
    | Annotated[ForecastSpec, Tag("forecast")],
    Discriminator(
        _kind,
        custom_error_type="pruner_kind",
        custom_error_message=f"a mapping whose kind is one of {', '.join(PRUNERS)}",
    ),
]


def length_of(spec: MedianSpec | HalvingSpec | ForecastSpec | None) -> Callable[[Config], float | None]:
    """Configuration -> steps of its whole trial, where the description says so."""
    if not isinstance(spec, ForecastSpec):
        length = None if spec is None else spec.length
        return lambda config: length
    from runners.forecast_pruning import plan  # only where it is used

    def planned(config: Config) -> float | None:
        try:
            return plan(*_texts(spec), config).length
        except BadInput:
            return None

    return planned


def _texts(spec: ForecastSpec) -> tuple[str | None, str | None, str]:
    return spec.schedule, None if spec.length is None else str(spec.length), spec.unit


def make_rule(spec: MedianSpec | HalvingSpec | ForecastSpec, parameters: Collection[str]) -> PruningRule:
    """The rule of a description, for a space of these parameters.

    Raises:
        BadInput: it names parameters the space has not, or a schedule that is none.
    """
    match spec:
        case MedianSpec():
            return Median(spec.least, spec.start)
        case HalvingSpec():
            return Halving(spec.start, spec.factor, spec.length)
        case ForecastSpec():
            from runners.forecast_pruning import Forecast, plan, setting_of

            if not _placeholders(spec, parameters):
                plan(*_texts(spec), {})  # raises where it is none
            return Forecast(setting_of(*_texts(spec)), spec.caution, spec.least, spec.every)


def _placeholders(spec: ForecastSpec, parameters: Collection[str]) -> set[str]:
    """Names in braces; every one must be a parameter."""
    texts = {"schedule": spec.schedule or "", "length": str(spec.length or "")}
    named = {(place, name) for place, text in texts.items() for name in PLACEHOLDER.findall(text)}
    expected = f"a parameter of the space ({', '.join(parameters)})"
    wrong = [(place, name) for place, name in sorted(named) if name not in parameters]
    if wrong:
        raise BadInput(Mistake(f"{place} {{{name}}}", expected, "this name") for place, name in wrong)
    return {name for _, name in named}
