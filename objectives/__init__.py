"""objectives say what a configuration is worth: laws, budgets, exact optima, and what a job minimises."""

from importlib import import_module
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    """`objectives.laws` and its siblings on first use, so that importing one does not load them all."""
    try:
        return import_module(f"objectives.{name}")
    except ModuleNotFoundError as error:
        raise AttributeError(f"module 'objectives' has no attribute {name!r}") from error
