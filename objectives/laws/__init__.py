"""Published scaling laws, one family per module: `get("generalized", "moe").loss(n, d, s)`."""

from objectives.laws.law import Count, Extra, FittedRange, Law, Trust
from objectives.laws.registry import (
    FAMILIES,
    catalogue,
    coefficient_sets,
    custom,
    default_set,
    describe,
    families,
    family_class,
    get,
)

__all__ = [
    "FAMILIES",
    "Count",
    "Extra",
    "FittedRange",
    "Law",
    "Trust",
    "catalogue",
    "coefficient_sets",
    "custom",
    "default_set",
    "describe",
    "families",
    "family_class",
    "get",
]
