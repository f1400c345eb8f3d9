"""The job file's schema: what each field holds, checked once, every mistake reported by its field.

A file describes one search, or many: `searches` names variants by what they change, `sweep` crosses axes,
each a dotted field with a list of values or a range. After this module no code reads a raw dictionary.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, TypeVar

import numpy as np
import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from runners.jobs.fidelity_spec import FidelitySpec, with_engine
from runners.jobs.fields import Count, Fraction, Number, Positive, Strict, no_bool
from runners.jobs.guidance_spec import StopSpec, WarmStartSpec
from runners.jobs.objective_spec import AimSpecs, LawSpec, ObjectiveSpec, PriorSpec
from runners.jobs.run_spec import Ending, Memory, Retries, RunSpec
from runners.pruners import PrunerSpec
from spaces.errors import BadInput, Mistake, Mistakes, one_of

MAX_SEARCHES = 100_000

M = TypeVar("M", bound=BaseModel)


class BudgetSpec(Strict):
    """`objectives.budget` decides which of these belong together; here they are only numbers."""

    flops: Positive | None = None
    gpus: Positive | None = None
    days: Positive | None = None
    gpu: str | None = None
    peak_tflops: Positive | None = None
    mfu: Positive | None = None
    goodput: Positive | None = None
    dollars: Positive | None = None
    price: Positive | None = None
    max_total_params: Positive | None = None
    max_tokens: Positive | None = None
    unique_tokens: Positive | None = None
    sparsity: Fraction | None = None
    max_sparsity: Fraction | None = None


GIVEN_BY_JOB = {"seed", "space", "constraint", "prior", "objectives", "reference", "fidelity", "power"}
"""Arguments of an engine that other fields of the file decide."""


class EngineSpec(BaseModel):
    """An engine's name; every other field is an option, checked by the engine."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str = "native"

    @model_validator(mode="after")
    def _options_alone(self) -> Self:
        taken = sorted(GIVEN_BY_JOB & set(self.options))
        if taken:
            raise ValueError(f"options of the engine alone, without {', '.join(taken)}")
        return self

    @property
    def options(self) -> dict[str, Any]:
        """Everything but the name."""
        return dict(self.model_extra or {})


def _parallel(value: Any) -> Any:
    if value == "auto":
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number of at least 1, or auto")
    return value


def _engine(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class SearchSpec(Strict):
    """One search, as the file gives it."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._=,+-]*$", max_length=200)] = "search"
    seed: Annotated[int, BeforeValidator(no_bool), Field(ge=0)] = 0
    evaluations: Count
    parallel: Annotated[int, BeforeValidator(_parallel)] = 1
    """0 stands for `auto`: as many as the backend has slots."""
    timeout: Positive | None = None
    memory: Memory | None = None
    retries: Retries | None = None
    stop_on: list[Ending] | None = None
    stop: StopSpec | None = None
    warm_start: WarmStartSpec | None = None
    pruner: PrunerSpec | None = None
    engine: Annotated[EngineSpec, BeforeValidator(_engine)] = EngineSpec()
    budget: BudgetSpec | None = None
    space: dict[str, Any] | None = None
    fix: dict[str, Any] | None = None
    """Parameters of the space at one value."""
    objective: ObjectiveSpec = LawSpec()
    prior: PriorSpec | None = None
    objectives: AimSpecs | None = None
    fidelity: FidelitySpec | None = None

    @model_validator(mode="before")
    @classmethod
    def _engine_of_a_fidelity(cls, raw: Any) -> Any:
        return with_engine(raw)


class Range(Strict):
    """Evenly spaced values, end points included; spaced by factors on a log scale."""

    start: Number = Field(alias="from")
    stop: Number = Field(alias="to")
    number: Annotated[int, BeforeValidator(no_bool), Field(ge=1, le=MAX_SEARCHES)]
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _positive_on_a_log_scale(self) -> Self:
        if self.scale == "log" and min(self.start, self.stop) <= 0:
            raise ValueError("positive ends on a log scale")
        return self

    def values(self) -> list[float | int]:
        """The values, as integers where all of them are."""
        spaced = np.geomspace if self.scale == "log" else np.linspace
        values = spaced(self.start, self.stop, self.number)
        whole = self.scale == "linear" and bool(np.all(values == np.round(values)))
        return [int(value) if whole else float(value) for value in values]


def _axis(value: Any) -> str | None:
    return "range" if isinstance(value, Mapping) else "list" if isinstance(value, list) else None


Axis = Annotated[
    Annotated[list[Any], Field(min_length=1), Tag("list")] | Annotated[Range, Tag("range")],
    Discriminator(
        _axis,
        custom_error_type="axis",
        custom_error_message="a list of values, or a range {from, to, number, scale: linear|log}",
    ),
]


class BatchSpec(Strict):
    """The part of the file that makes many searches of one description."""

    searches: dict[str, dict[str, Any]] = Field(default_factory=dict)
    sweep: dict[str, Axis] = Field(default_factory=dict)


@dataclass(frozen=True)
class JobFile:
    """What a job file says."""

    name: str
    run: RunSpec
    searches: list[SearchSpec]


def read_job_file(text: str, default_name: str) -> JobFile:
    """The text of a job file, checked.

    Raises:
        BadInput: every mistake, with the dotted path of its field.
    """
    raw = _parse(text)
    batch = _validated(BatchSpec, _taken(raw, BatchSpec))
    about_run = _taken(raw, RunSpec)
    name = raw.get("name", default_name)
    found = Mistakes()
    run = RunSpec()
    specs: list[SearchSpec] = []
    with found.within(""):
        run = _validated(RunSpec, about_run)
    for label, variant in _variants(raw, batch):
        with found.within(""):
            _validated(SearchSpec, {**variant, "name": name})  # the job's own name is a folder's, too
        with found.within(""):
            specs.append(_validated(SearchSpec, {**variant, "name": label or name}))
    found.settle()
    twice = [called for called, times in Counter(spec.name for spec in specs).items() if times > 1]
    if twice:
        raise BadInput.of("sweep", "values that differ in six digits, to name searches by", ", ".join(twice))
    return JobFile(str(name), run, specs)


def _taken(raw: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """The fields of a model, removed from the raw description."""
    return {key: raw.pop(key) for key in model.model_fields if key in raw}


def _parse(text: str) -> dict[str, Any]:
    try:
        raw = yaml.load(text, Loader=_UniqueKeys)  # a SafeLoader
    except yaml.YAMLError as error:
        raise BadInput.of("job file", "YAML", " ".join(str(error).split())) from error
    if not isinstance(raw, dict):
        raise BadInput.of("job file", "a mapping of fields", type(raw).__name__)
    return {str(key): value for key, value in raw.items()}


MERGE = "tag:yaml.org,2002:merge"
"""The key `<<`, which takes over the keys of another mapping."""


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a repeated key is a mistake instead of a silent override."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value if key.tag != MERGE]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.YAMLError(f"the key {', '.join(twice)} stands twice, line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep=deep)


def _variants(raw: Mapping[str, Any], batch: BatchSpec) -> Iterator[tuple[str, dict[str, Any]]]:
    """Label and raw description of every search: named variants crossed with the axes of the sweep."""
    axes = {path: axis.values() if isinstance(axis, Range) else axis for path, axis in batch.sweep.items()}
    count = max(1, len(batch.searches)) * int(
        np.prod([len(values) for values in axes.values()], dtype=object)
    )
    if count > MAX_SEARCHES:
        raise BadInput.of("sweep", f"at most {MAX_SEARCHES} searches", str(count))
    for named, changes in (batch.searches or {"": {}}).items():
        for point in itertools.product(*axes.values()):
            spec = _merged(raw, changes)
            for path, value in zip(axes, point, strict=True):
                spec = _merged(spec, _nested(path, value))
            yield ",".join(filter(None, [named, *map(_label, axes, point)])), spec


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` on top, mappings merged key by key."""
    merged = dict(base)
    for key, value in changes.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _nested(path: str, value: Any) -> dict[str, Any]:
    for key in reversed(path.split(".")):
        value = {key: value}
    return dict(value)


def _label(path: str, value: Any) -> str:
    """A short name for a point on an axis, fit for a folder's name."""
    if isinstance(value, Mapping):
        value = "-".join(str(part) for part in value.values())
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    kept = "".join(char if char.isalnum() or char in "._+-" else "-" for char in text)
    return f"{path.rpartition('.')[2]}={kept}"


def _validated(model: type[M], raw: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise BadInput(_mistake(model, details) for details in error.errors()) from error


def _mistake(model: type[BaseModel], details: ErrorDetails) -> Mistake:
    """Pydantic's account of one error in our words."""
    where = _path(details)
    got = "nothing" if details["type"] == "missing" else repr(details["input"])[:120]
    expected = _expected(details)
    if details["type"] == "extra_forbidden":
        got = "this name"
        expected = one_of(_top_level(model), where[0]) if len(where) == 1 else expected
    return Mistake(".".join(where), expected, got)


def _top_level(model: type[BaseModel]) -> list[str]:
    return [name for each in (model, BatchSpec, RunSpec) for name in each.model_fields]


def _path(details: ErrorDetails) -> list[str]:
    """The field's path without the tags pydantic adds where it chose among alternatives."""
    parts = [str(part) for part in details["loc"]]
    if parts[0] in ("objective", "prior", "pruner"):
        return parts[:1] + parts[2:]
    return parts[:2] + parts[3:] if parts[0] == "sweep" else parts


EXPECTED = {
    "extra_forbidden": "a known field",
    "missing": "a value",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "dict_type": "a mapping",
    "model_type": "a mapping of fields",
    "too_short": "at least one value",
    "byte_size": "bytes, such as 2e9 or 2GB",
    "byte_size_unit": "bytes, such as 2e9 or 2GB",
    "string_pattern_mismatch": "letters, digits and ._=,+- only, for a folder's name",
}


def _expected(details: ErrorDetails) -> str:
    if details["type"] in EXPECTED:
        return EXPECTED[details["type"]].format(**details.get("ctx", {}))
    return details["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
