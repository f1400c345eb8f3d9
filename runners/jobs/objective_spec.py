"""The `objective`, `objectives` and `prior` fields of a job file, by their kinds: what each kind takes."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from objectives.capability.mixtures import MoEAs
from runners.jobs.aims import Aim
from runners.jobs.fields import Count, Fraction, Number, Positive, Strict, no_bool
from search.engine import MOST_OBJECTIVES

CoefficientSpec = str | dict[str, Number] | None


class LawSpec(Strict):
    """Loss predicted by a law under the budget."""

    kind: Literal["law"] = "law"
    law: str | None = None
    """The generalised law if left out, or that of the fit."""
    coefficients: CoefficientSpec = None


class ArchitectureSpec(Strict):
    """Loss predicted by a law for a concrete architecture, its parameters and FLOPs counted exactly."""

    kind: Literal["architecture"]
    law: str | None = None
    coefficients: CoefficientSpec = None
    sequence: Count = 4096
    """Tokens in a training sequence."""


class PerformanceSpec(Strict):
    """MMLU predicted for an architecture, or the training compute with which it reaches `min_mmlu`."""

    kind: Literal["performance"]
    coefficients: str | None = None
    """A published set, or a fit's file."""
    min_mmlu: Annotated[float, BeforeValidator(no_bool), Field(gt=25, lt=100)] | None = None
    precision: Annotated[float, BeforeValidator(no_bool), Field(ge=1, allow_inf_nan=False)] = 1.0
    moe_as: MoEAs | None = None
    """What a mixture is taken for: an assumption, for the law's own equation is not public."""
    loss: LawSpec | None = None
    """A law whose loss stands beside the score, for searches over both."""
    sequence: Count = 4096
    """Tokens in a training sequence."""


class CoefficientLossSpec(Strict):
    """Loss predicted at one fixed run while coefficients vary."""

    kind: Literal["coefficient-loss"]
    law: str
    coefficients: CoefficientSpec = None
    n: Positive
    tokens: Positive
    sparsity: Fraction = 0.0


class MisfitSpec(Strict):
    """Misfit of a law's coefficients to a table of runs."""

    kind: Literal["misfit"]
    law: str
    coefficients: CoefficientSpec = None
    runs: str
    columns: dict[str, str] = Field(default_factory=dict)
    drop_highest_loss: Annotated[int, BeforeValidator(no_bool), Field(ge=0)] = 0


class PythonSpec(Strict):
    """A Python function."""

    kind: Literal["python"]
    target: str
    returns: str = "value"


class CommandSpec(Strict):
    """An external program."""

    kind: Literal["command"]
    command: str
    returns: str = "value"


class ExternalSpec(Strict):
    """Whoever asks for trials and tells their values."""

    kind: Literal["external"]
    returns: str = "value"


class YtoptSpec(Strict):
    """A problem file written for ytopt, which brings its own space."""

    kind: Literal["ytopt"]
    problem: str
    """`problem.py`, `problem.py:Problem` or a dotted path."""


OBJECTIVES = {
    "law": LawSpec,
    "architecture": ArchitectureSpec,
    "performance": PerformanceSpec,
    "coefficient-loss": CoefficientLossSpec,
    "misfit": MisfitSpec,
    "python": PythonSpec,
    "command": CommandSpec,
    "external": ExternalSpec,
    "ytopt": YtoptSpec,
}


def _kind(value: Any) -> str | None:
    return kind if (kind := _given_kind(value)) in OBJECTIVES else None


def _given_kind(value: Any) -> Any:
    return value.get("kind", "law") if isinstance(value, Mapping) else getattr(value, "kind", None)


ObjectiveSpec = Annotated[
    Annotated[LawSpec, Tag("law")]
    | Annotated[ArchitectureSpec, Tag("architecture")]
    | Annotated[PerformanceSpec, Tag("performance")]
    | Annotated[CoefficientLossSpec, Tag("coefficient-loss")]
    | Annotated[MisfitSpec, Tag("misfit")]
    | Annotated[PythonSpec, Tag("python")]
    | Annotated[CommandSpec, Tag("command")]
    | Annotated[ExternalSpec, Tag("external")]
    | Annotated[YtoptSpec, Tag("ytopt")],
    Discriminator(
        _kind,
        custom_error_type="objective_kind",
        custom_error_message=f"a mapping whose kind is one of {', '.join(OBJECTIVES)}",
    ),
]


class PythonPriorSpec(Strict):
    """A Python function of a configuration, or of a table of them (`spaces.configs.Configs`)."""

    kind: Literal["python"]
    target: str
    table: bool = False


PRIORS = {"law": LawSpec, "architecture": ArchitectureSpec, "python": PythonPriorSpec}


def _prior_kind(value: Any) -> str | None:
    return kind if (kind := _given_kind(value)) in PRIORS else None


PriorSpec = Annotated[
    Annotated[LawSpec, Tag("law")]
    | Annotated[ArchitectureSpec, Tag("architecture")]
    | Annotated[PythonPriorSpec, Tag("python")],
    Discriminator(
        _prior_kind,
        custom_error_type="prior_kind",
        custom_error_message=f"a mapping whose kind is one of {', '.join(PRIORS)}",
    ),
]


class AimSpec(Strict):
    """One of several objectives: a metric, and which way it is better."""

    metric: str
    sense: Literal["minimise", "maximise"] = "minimise"
    reference: Number | None = None
    """The worst value that counts in the hypervolume."""

    def aim(self) -> Aim:
        """The same as a value."""
        return Aim(self.metric, self.sense == "maximise", self.reference)


def _different(aims: list[AimSpec]) -> list[AimSpec]:
    if not 2 <= len({aim.metric for aim in aims}) == len(aims) <= MOST_OBJECTIVES:
        raise ValueError(f"2 to {MOST_OBJECTIVES} metrics that differ")
    return aims


AimSpecs = Annotated[list[AimSpec], AfterValidator(_different)]
