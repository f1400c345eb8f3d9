"""What a field of a job file may hold: numbers of several kinds, models without unknown names."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def no_bool(value: Any) -> Any:
    """Python and YAML would take `true` for 1."""
    if isinstance(value, bool):
        raise ValueError("a number, not a truth value")
    return value


Number = Annotated[float, BeforeValidator(no_bool), Field(allow_inf_nan=False)]
Positive = Annotated[float, BeforeValidator(no_bool), Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, BeforeValidator(no_bool), Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, BeforeValidator(no_bool), Field(ge=1)]
Times = Annotated[int, BeforeValidator(no_bool), Field(ge=0)]
Fraction = Annotated[float, BeforeValidator(no_bool), Field(ge=0, lt=1)]


class Strict(BaseModel):
    """A frozen model that refuses fields it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)
