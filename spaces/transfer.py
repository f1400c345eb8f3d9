"""Configurations of one space in another: what fits is taken over, what does not says why."""

from collections.abc import Mapping
from typing import Any

from spaces.configs import Config, Value
from spaces.encoding import Encoder, Kind
from spaces.errors import BadInput


class Misfits(ValueError):
    """A configuration that does not fit, in a few words."""


def transferred(
    config: Mapping[str, Value], encoder: Encoder, *, assume: Mapping[str, Any], complete: bool = False
) -> Config:
    """The same configuration in the encoder's space.

    Parameters that the space lacks, or that are inactive in it, are dropped; its constants are filled in.

    Args:
        config: of another space.
        encoder: of this space.
        assume: values of parameters that `config` lacks.
        complete: whether what is still missing gets its default.

    Raises:
        Misfits: a parameter without a value, a value out of its range, or a forbidden combination.
    """
    given = encoder.read({**assume, **config})
    known = {name: value for name, value in given.items() if name in encoder.names}
    for column in encoder.columns:
        if column.name in known:
            continue
        if column.kind is Kind.CONSTANT:
            known[column.name] = _plain(column.values_at(column.every_code())[0])
        elif complete:
            known[column.name] = _plain(encoder.space[column.name].default_value)
    try:
        for name in encoder.inactive(known):
            del known[name]
        row = encoder.encode_many([known])
    except BadInput as error:
        mistake = error.mistakes[0]
        raise Misfits(f"{mistake.field}: expected {mistake.expected}") from None
    if not encoder.legal(row).all():
        raise Misfits("forbidden here")
    return known


def _plain(value: Any) -> Value:
    plain: Value = value.item() if hasattr(value, "item") else value
    return plain
