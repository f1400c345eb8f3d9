"""Published scaling laws, one family per module: `get("generalized", "moe").loss(n, d, s)`."""

from objectives.laws.law import Count, Extra, FittedRange, Law, Trust
from objectives.laws.performance import Performance
from objectives.laws.registry import (
    CAPABILITIES,
    FAMILIES,
    capability_catalogue,
    catalogue,
    coefficient_sets,
    custom,
    default_set,
    describe,
    describe_capability,
    families,
    family_class,
    get,
)

__all__ = [
    "CAPABILITIES",
    "FAMILIES",
    "Count",
    "Extra",
    "FittedRange",
    "Law",
    "Performance",
    "Trust",
    "capability_catalogue",
    "catalogue",
    "coefficient_sets",
    "custom",
    "default_set",
    "describe",
    "describe_capability",
    "families",
    "family_class",
    "get",
]
